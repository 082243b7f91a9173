"""The pages and blog posts of a Confluence site, on Atlassian's cloud or on a company's own servers."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote_plus, urlsplit

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.confluence_cloud import CloudSite
from ingestion.connectors.confluence_content import Content, Site, Space, audience
from ingestion.connectors.confluence_data_center import DataCenterSite
from ingestion.connectors.confluence_markup import storage_to_markdown
from ingestion.connectors.http_service import HttpService
from ingestion.moments import moment
from ingestion.parse import READABLE_SUFFIXES
from storage.document import EVERYONE

_CLOUD_HOSTS = (".atlassian.net", ".jira.com", "api.atlassian.com")


class ConfluenceConnector:
    """The current pages and blog posts of `spaces` (keys; all that the token sees where none is given).

    On Cloud, `user` is an e-mail address and `token` an API token of theirs; on Data Center, `token` is a personal
    access token, and there is no `user`. `groups` says what Confluence's groups are in Slack: a user group ("@eng"), a
    channel ("#eng"), or "everyone" for a group that all are in. `open_spaces` are keys of spaces that everyone may
    read, whose permissions are not asked for. `trust_folders` says that no folder, whiteboard or database of the site
    is restricted: Atlassian's interface does not tell, so that pages below one are nobody's otherwise.
    `cloud` is for a site on Cloud at an address of a company's own.
    """

    def __init__(
        self,
        url: str,
        token: str,
        user: str | None = None,
        spaces: Sequence[str] | str = (),
        include_archived: bool = False,
        attachments: bool = False,
        groups: Mapping[str, str] | None = None,
        open_spaces: Sequence[str] | str = (),
        trust_folders: bool = False,
        cloud: bool | None = None,
    ) -> None:
        self._spaces = [spaces] if isinstance(spaces, str) else list(spaces)
        self._open_spaces = {key.lower() for key in ([open_spaces] if isinstance(open_spaces, str) else open_spaces)}
        self._include_archived = include_archived
        self._attachments = attachments
        for group, name in (groups or {}).items():
            if name != EVERYONE and not (name[:1] in "#@" and name[1:]):
                raise ValueError(f'`groups` names {name!r} for {group!r}: write "@group", "#channel" or "everyone"')
        if not token:
            raise ValueError("`token` is empty: make one as docs/connectors/confluence.md says")
        host = urlsplit(url).hostname
        if host is None:
            raise ValueError(f"`url` is {url!r}: write the whole address, as in https://acme.atlassian.net")
        self._groups = {**default_groups(host), **(groups or {})}
        if cloud is None:
            cloud = host.endswith(_CLOUD_HOSTS)
        self._site: Site
        address = url.rstrip("/")
        if not cloud:
            headers = {"Authorization": f"Bearer {token}"}
            self._site = DataCenterSite(HttpService("Confluence", address, headers=headers))
        elif user is None:
            raise ValueError("`user` is missing: on Confluence Cloud, it is the e-mail address of the token's owner")
        else:
            address = address if address.endswith("/wiki") else f"{address}/wiki"
            service = HttpService("Confluence", address, auth=(user, token))
            self._site = CloudSite(service, trust_folders=trust_folders)
        self._names: dict[str, str | None] = {}

    def list(self) -> Iterator[DocumentRef]:
        """Every page and blog post, space by space, and the readable attachments where they are wanted.

        Raises ConnectorError where a space that is named is not there, and where anything cannot be listed, or who may
        read it cannot be told.
        """
        try:
            for space in self._wanted_spaces():
                above = None if space.key.lower() in self._open_spaces else self._site.space_readers(space)
                contents = self._site.contents(
                    space, include_archived=self._include_archived, attachments=self._attachments
                )
                for content in contents:
                    if _is_readable(content):
                        audience_of = audience((*content.levels, above), self._groups)
                        yield DocumentRef(
                            content.id,
                            content.url,
                            content.title,
                            content.revision,
                            audience_of,
                            moment(content.changed),
                        )
        except (KeyError, TypeError, AttributeError) as error:
            raise ConnectorError(
                f"Confluence answered in a form that is not known ({type(error).__name__}: {error}): check that `url` "
                "and `cloud` are right, and that the site is Cloud, or Data Center 9.1 or later."
            ) from error

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The page as Markdown, or the attachment's bytes. Raises ConnectorError where it cannot be had."""
        kind, _, number = ref.id.partition("/")
        if kind == "attachment":
            owner, _, number = number.partition("/")
            return RawDocument(self._site.file(owner, number), ref.title)
        try:
            storage = self._site.body(kind, number)
        except (KeyError, TypeError) as error:
            raise ConnectorError(f"Confluence gave no text for {ref.url}: sync again.") from error
        text = storage_to_markdown(
            storage, name_of=self._name, page_url=lambda space, title: self._page_url(ref, space, title)
        )
        # In the front matter a title is one, whatever headings the page has.
        page = f"---\ntitle: {json.dumps(ref.title, ensure_ascii=False)}\n---\n\n{text or ref.title}\n"
        return RawDocument(page.encode(), f"{number}.md", "text/markdown; charset=utf-8")

    def _wanted_spaces(self) -> Sequence[Space]:
        spaces = self._site.spaces(self._spaces, include_archived=self._include_archived)
        wanted = {key.lower() for key in self._spaces}
        if missing := wanted - {space.key.lower() for space in spaces}:
            raise ConnectorError(
                f"Confluence has no space {', '.join(sorted(missing))}, or does not show it to this token: correct "
                "`spaces` in lore.toml, or let the token's owner see it. Nothing was deleted."
            )
        return [space for space in spaces if not wanted or space.key.lower() in wanted]

    def _name(self, id: str) -> str | None:
        if id not in self._names:
            self._names[id] = self._site.person(id)
        return self._names[id]

    def _page_url(self, ref: DocumentRef, space: str | None, title: str) -> str | None:
        """Of another page: by its title, since that is all that a link names. A link within a space has no key."""
        here = re.match(r"(.+?)/(?:spaces|display)/([^/?#]+)", ref.url)
        base, own = (here[1], here[2]) if here else (self._site.service.base_url, None)
        return f"{base}/display/{space or own}/{quote_plus(title)}" if space or own else None


def default_groups(host: str) -> Mapping[str, str]:
    """The groups that Confluence puts everyone in who may use it, on the site at this host."""
    site, _, rest = host.partition(".")
    names = ["confluence-users", *([f"confluence-users-{site}"] if f".{rest}" in _CLOUD_HOSTS else [])]
    return dict.fromkeys(names, EVERYONE)


def _is_readable(content: Content) -> bool:
    """Whether there is text to be had: pages have it, attachments by their names."""
    if not content.id.startswith("attachment/"):
        return True
    return PurePosixPath(content.title).suffix.lower() in READABLE_SUFFIXES
