"""Google Drive as a source: a service account reads it through Google's own client, over its documented protocol."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.responses import JSONResponse, Response

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.google_drive import GoogleDriveConnector
from ingestion.parse import parse
from storage.document import PUBLIC
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.conftest import Serve
from tests.ingestion.connectors.google_drive_server import ACCOUNT, DOCUMENT, FOLDER, SHORTCUT, Drive

SHEET = "application/vnd.google-apps.spreadsheet"
OWNER = {"type": "user", "role": "owner", "emailAddress": "ann@example.com"}
ENGINEERS = {"type": "group", "role": "reader", "emailAddress": "Eng@example.com"}
BUSY = {"error": {"code": 403, "errors": [{"reason": "userRateLimitExceeded"}]}}


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def drive(key: rsa.RSAPrivateKey, serve: Serve) -> Drive:
    """A drive with a folder `handbook`."""
    made = Drive(key)
    made.address = serve(made.app)
    made.add("handbook", None, FOLDER)
    return made


def connected(drive: Drive, folder: Path, **keys: Any) -> GoogleDriveConnector:
    path = folder / "key.json"
    path.write_text(json.dumps(drive.key_file()))
    keys = {"folders": ["handbook"], "endpoint": f"{drive.address}/drive/v3/", **keys}
    return GoogleDriveConnector(str(path), **keys)


def listed(connector: GoogleDriveConnector) -> dict[str, DocumentRef]:
    refs = list(connector.list())
    assert len({ref.id for ref in refs}) == len(refs)
    return {ref.id: ref for ref in refs}


def audiences(connector: GoogleDriveConnector) -> dict[str, list[str] | None]:
    return {id: None if ref.audience is None else sorted(ref.audience) for id, ref in listed(connector).items()}


def test_everything_readable_below_a_folder_is_listed_page_by_page(drive: Drive, tmp_path: Path) -> None:
    for name in ("a.md", "b.pdf", "c.docx", "photo.jpg", "d.txt"):
        drive.add(name, "handbook", "application/octet-stream", name.encode())
    drive.add("deep", "handbook", FOLDER)
    drive.add("deeper", "deep", FOLDER)
    drive.add("plan", "deeper", DOCUMENT, name="The plan")
    drive.add("form", "deeper", "application/vnd.google-apps.form")
    drive.add("old", "deeper", DOCUMENT, trashed=True)
    drive.add("elsewhere", None, DOCUMENT)
    refs = listed(connected(drive, tmp_path))
    assert list(refs) == ["a.md", "b.pdf", "c.docx", "d.txt", "plan"]
    assert (refs["plan"].title, refs["a.md"].title) == ("The plan", "a")
    assert refs["plan"].url == "https://drive.google.com/file/d/plan/view"
    assert {ref.audience for ref in refs.values()} == {None}
    (granted,) = drive.granted
    assert (granted["iss"], granted["scope"]) == (ACCOUNT, "https://www.googleapis.com/auth/drive.readonly")
    assert "sub" not in granted


def test_folders_are_asked_for_several_at_a_time(drive: Drive, tmp_path: Path) -> None:
    drive.page_size = 100
    for number in range(25):
        folder = f"{number:02}ABCDEFGHIJKLMNOPQRSTUVWXYZ01234"  # as long as Drive's ids are
        drive.add(folder, "handbook", FOLDER)
        drive.add(f"page {number}", folder, DOCUMENT)
    assert len(listed(connected(drive, tmp_path))) == 25
    assert len([request for request in drive.asked if request.url.path.endswith("/files")]) == 1 + 3


def test_an_account_can_act_for_a_user_and_its_key_stand_in_the_settings(drive: Drive) -> None:
    address = "https://drive.google.com/drive/folders/handbook?usp=sharing"
    endpoint = f"{drive.address}/drive/v3/"
    key = json.dumps(drive.key_file())
    drive.add("plan", "handbook", DOCUMENT)
    connector = GoogleDriveConnector(key, folders=address, subject="ann@example.com", endpoint=endpoint)
    assert list(listed(connector)) == ["plan"]
    assert drive.granted[0]["sub"] == "ann@example.com"


def test_a_shortcut_is_what_it_leads_to_and_loops_end(drive: Drive, tmp_path: Path) -> None:
    def shortcut(id: str, parent: str, target: str) -> None:
        drive.add(id, parent, SHORTCUT, shortcutDetails={"targetId": target, "targetMimeType": "?"})

    drive.add("outside", None, FOLDER)
    drive.add("inside", "outside", DOCUMENT)
    drive.add("single", None, DOCUMENT).permissions = [OWNER]
    shortcut("to a folder", "handbook", "outside")
    shortcut("back", "outside", "handbook")
    shortcut("to a file", "handbook", "single")
    shortcut("again", "outside", "single")
    shortcut("to nothing", "handbook", "gone")
    above = "outside"
    for number in range(4):
        drive.add(f"far {number}", None, FOLDER)
        drive.add(f"page {number}", f"far {number}", DOCUMENT)
        shortcut(f"on {number}", above, f"far {number}")
        above = f"far {number}"
    assert audiences(connected(drive, tmp_path)) == {"single": [], "inside": None, "page 0": None, "page 1": None}


def test_what_google_makes_is_exported_and_other_files_are_downloaded(drive: Drive, tmp_path: Path) -> None:
    book = io.BytesIO()
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.active.append(["City", "Office"])
    workbook.active.append(["Oslo", "Harbour street"])
    workbook.save(book)
    picture = b"[image1]: <data:image/png;base64," + b"iVBORw0KGgo" * 500 + b">\n"
    drive.add(
        "plan",
        "handbook",
        DOCUMENT,
        b"# Plan\n\nWe grow.\n\n![][image1]![Growth][image2]\n\n" + picture,
        name="Q1/Q2 plan",
    )
    drive.add("cities", "handbook", SHEET, book.getvalue())
    drive.add("notes.md", "handbook", "text/markdown", b"# Notes\n\nText.")
    connector = connected(drive, tmp_path)
    refs = listed(connector)
    assert connector.fetch(refs["plan"]).name == "Q1/Q2 plan.md"
    parsed = {id: parse(connector.fetch(ref)) for id, ref in refs.items()}
    assert parsed["plan"].markdown == "# Plan\n\nWe grow.\n\nGrowth"
    assert "| Oslo" in parsed["cities"].markdown
    assert parsed["notes.md"].title == "Notes"
    kinds = [request.query_params["mimeType"] for request in drive.asked if request.url.path.endswith("/export")]
    assert kinds[:1] + kinds[-1:] == [
        "text/markdown",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]


def test_what_cannot_be_had_is_said_of_the_document(drive: Drive, tmp_path: Path) -> None:
    drive.add("book", "handbook", DOCUMENT, b"x" * 10_000_001)
    drive.add("film.pdf", "handbook", "application/pdf", b"x" * 2_000_000)
    drive.add("plan", "handbook", DOCUMENT)
    connector = connected(drive, tmp_path, max_megabytes=1)
    refs = listed(connector)
    with pytest.raises(ConnectorError, match=r"book cannot be read\. It is too large for Google to export"):
        connector.fetch(refs["book"])
    with pytest.raises(ConnectorError, match=r"film\.pdf cannot be read\. It is larger than 1 MB"):
        connector.fetch(refs["film.pdf"])
    del drive.items["plan"]
    with pytest.raises(ConnectorError, match="plan was removed after it was listed"):
        connector.fetch(refs["plan"])


def test_a_file_is_for_those_with_whom_it_is_shared(drive: Drive, tmp_path: Path) -> None:
    anyone = {"type": "anyone", "role": "reader"}
    drive.add("company", "handbook", DOCUMENT)
    drive.add("public", "handbook", DOCUMENT).permissions = [OWNER, anyone]
    drive.add("team", "handbook", DOCUMENT).permissions = [OWNER, ENGINEERS]
    drive.add("other team", "handbook", DOCUMENT).permissions = [
        OWNER,
        {"type": "group", "role": "reader", "emailAddress": "board@example.com"},
    ]
    drive.add("private", "handbook", DOCUMENT).permissions = [OWNER]
    drive.add("former", "handbook", DOCUMENT).permissions = [OWNER, {**ENGINEERS, "deleted": True}]
    drive.add("for a view", "handbook", DOCUMENT).permissions = [OWNER, {**anyone, "view": "published"}]
    drive.add("unknown", "handbook", DOCUMENT).permissions = None
    connector = connected(drive, tmp_path, groups={"eng@example.com": "@eng"})
    expected = {"company": None, "public": None, "team": ["@eng"], "other team": [], "private": [], "former": []}
    assert audiences(connector) == {**expected, "for a view": [], "unknown": []}


def test_another_companys_domain_counts_only_where_domains_says_so(drive: Drive, tmp_path: Path) -> None:
    partner = {"type": "domain", "role": "reader", "domain": "partner.example"}
    drive.add("contract", "handbook", DOCUMENT).permissions = [OWNER, partner]
    drive.add("plan", "handbook", DOCUMENT)
    assert audiences(connected(drive, tmp_path)) == {"contract": None, "plan": None}
    assert audiences(connected(drive, tmp_path, domains="Example.com")) == {"contract": [], "plan": None}


def test_in_a_shared_drive_permissions_come_from_the_drive_down(drive: Drive, tmp_path: Path) -> None:
    members = [{**ENGINEERS, "role": "fileOrganizer"}, OWNER, {**OWNER, "emailAddress": "bob@example.com"}]
    drive.add("team", None, FOLDER, driveId="team").permissions = members
    drive.add("plan", "team", DOCUMENT).permissions = []  # not asked for: it has the drive's
    drive.add("folder", "team", FOLDER)
    drive.add("page", "folder", DOCUMENT)
    shared = drive.add("shared", "folder", DOCUMENT, hasAugmentedPermissions=True)
    shared.permissions = [*members, {"type": "anyone", "role": "reader"}]
    limited = drive.add("limited", "team", FOLDER, inheritedPermissionsDisabled=True)
    limited.permissions = [
        {**member, "inheritedPermissionsDisabled": True, "permissionDetails": [{"inherited": True}]}
        for member in members
    ]
    drive.add("secret", "limited", DOCUMENT)
    drive.add("hidden", "team", DOCUMENT, hasAugmentedPermissions=True).permissions = None
    connector = connected(drive, tmp_path, folders=[], drives=["team"], groups={"eng@example.com": ["@eng", "#eng"]})
    everyone = ["#eng", "@eng"]
    assert audiences(connector) == {"plan": everyone, "hidden": [], "page": everyone, "shared": None, "secret": []}
    asked = [request.url.path.split("/")[4] for request in drive.asked if request.url.path.endswith("/permissions")]
    assert sorted(set(asked)) == ["hidden", "limited", "shared", "team"]


def test_a_place_whose_permissions_are_not_shown_is_an_error(drive: Drive, tmp_path: Path) -> None:
    drive.items["handbook"].permissions = None
    with pytest.raises(ConnectorError, match=f"does not tell {ACCOUNT} who may see handbook .* make .* an editor"):
        listed(connected(drive, tmp_path))


def test_limits_and_stumbles_are_waited_out(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("ingestion.connectors.google_drive_service.time.sleep", waited.append)
    drive.add("plan", "handbook", DOCUMENT)
    later = {"Retry-After": "7"}
    drive.before = [Response("slow", 429, later), JSONResponse(BUSY, 403), Response(status_code=503)]
    assert list(listed(connected(drive, tmp_path))) == ["plan"]
    assert waited == [7, 1, 2]
    drive.before = [Response(status_code=429)] * 20
    with pytest.raises(ConnectorError, match="Google Drive goes on answering with 429: sync again later"):
        listed(connected(drive, tmp_path))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response(status_code=401), f"does not accept the service account's key for {ACCOUNT}"),
        (JSONResponse({"error": {"errors": [{"reason": "accessNotConfigured"}]}}, 403), "Drive API is not enabled"),
        (JSONResponse({"error": {"errors": [{"reason": "domainPolicy"}]}}, 403), "refuses .* domainPolicy"),
    ],
)
def test_what_drive_refuses_is_said(drive: Drive, tmp_path: Path, answer: Response, said: str) -> None:
    drive.before = [answer] * 5
    with pytest.raises(ConnectorError, match=said):
        listed(connected(drive, tmp_path))


def test_a_key_that_google_does_not_know_is_said(drive: Drive, tmp_path: Path) -> None:
    served, drive.key = drive.key, rsa.generate_private_key(public_exponent=65537, key_size=2048)
    connector = connected(drive, tmp_path)
    drive.key = served
    with pytest.raises(ConnectorError, match="Google does not accept the service account's key"):
        listed(connector)


def test_a_google_that_is_not_there_is_said(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.connectors.google_drive_service.time.sleep", lambda seconds: None)
    connector = connected(drive, tmp_path, endpoint="http://127.0.0.1:1/drive/v3/")
    with pytest.raises(ConnectorError, match=r"Google Drive cannot be reached \(.+\): check the network"):
        listed(connector)
    drive.giving_access = False
    with pytest.raises(ConnectorError, match="Google Drive gives out no access now: check the network"):
        listed(connected(drive, tmp_path))


def test_a_listing_that_fails_midway_is_an_error(drive: Drive, tmp_path: Path) -> None:
    for name in "abc":
        drive.add(name, "handbook", DOCUMENT)
    drive.broken_after = 2
    found = []
    with pytest.raises(ConnectorError, match="Google Drive does not show it"):
        found.extend(ref.id for ref in connected(drive, tmp_path).list())
    drive.broken_after = None
    del drive.items["handbook"]
    with pytest.raises(ConnectorError, match=f"shows {ACCOUNT} no folder or shared drive handbook"):
        listed(connected(drive, tmp_path))
    drive.add("handbook", None, FOLDER, trashed=True)
    with pytest.raises(ConnectorError, match="is in the trash"):
        listed(connected(drive, tmp_path))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"credentials": "/nowhere/key.json"}, "the key file /nowhere/key.json cannot be read"),
        ({"credentials": '{"private_key": "hunter2"}'}, "not the JSON key of a service account"),
        ({"folders": []}, "names no place to read"),
        ({"folders": ["a' or 'b"]}, "is no id of a folder"),
        ({"groups": {"eng@example.com": "everyone"}}, "neither a channel"),
    ],
)
def test_wrong_settings_are_said(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        GoogleDriveConnector(**{"credentials": "{}", "folders": ["handbook"], **keys})
    assert "hunter2" not in str(raised.value)


def test_changes_and_deletions_follow_in_a_sync(drive: Drive, tmp_path: Path, home: Home) -> None:
    for name in ("leave", "salary", "travel"):
        drive.add(name, "handbook", DOCUMENT, f"# {name.title()}\n\nAll about {name}.".encode())
    drive.items["salary"].permissions = [OWNER, ENGINEERS]
    connector = connected(drive, tmp_path, groups={"eng@example.com": "@eng"})
    home.source = replace(home.source, connector=connector)
    report = home.sync()
    assert (report.added, report.failed, report.error) == (3, 0, None)
    assert sorted(home.found("all about")) == ["leave", "travel"]
    assert "salary" in home.found("salary", frozenset({"@eng"}) | PUBLIC)
    asked = len(drive.asked)
    assert home.sync().changed == 0
    assert not [request for request in drive.asked[asked:] if request.url.path.endswith("/export")]
    drive.items["leave"].content = b"# Leave\n\nThirty days of holiday."
    drive.items["leave"].fields["modifiedTime"] = "2026-02-01T00:00:00.000Z"
    drive.items["travel"].fields["trashed"] = True
    report = home.sync()
    assert (report.changed, report.removed) == (1, 1)
    assert home.found("holiday") == ["leave"]
