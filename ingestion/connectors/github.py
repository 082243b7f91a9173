"""What people write beside the code on GitHub: issues, discussions and wikis."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import structlog

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.git import GitConnector
from ingestion.connectors.git_command import Git, RepositoryMissingError, installed_git
from ingestion.connectors.github_api import GitHubApi
from ingestion.connectors.github_threads import DISCUSSIONS, ISSUES, discussion, issue, labels
from ingestion.moments import moment
from storage.document import Audience

log = structlog.get_logger()

_REPOSITORY = """
query($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    url isPrivate hasIssuesEnabled hasDiscussionsEnabled hasWikiEnabled
  }
}"""


@dataclass(frozen=True)
class _Repository:
    owner: str
    name: str

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


class GitHubConnector:
    """The issues, discussions and wiki pages of `repositories` (as `owner/name`), as `token` may read them.

    `closed` has closed issues too. With `labels`, only issues and discussions that have one of them are documents.
    Documents of a repository that is not public are for nobody, unless `private` says that the source's audience may
    see them. Wikis are cloned into `state`. A document's id is `owner/name/issues/12`, or `discussions` or `wiki`.
    """

    def __init__(
        self,
        repositories: Sequence[str] | str,
        token: str,
        state: Path,
        issues: bool = True,
        discussions: bool = True,
        wiki: bool = False,
        closed: bool = False,
        labels: Sequence[str] | str = (),
        private: bool = False,
        api_url: str = "https://api.github.com",
    ) -> None:
        if not (issues or discussions or wiki):
            raise ValueError("set one of `issues`, `discussions` and `wiki` to true")
        if wiki:
            installed_git()
        self._repositories = _parsed([repositories] if isinstance(repositories, str) else repositories)
        self._api = GitHubApi(api_url, token)
        self._token = token
        self._state = state
        self._issues, self._discussions, self._wiki = issues, discussions, wiki
        self._states = ["OPEN", "CLOSED"] if closed else ["OPEN"]
        self._labels = [labels] if isinstance(labels, str) else list(labels)
        self._private = private
        self._wikis: dict[str, GitConnector] = {}

    def list(self) -> Iterator[DocumentRef]:
        """Every issue, discussion and wiki page that is asked for, of one repository after the other."""
        for repository in self._repositories:
            about = self._api.ask(_REPOSITORY, owner=repository.owner, name=repository.name).get("repository")
            if about is None:
                raise ConnectorError(f"GitHub does not show {repository.full_name}: correct `repositories`.")
            audience: Audience | None = None
            if about["isPrivate"] and not self._private:
                audience = frozenset()
                log.warning(
                    "private repository shown to nobody", repository=repository.full_name, until="private = true"
                )
            for ref in self._listed(repository, about):
                yield replace(ref, audience=audience)

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The document as Markdown, a wiki page as it is. Raises ConnectorError."""
        owner, name, kind, rest = ref.id.split("/", 3)
        if kind == "wiki":
            pages = self._wikis.get(f"{owner}/{name}")
            if pages is None:
                raise ConnectorError(
                    f"The wiki of {owner}/{name} was not listed before {rest} was asked for: sync again."
                )
            return pages.fetch(replace(ref, id=rest))
        text = (issue if kind == "issues" else discussion)(self._api, owner, name, int(rest))
        return RawDocument(text.encode("utf-8", "replace"), f"{kind}-{rest}.md", "text/markdown", "own")

    def _listed(self, repository: _Repository, about: Mapping[str, object]) -> Iterator[DocumentRef]:
        if self._issues and about["hasIssuesEnabled"]:
            yield from self._threads(repository, "issues", ISSUES, {"states": self._states})
        if self._discussions and about["hasDiscussionsEnabled"]:
            yield from self._threads(repository, "discussions", DISCUSSIONS, {})
        if self._wiki and about["hasWikiEnabled"]:
            yield from self._pages(repository, str(about["url"]))

    def _threads(
        self, repository: _Repository, kind: str, query: str, chosen: Mapping[str, object]
    ) -> Iterator[DocumentRef]:
        wanted = {label.casefold() for label in self._labels}
        seen: set[int] = set()
        pages = self._api.pages(query, "repository", owner=repository.owner, name=repository.name, **chosen)
        for thread in (node for found in pages for node in found["page"]["nodes"] if node):
            if thread["number"] in seen:
                continue
            if wanted and not wanted & {label.casefold() for label in labels(thread)}:
                continue
            seen.add(thread["number"])
            changes = (thread["updatedAt"], thread["comments"]["totalCount"], thread.get("answerChosenAt") or "")
            yield DocumentRef(
                f"{repository.full_name}/{kind}/{thread['number']}",
                thread["url"],
                thread["title"],
                " ".join(str(change) for change in changes).strip(),
                changed_at=moment(thread["updatedAt"]),
            )

    def _pages(self, repository: _Repository, url: str) -> Iterator[DocumentRef]:
        connector = self._wikis.get(repository.full_name)
        if connector is None:
            state = self._state / repository.owner / f"{repository.name}.wiki"
            connector = GitConnector(
                f"{url}.wiki.git", state, exclude="_*", token=self._token, link="", anchors="github"
            )
            self._wikis[repository.full_name] = connector
        try:
            pages = [*connector.list()]
        except RepositoryMissingError:
            # A wiki is there from its first page on; who may not read the repository is told the same, of its code too.
            Git(f"{url}.git", self._token).remote("ls-remote", "--", f"{url}.git", "HEAD")
            log.info("no wiki", repository=repository.full_name)
            return
        for page in pages:
            address = f"{url}/wiki/{quote(PurePosixPath(page.id).stem)}"
            yield replace(page, id=f"{repository.full_name}/wiki/{page.id}", url=address)


def _parsed(names: Sequence[str]) -> Sequence[_Repository]:
    """The repositories, each once. Raises ValueError for what is no repository's name."""
    if not names:
        raise ValueError("`repositories` names none")
    found: dict[str, _Repository] = {}
    for name in names:
        match = re.fullmatch(r"(?:https://[^/]+/)?([\w.-]+)/([\w.-]+?)(?:\.git)?/?", name)
        if match is None:
            raise ValueError(f'`repositories` has {name!r}: write it as "owner/name"')
        found.setdefault(name.casefold(), _Repository(match[1], match[2]))
    return list(found.values())
