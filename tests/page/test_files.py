"""Files that are dropped on the page, and documents that are opened from it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from playground.page_options import PageOptions
from playground.server import Running, running
from tests.page.conftest import Scene
from tests.slack.stage import eventually

DROP = """([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""


def holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def test_a_dropped_file_lies_in_the_folder_and_is_listed(scene: Scene) -> None:
    scene.page.evaluate(DROP, ["dog.md", "# The dog\n"])
    files = scene.page.get_by_role("region", name="Your documents")
    expect(files.get_by_role("listitem")).to_contain_text("dog.md")
    eventually(lambda: holds(scene.dropped / "dog.md", "# The dog\n"))
    scene.page.evaluate(DROP, ["dog.md", "# The old dog\n"])
    picked = {"name": "cat.txt", "mimeType": "text/plain", "buffer": b"Cat"}
    scene.page.locator("input[type=file]").set_input_files(picked)  # type: ignore[arg-type]
    expect(files.get_by_role("listitem")).to_have_count(2)
    eventually(lambda: holds(scene.dropped / "dog.md", "# The old dog\n"))
    eventually(lambda: holds(scene.dropped / "cat.txt", "Cat"))
    scene.page.reload()
    expect(files.get_by_role("listitem")).to_have_count(2)
    assert sorted(path.name for path in scene.dropped.iterdir()) == ["cat.txt", "dog.md"]


def test_a_file_that_is_too_large_is_refused_with_the_reason(scene: Scene) -> None:
    scene.page.evaluate(DROP, ["large.md", "x" * 2_000])
    expect(scene.page.get_by_role("alert").last).to_contain_text("large.md is larger than 0.001 MB")
    assert not scene.dropped.exists()
    refused = httpx.put(f"{scene.playground.url}/page/files/large.md", content=b"x" * 2_000, trust_env=False)
    assert refused.status_code == 400
    assert list(scene.dropped.iterdir()) == []  # not even a part of it


ELSEWHERE = [
    "..%2Foutside.md",
    "%2E%2E/outside.md",
    "a%2Fb.md",
    "a%5Cb.md",
    ".hidden",
    "%20",
    "a%00b",
    "x" * 300,
    "a%0Ab",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_names_that_lead_elsewhere_are_refused(playground: Running, tmp_path: Path, name: str) -> None:
    refused = httpx.put(f"{playground.url}/page/files/{name}", content=b"x", trust_env=False)
    assert refused.status_code in (400, 404, 405)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_link_in_the_drop_folder_is_replaced_and_not_followed(playground: Running, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("kept")
    (tmp_path / "dropped").mkdir()
    (tmp_path / "dropped" / "link.md").symlink_to(outside)
    assert httpx.put(f"{playground.url}/page/files/link.md", content=b"new", trust_env=False).json()["ok"]
    assert outside.read_text() == "kept"


def test_nothing_is_taken_without_a_folder() -> None:
    with running() as playground:
        refused = httpx.put(f"{playground.url}/page/files/a.md", content=b"x", trust_env=False)
        assert "--drop-folder" in refused.json()["error"]


def test_documents_are_read_and_nothing_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "leave.md").write_text("# Leave\n\n25 days <script>alert(1)</script>\n")
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder / ".secret").write_text("secret")
    (tmp_path / "outside.md").write_text("secret")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    with running(page=PageOptions(folders={"handbook": folder})) as playground, httpx.Client(trust_env=False) as web:
        base = f"{playground.url}/folders/handbook"
        assert "25 days" in web.get(f"{base}/leave.md?raw").text
        for kind in ("leave.md?raw", "page.html?raw"):
            assert web.get(f"{base}/{kind}").headers["content-type"].startswith("text/plain")
        for elsewhere in (".secret", "..%2Foutside.md", "%2e%2e/outside.md", "link.md", "", "a%00", "/etc/hosts"):
            assert web.get(f"{base}/{elsewhere}?raw").status_code == 404, elsewhere
        assert web.get(f"{playground.url}/folders/other/leave.md").status_code == 404


def test_other_hosts_names_and_other_sites_are_refused(playground: Running) -> None:
    url = f"{playground.url}/page/state?user=alice"
    with httpx.Client(trust_env=False) as web:
        answer = web.get(url)
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers
        assert playground.bot_token not in answer.text
        assert web.get(url, headers={"Host": "evil.example"}).status_code == 403
        assert web.get(url, headers={"Host": "127.0.0.1.evil.example:80"}).status_code == 403
        posted = {"user": "alice", "channel": "general", "text": "from elsewhere"}
        for origin in ("http://evil.example", "null"):
            refused = web.post(f"{playground.url}/control/post", json=posted, headers={"Origin": origin})
            assert refused.status_code == 403
        assert web.post(f"{playground.url}/control/post", json=posted, headers={"Origin": playground.url}).is_success
        page = web.get(playground.url)
        assert "script-src 'self' 'sha256-" in page.headers["content-security-policy"]
