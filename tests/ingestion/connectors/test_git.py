"""Repositories as sources, over HTTP and from folders: what is listed, what it links to, and what goes wrong."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.git import GitConnector, default_link
from ingestion.connectors.git_command import RepositoryMissingError
from ingestion.sync import Source
from storage.database import Database
from storage.document import PUBLIC
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.git_server import GitServer, Repository, git_server

COMMITS = "https://git.example.com/{commit}/{path}"


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """One engine is enough here."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def docs(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repos" / "docs")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "repos") as serving:
        yield serving


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def listed(connector: GitConnector) -> dict[str, DocumentRef]:
    refs = list(connector.list())
    assert len({ref.id for ref in refs}) == len(refs)
    return {ref.id: ref for ref in refs}


def contents(connector: GitConnector) -> dict[str, str]:
    return {id: connector.fetch(ref).content.decode() for id, ref in listed(connector).items()}


class TestListing:
    def test_the_readable_files_of_the_default_branch_are_listed(self, docs: Repository, state: Path) -> None:
        docs.commit(
            {"leave.md": "# Leave", "travel/by-train.txt": "Fast.", "code.py": "", ".github/a.md": "", "x/.b.md": ""}
        )
        refs = listed(GitConnector(str(docs.folder), state))
        assert {id: ref.title for id, ref in refs.items()} == {"leave.md": "Leave", "travel/by-train.txt": "By train"}
        assert refs["leave.md"].audience is None
        assert contents(GitConnector(str(docs.folder), state)) == {
            "leave.md": "# Leave",
            "travel/by-train.txt": "Fast.",
        }

    def test_globs_choose(self, docs: Repository, state: Path) -> None:
        docs.commit({"a.md": "a", "docs/b.md": "b", "docs/old/c.md": "c", "docs/d.html": "d"})
        connector = GitConnector(str(docs.folder), state, include="docs", exclude=["old", "*.html"])
        assert list(listed(connector)) == ["docs/b.md"]

    def test_links_and_submodules_are_left_out(self, docs: Repository, tmp_path: Path, state: Path) -> None:
        other = Repository(tmp_path / "other")
        other.commit({"theirs.md": "Theirs."})
        docs.commit({"a.md": "a"})
        (docs.folder / "link.md").symlink_to("/etc/passwd")
        docs.git("submodule", "--quiet", "add", str(other.folder), "part.md")
        docs.commit({})
        assert list(listed(GitConnector(str(docs.folder), state))) == ["a.md"]

    def test_any_file_name_can_be_listed_and_fetched(self, docs: Repository, state: Path) -> None:
        names = [
            b"a b & #c?.md",
            "Übersicht 日本.md".encode(),
            b"latin-\xe9.md",
            b"\nnew\nline.md",
            b":colon.md",
            b"-dash.md",
        ]
        for name in names:
            Path(os.fsdecode(os.path.join(os.fsencode(docs.folder), name))).write_bytes(name)  # noqa: PTH118
        docs.commit({})
        connector = GitConnector(str(docs.folder), state, link=COMMITS)
        refs = list(connector.list())
        assert sorted(connector.fetch(ref).content for ref in refs) == sorted(names)
        for ref in refs:
            ref.id.encode()
            assert ref.url.startswith(f"https://git.example.com/{docs.head()}/")
            assert ref.url.isascii()
            assert " " not in ref.url

    def test_a_file_too_large_or_in_lfs_is_said_to_be(self, docs: Repository, state: Path) -> None:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        docs.commit({"big.md": "x" * 2_001, "scan.pdf": pointer})
        connector = GitConnector(str(docs.folder), state, max_megabytes=0.002)
        refs = listed(connector)
        with pytest.raises(ConnectorError, match=r"big\.md is larger than 0\.002 MB: split it"):
            connector.fetch(refs["big.md"])
        with pytest.raises(ConnectorError, match=r"scan\.pdf is kept in Git LFS, which Lore does not read: exclude it"):
            connector.fetch(refs["scan.pdf"])


class TestLinks:
    @pytest.mark.parametrize(
        ("url", "link"),
        [
            ("https://github.com/acme/docs.git", "https://github.com/acme/docs/blob/{commit}/{path}"),
            ("https://me@github.com/acme/docs/", "https://github.com/acme/docs/blob/{commit}/{path}"),
            ("git@github.com:acme/docs.git", "https://github.com/acme/docs/blob/{commit}/{path}"),
            ("ssh://git@gitlab.acme.com:2222/a/b/docs.git", "https://gitlab.acme.com/a/b/docs/-/blob/{commit}/{path}"),
            ("https://bitbucket.org/acme/docs", "https://bitbucket.org/acme/docs/src/{commit}/{path}"),
            ("https://codeberg.org/acme/docs.git", "https://codeberg.org/acme/docs/src/commit/{commit}/{path}"),
            ("http://gitea.local:3000/acme/docs", "http://gitea.local:3000/acme/docs/src/commit/{commit}/{path}"),
            ("https://git.acme.com/docs.git", ""),
            ("/srv/github/docs", ""),
            ("file:///srv/github/docs", ""),
        ],
    )
    def test_well_known_hosts_have_pages_for_files(self, url: str, link: str) -> None:
        assert default_link(url) == link

    def test_a_link_is_to_the_last_commit_that_changed_the_file(self, docs: Repository, state: Path) -> None:
        first = docs.commit({"a.md": "a", "b.md": "b"})
        connector = GitConnector(str(docs.folder), state, link=COMMITS)
        before = listed(connector)
        assert before["a.md"].url == f"https://git.example.com/{first}/a.md"
        second = docs.commit({"b.md": "B"})
        after = listed(connector)
        assert after["a.md"] == before["a.md"]
        assert after["b.md"].url == f"https://git.example.com/{second}/b.md"

    @pytest.mark.parametrize(
        ("link", "anchors", "ids"),
        [
            ("https://github.com/acme/docs/blob/{commit}/{path}", None, "github"),
            ("https://gitlab.acme.example/docs/-/blob/{commit}/{path}", None, "gitlab"),
            ("https://docs.example.com/{page}", None, "unknown"),
            ("https://docs.example.com/{page}", "github", "github"),
            ("", None, "unknown"),
        ],
    )
    def test_links_lead_to_headings_where_the_site_is_known(
        self, docs: Repository, state: Path, link: str, anchors: str | None, ids: str
    ) -> None:
        docs.commit({"a.md": "# A"})
        connector = GitConnector(str(docs.folder), state, link=link, anchors=anchors)
        assert connector.fetch(listed(connector)["a.md"]).heading_ids == ids

    def test_anchors_that_are_not_known_are_refused(self, docs: Repository, state: Path) -> None:
        with pytest.raises(ValueError, match='it can be "github" or "gitlab"'):
            GitConnector(str(docs.folder), state, anchors="mkdocs")

    def test_a_link_may_do_without_the_commit_and_where_no_dates_are_wanted_history_is_not_fetched(
        self, docs: Repository, state: Path
    ) -> None:
        for number in range(3):
            docs.commit({"teams/it.md": str(number)})
        link = "https://docs.example.com/{branch}/{page}?of={path}"
        connector = GitConnector(str(docs.folder), state, link=link, dates=False)
        it = listed(connector)["teams/it.md"]
        assert it.url == "https://docs.example.com/main/teams/it?of=teams/it.md"
        assert it.changed_at is None
        [clone] = state.iterdir()
        assert subprocess.check_output(["git", "--git-dir", clone, "rev-list", "--count", "--all"]) == b"1\n"

    def test_a_file_was_changed_when_the_last_commit_that_changed_it_was_made(
        self, docs: Repository, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for day, name in ((3, "old.md"), (9, "new.md")):
            monkeypatch.setenv("GIT_COMMITTER_DATE", f"2024-05-0{day}T12:00:00+00:00")
            docs.commit({name: f"# On the {day}th"})
        changed = {id: ref.changed_at for id, ref in listed(GitConnector(str(docs.folder), state, link="")).items()}
        assert changed["old.md"] == datetime(2024, 5, 3, 12, tzinfo=UTC)
        assert changed["new.md"] == datetime(2024, 5, 9, 12, tzinfo=UTC)

    def test_what_is_remembered_changes_no_link(self, docs: Repository, state: Path, tmp_path: Path) -> None:
        """A history with merges, reverts and removals; links are git's own answer at each point, whoever asks."""
        chance = random.Random(5)
        docs.commit({f"{name}.md": name for name in "abcd"})
        connector = GitConnector(str(docs.folder), state, link=COMMITS)
        for step in range(12):
            if step % 4 == 3:
                docs.git("checkout", "--quiet", "-b", f"side{step}")
                docs.commit({f"{chance.choice('abcd')}.md": f"side {step}"})
                docs.git("checkout", "--quiet", "main")
                docs.commit({"main.md": str(step)})
                docs.git("merge", "--quiet", "--no-ff", "--message", "Merge", f"side{step}")
            elif step % 4 == 2:
                docs.git("revert", "--no-edit", "HEAD")
            else:
                docs.commit({f"{chance.choice('abcd')}.md": str(step % 2), f"new{step}.md": "x"})
            if step % 3:
                continue
            refs = listed(connector)
            for id, ref in refs.items():
                last = docs.git("log", "-1", "--first-parent", "-m", "--format=%H", "--", id)
                assert ref.url == f"https://git.example.com/{last}/{id}"
            assert listed(GitConnector(str(docs.folder), tmp_path / f"fresh{step}", link=COMMITS)) == refs


class TestOverHttp:
    def test_an_unchanged_repository_costs_one_question(self, docs: Repository, server: GitServer, state: Path) -> None:
        docs.commit({"a.md": "a"})
        connector = GitConnector(f"{server.url}/docs.git", state)
        first = listed(connector)
        server.requests.clear()
        assert listed(connector) == first
        assert set(server.requests) == {"/docs.git/info/refs"}

    def test_changes_removals_and_new_names_follow(self, docs: Repository, server: GitServer, state: Path) -> None:
        docs.commit({"a.md": "a", "b.md": "b", "c.md": "c"})
        connector = GitConnector(f"{server.url}/docs.git", state)
        before = listed(connector)
        docs.git("mv", "b.md", "moved.md")
        docs.commit({"a.md": "A", "c.md": None})
        after = listed(connector)
        assert list(after) == ["a.md", "moved.md"]
        assert after["moved.md"].revision == before["b.md"].revision
        assert after["a.md"].revision != before["a.md"].revision
        assert connector.fetch(after["a.md"]).content == b"A"

    @pytest.mark.parametrize("link", [COMMITS, ""])
    def test_a_rewritten_branch_is_taken_as_it_is(
        self, docs: Repository, server: GitServer, state: Path, link: str
    ) -> None:
        docs.commit({"a.md": "a"})
        docs.commit({"secret.md": "hush", "a.md": "aa"})
        connector = GitConnector(f"{server.url}/docs.git", state, link=link)
        assert list(listed(connector)) == ["a.md", "secret.md"]
        docs.git("reset", "--quiet", "--hard", "HEAD~1")
        rewritten = docs.commit({"b.md": "b"})
        assert contents(connector) == {"a.md": "a", "b.md": "b"}
        if link:
            assert listed(connector)["b.md"].url == f"https://git.example.com/{rewritten}/b.md"

    def test_another_branch_can_be_named_and_the_default_one_be_changed(
        self, docs: Repository, server: GitServer, state: Path, tmp_path: Path
    ) -> None:
        docs.commit({"a.md": "a"})
        url = f"{server.url}/docs.git"
        connector = GitConnector(url, state)
        assert contents(connector) == {"a.md": "a"}
        docs.git("checkout", "--quiet", "-b", "release/2")
        docs.commit({"a.md": "two"})
        assert contents(connector) == {"a.md": "two"}
        assert contents(GitConnector(url, tmp_path / "other", branch="main")) == {"a.md": "a"}

    def test_the_token_opens_and_is_seen_nowhere(
        self, docs: Repository, server: GitServer, state: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        docs.commit({"a.md": "a"})
        server.token = "hunter2"
        assert contents(GitConnector(f"{server.url}/docs.git", state, token="hunter2")) == {"a.md": "a"}
        assert subprocess.run(["grep", "-r", "hunter2", state], check=False).returncode == 1
        assert "hunter2" not in "".join(capfd.readouterr())

    @pytest.mark.parametrize("token", ["swordfish", None])
    def test_a_wrong_token_is_said_to_be(
        self, docs: Repository, server: GitServer, state: Path, token: str | None
    ) -> None:
        docs.commit({"a.md": "a"})
        server.token = "hunter2"
        with pytest.raises(ConnectorError, match=r"docs\.git does not let Lore in \(.+\): give it a `token`") as raised:
            listed(GitConnector(f"{server.url}/docs.git", state, token=token))
        assert "swordfish" not in str(raised.value)

    def test_a_repository_that_is_not_there_is_said_so(self, docs: Repository, server: GitServer, state: Path) -> None:
        with pytest.raises(RepositoryMissingError, match=r"There is no repository at .+/other\.git .+ correct `url`"):
            listed(GitConnector(f"{server.url}/other.git", state))

    @pytest.mark.parametrize("branch", ["nowhere", None])
    def test_a_branch_that_is_not_there_is_said_with_those_that_are(
        self, docs: Repository, server: GitServer, state: Path, branch: str | None
    ) -> None:
        docs.commit({"a.md": "a"})
        docs.git("branch", "next")
        docs.git("symbolic-ref", "HEAD", "refs/heads/unborn")
        with pytest.raises(ConnectorError, match=r"has no .*branch.*; set `branch` to one that it has: main, next\."):
            listed(GitConnector(f"{server.url}/docs.git", state, branch=branch))

    def test_a_repository_that_lost_all_its_branches_lists_nothing_as_gone(
        self, docs: Repository, server: GitServer, state: Path
    ) -> None:
        docs.commit({"a.md": "a"})
        connector = GitConnector(f"{server.url}/docs.git", state)
        listed(connector)
        docs.git("update-ref", "-d", "refs/heads/main")
        with pytest.raises(ConnectorError, match=r"has no default branch; .+ it has: none"):
            listed(connector)

    def test_a_server_that_stumbles_is_asked_again(
        self, docs: Repository, server: GitServer, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingestion.connectors.git_command.WAIT_SECONDS", 0.01)
        docs.commit({"a.md": "a"})
        server.stumbles = 2
        assert contents(GitConnector(f"{server.url}/docs.git", state)) == {"a.md": "a"}
        assert server.stumbles == 0

    def test_a_server_that_is_gone_is_an_error_and_what_was_cloned_stays(
        self, docs: Repository, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        docs.commit({"a.md": "a"})
        with git_server(tmp_path / "repos") as server:
            connector = GitConnector(f"{server.url}/docs.git", state)
            [ref] = connector.list()
        monkeypatch.setattr("ingestion.connectors.git_command.WAIT_SECONDS", 0.01)
        with pytest.raises(ConnectorError, match=r"docs\.git cannot be read .+: check the address, the network"):
            listed(connector)
        assert connector.fetch(ref).content == b"a"


def test_a_repository_is_read_over_ssh(
    docs: Repository, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands for ssh runs the command here that it would run there, as the host is asked for."""
    docs.commit({"a.md": "a"})
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nfor last; do :; done\neval "$last"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    assert contents(GitConnector(f"git@git.example.com:{docs.folder}", state)) == {"a.md": "a"}
    assert "git@git.example.com git-upload-pack" in (tmp_path / "asked").read_text()


class TestDamage:
    @pytest.mark.parametrize("link", [COMMITS, ""])
    @pytest.mark.parametrize(
        "damage",
        [
            lambda clone: (clone / "refs/lore/head.lock").write_text(""),
            lambda clone: (clone / "shallow.lock").write_text(""),
            lambda clone: (clone / "objects/pack/tmp_pack_x").write_text("half"),
            lambda clone: (clone / "lore-last-commits.json").write_text('{"head": '),
            lambda clone: (clone / "HEAD").unlink(),
            lambda clone: (clone / "config").write_bytes(bytes(20)),
            lambda clone: (clone / "refs/lore/head").write_text(""),
            lambda clone: shutil.rmtree(clone / "objects"),
            lambda clone: [shutil.rmtree(clone), clone.mkdir()],
        ],
    )
    @pytest.mark.parametrize("changed", [False, True])
    def test_what_a_kill_or_a_full_disk_left_is_repaired(
        self, docs: Repository, state: Path, damage: Callable[[Path], object], link: str, changed: bool
    ) -> None:
        docs.commit({"a.md": "a"})
        docs.commit({"b.md": "b"})
        connector = GitConnector(str(docs.folder), state, link=link)
        listed(connector)
        [clone] = state.iterdir()
        damage(clone)
        if changed:
            docs.commit({"b.md": "B"})
        assert contents(connector) == {"a.md": "a", "b.md": "B" if changed else "b"}

    def test_a_content_that_was_lost_is_fetched_again(self, docs: Repository, state: Path) -> None:
        docs.commit({"a.md": "a"})
        connector = GitConnector(str(docs.folder), state)
        [ref] = connector.list()
        [clone] = state.iterdir()
        shutil.rmtree(clone / "objects")
        assert connector.fetch(ref).content == b"a"
        with pytest.raises(ConnectorError, match="cannot be read"):
            connector.fetch(DocumentRef("b.md", "", "", "0" * 40))

    def test_a_process_killed_while_it_clones_leaves_what_the_next_one_repairs(
        self, docs: Repository, server: GitServer, state: Path
    ) -> None:
        docs.commit({f"{number}.md": str(number) for number in range(50)})
        server.hold.clear()
        url = f"{server.url}/docs.git"
        code = "import sys, pathlib; from ingestion.connectors.git import GitConnector; "
        code += "list(GitConnector(sys.argv[1], pathlib.Path(sys.argv[2])).list())"
        process = subprocess.Popen([sys.executable, "-c", code, url, str(state)])
        try:
            assert server.held.wait(20)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            server.hold.set()
        assert len(contents(GitConnector(url, state))) == 50

    def test_a_clone_of_another_address_is_cleared(self, docs: Repository, tmp_path: Path, state: Path) -> None:
        docs.commit({"a.md": "a"})
        listed(GitConnector(str(docs.folder), state))
        other = Repository(tmp_path / "other")
        other.commit({"b.md": "b"})
        assert contents(GitConnector(str(other.folder), state)) == {"b.md": "b"}
        assert len(list(state.iterdir())) == 1


class TestSafety:
    def test_no_hook_is_run(
        self, docs: Repository, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for folder in (tmp_path / "template" / "hooks", tmp_path / "hooks"):
            folder.mkdir(parents=True)
            for name in ("post-checkout", "reference-transaction", "pre-auto-gc"):
                (folder / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
                (folder / name).chmod(0o755)
        (tmp_path / "config").write_text(f"[core]\n\thooksPath = {tmp_path}/hooks\n")
        docs.commit({"a.md": "a"})
        monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path / "template"))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        assert contents(GitConnector(str(docs.folder), state)) == {"a.md": "a"}
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize(
        ("url", "token", "said"),
        [
            ("ext::sh -c touch% /tmp/x", None, "write a whole address"),
            ("--upload-pack=touch", None, "write a whole address"),
            ("repos/docs", None, "write a whole address"),
            ("ftp://example.com/docs", None, "begins with ftp://"),
            ("https://me:hunter2@github.com/acme/docs", None, "put it in `token`"),
            ("git@github.com:acme/docs.git", "hunter2", "`token` is for https"),
        ],
    )
    def test_an_address_that_is_none_is_refused(self, url: str, token: str | None, said: str, state: Path) -> None:
        with pytest.raises(ValueError, match=said) as raised:
            GitConnector(url, state, token=token)
        assert "hunter2" not in str(raised.value)

    def test_git_that_is_not_installed_is_said(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        with pytest.raises(ValueError, match="needs the command git"):
            GitConnector("https://github.com/acme/docs", state)


def test_a_repository_is_synced(home: Home, docs: Repository, server: GitServer, state: Path) -> None:
    docs.commit(
        {"leave.md": "# Leave\n\n27 days.", "salary.md": "# Salary\n\nOn the 25th.", "old.md": "# Old\n\nGone soon."}
    )
    source = Source("docs", "git", GitConnector(f"{server.url}/docs.git", state, link=COMMITS), PUBLIC)
    report = home.syncs.sync(source)
    assert (report.error, report.added, report.failed) == (None, 3, 0)
    docs.commit({"leave.md": "# Leave\n\n30 days.", "old.md": None})
    home.embedder.taken()
    report = home.syncs.sync(source)
    assert (report.error, report.added, report.changed, report.removed) == (None, 0, 1, 1)
    assert report.chunks.embedded == 1
    assert sorted(home.found("days of leave")) == ["leave.md", "salary.md"]
    [leave] = [p for p in home.knowledge.search("leave days", PUBLIC).passages if p.document.id == "leave.md"]
    assert leave.document.url == f"https://git.example.com/{docs.head()}/leave.md"
    started = time.monotonic()
    report = home.syncs.sync(source)
    assert (report.changed, report.chunks.embedded) == (0, 0)
    assert time.monotonic() - started < 10
