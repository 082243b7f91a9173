"""A report's page into its file: whole, or not at all."""

import secrets
from contextlib import suppress
from pathlib import Path

from learning.report.contents import Report
from learning.report.page import render


class ReportError(Exception):
    """The page cannot be written; the message says where and what to do."""


def write_report(report: Report, path: Path) -> None:
    """Write the page to `path`, in place of what is there, making its folder. Raises ReportError.

    It is written beside `path` and renamed: who reads it meanwhile sees the old page or the new one, whole.
    """
    page = render(report).encode("utf-8")
    beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("xb") as file:
                file.write(page)
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        raise ReportError(
            f"The report could not be written to {path}: {error.strerror or error}. Name a file in a folder that can "
            "be written to. What was learnt does not depend on it."
        ) from error
