"""Google Drive's interface (v3), through Google's own client: asked again while it is busy, clear when it refuses."""

import json
import logging
import time
from collections.abc import Iterator, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from ingestion.connectors import ConnectorError
from ingestion.connectors.http_service import PATIENCE_SECONDS

SCOPE = "https://www.googleapis.com/auth/drive.readonly"
TRIES = 9
TIMEOUT_SECONDS = 60.0

PERMISSION = "type,role,emailAddress,domain,deleted,view,inheritedPermissionsDisabled,permissionDetails(inherited)"
FILE = (
    "id,name,mimeType,trashed,parents,driveId,size,md5Checksum,modifiedTime,webViewLink,"
    "shortcutDetails(targetId,targetMimeType),hasAugmentedPermissions,inheritedPermissionsDisabled,"
    f"permissions({PERMISSION})"
)
"""What is asked for of a file. Drive leaves `permissions` out in shared drives, and to those who may not see them."""

_BUSY = frozenset({"userRateLimitExceeded", "rateLimitExceeded"})
"""Reasons of a 403 that pass: https://developers.google.com/workspace/drive/api/guides/handle-errors."""

File = dict[str, Any]
"""A file or a permission in Drive's own terms."""


class DriveService:
    """Google Drive as a service account sees it, or as the user `subject` does, for whom it may act.

    `credentials` is the path of the account's JSON key file, or its content. Raises ValueError where it is none, and
    ConnectorError from every method where Drive cannot be reached, refuses or goes on limiting requests.
    """

    def __init__(self, credentials: str, subject: str | None, endpoint: str) -> None:
        try:
            import google_auth_httplib2  # noqa: F401
            import googleapiclient.discovery  # noqa: F401
            from google.oauth2 import service_account
        except ImportError as error:
            raise ValueError("it needs Google's client: pip install 'lore[google-drive]'") from error
        key, kind = _key(credentials), cast(Any, service_account.Credentials)
        try:
            self._credentials: Any = kind.from_service_account_info(key, scopes=[SCOPE], subject=subject)
        except (ValueError, KeyError) as error:  # its message may quote what it read
            raise ValueError(
                "`credentials` is not the JSON key of a service account: make one in Google Cloud's console"
            ) from error
        self.account: str = subject or self._credentials.service_account_email
        self._endpoint = endpoint

    def file(self, id: str) -> File | None:
        """The file, folder or shared drive; None where there is none, or none that the account may see."""
        request = self._files.get(fileId=id, fields=FILE, supportsAllDrives=True)
        return cast(File | None, self._answer(request, absent={404}))

    def children(self, folders: Sequence[str], drive: str | None) -> Iterator[File]:
        """All that is in the folders, which are all in the shared drive `drive`, or in none. Trash is left out."""
        within = " or ".join(f"'{folder}' in parents" for folder in folders)
        where = {} if drive is None else {"corpora": "drive", "driveId": drive}
        request = {
            "q": f"({within}) and trashed = false",
            "fields": f"nextPageToken,incompleteSearch,files({FILE})",
            "pageSize": 1000,
            "includeItemsFromAllDrives": True,
            "supportsAllDrives": True,
            **where,
        }
        for page in self._pages(self._files.list, request):
            if page.get("incompleteSearch"):
                raise ConnectorError("Google Drive could not list everything: sync again later.")
            yield from page.get("files", [])

    def permissions(self, id: str) -> list[File] | None:
        """Who may see a file or a shared drive; None where the account may not know."""
        request = {
            "fileId": id,
            "fields": f"nextPageToken,permissions({PERMISSION})",
            "pageSize": 100,
            "supportsAllDrives": True,
        }
        found: list[File] = []
        for page in self._pages(self._service.permissions().list, request, absent={403, 404}):
            if page is None:
                return None
            found += page.get("permissions", [])
        return found

    def export(self, id: str, media_type: str) -> bytes:
        content: bytes = self._answer(self._files.export_media(fileId=id, mimeType=media_type))
        return content

    def download(self, id: str) -> bytes:
        content: bytes = self._answer(self._files.get_media(fileId=id, supportsAllDrives=True))
        return content

    @cached_property
    def _service(self) -> Any:
        import google_auth_httplib2
        import httplib2
        from googleapiclient.discovery import build

        # It logs each refusal, and those that matter are told to the reader already.
        logging.getLogger("googleapiclient").setLevel(logging.ERROR)
        http = google_auth_httplib2.AuthorizedHttp(self._credentials, http=httplib2.Http(timeout=TIMEOUT_SECONDS))
        options = {"api_endpoint": self._endpoint}
        return build("drive", "v3", http=http, static_discovery=True, cache_discovery=False, client_options=options)

    @property
    def _files(self) -> Any:
        return self._service.files()

    def _pages(self, method: Any, request: dict[str, Any], absent: Set[int] = frozenset()) -> Iterator[Any]:
        token = None
        while True:
            page = self._answer(method(**request, pageToken=token), absent)
            yield page
            token = None if page is None else page.get("nextPageToken")
            if token is None:
                return

    def _answer(self, request: Any, absent: Set[int] = frozenset()) -> Any:
        """What Drive answers; None where it answers with a status in `absent`."""
        from google.auth.exceptions import GoogleAuthError, TransportError
        from googleapiclient.errors import HttpError
        from httplib2 import HttpLib2Error

        patience = PATIENCE_SECONDS
        for attempt in range(TRIES):
            wait = 0.5 * 2**attempt
            try:
                return request.execute()
            except HttpError as error:
                status, reasons = int(error.resp.status), _reasons(error.content)
                if not (status == 429 or status >= 500 or (status == 403 and reasons & _BUSY)):
                    if status in absent:
                        return None
                    raise ConnectorError(self._refusal(status, reasons)) from error
                failure: Exception = error
                said = str(error.resp.get("retry-after", ""))
                wait = float(said) if said.isdigit() else wait
                problem = f"goes on answering with {status}: sync again later, or less often"
            except GoogleAuthError as error:
                if not (error.retryable or isinstance(error, TransportError)):
                    raise ConnectorError(self._not_accepted()) from error
                failure, problem = error, "gives out no access now: check the network, and sync again later"
            except (HttpLib2Error, OSError) as error:
                failure, problem = error, f"cannot be reached ({error}): check the network"
            patience -= wait
            if attempt + 1 == TRIES or patience < 0:
                break
            time.sleep(wait)
        raise ConnectorError(f"Google Drive {problem}.") from failure

    def _not_accepted(self) -> str:
        return (
            f"Google does not accept the service account's key for {self.account}: make a new key; with `subject`, "
            f"let an administrator delegate the scope {SCOPE} to the account."
        )

    def _refusal(self, status: int, reasons: set[str]) -> str:
        if status == 401:
            return self._not_accepted()
        if status == 404:
            return f"Google Drive does not show it to {self.account} (404): it was removed, or is no longer shared."
        if "exportSizeLimitExceeded" in reasons:
            return "It is too large for Google to export (10 MB with its pictures): split it, or shrink its pictures."
        if "cannotDownloadFile" in reasons:
            return "Its owner forbids readers to download it: allow that in its sharing settings, or move it away."
        if reasons & {"accessNotConfigured", "SERVICE_DISABLED"}:
            return "The Google Drive API is not enabled in the service account's project: enable it in Google Cloud."
        why = ", ".join(sorted(reasons)) or "no reason"
        return f"Google Drive refuses {self.account} ({status}, {why}): share the folder or drive with it."


def _key(credentials: str) -> dict[str, Any]:
    text = credentials
    if not credentials.lstrip().startswith("{"):
        try:
            text = Path(credentials).expanduser().read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ValueError(f"the key file {credentials} cannot be read ({reason}): correct `credentials`") from error
    try:
        key = json.loads(text)
    except ValueError:
        key = None
    return key if isinstance(key, dict) else {}


def _reasons(content: bytes) -> set[str]:
    """Why Drive refuses, in its words: `error.errors[].reason`."""
    try:
        error = json.loads(content)["error"]
        return {str(each.get("reason")) for each in error.get("errors", [])}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()
