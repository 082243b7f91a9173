"""E-mail messages, as mail programs save them (.eml), as Markdown."""

import email
import email.policy
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from ingestion.parsed_document import ParsedDocument, ParseError
from ingestion.plain_text import with_line_breaks
from ingestion.web_page import html_to_markdown

_HEADERS = ("From", "To", "Cc")
_MOST_NAMED = 20
"""Of the attachments."""


def parse_message(content: bytes, name: str) -> ParsedDocument:
    """The subject as the title; who wrote it to whom and when, the body, and the names of what is attached.

    Attachments are not read. Raises ParseError where it is no message.
    """
    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        if not message.keys():
            raise ParseError(f"{name} is not an e-mail message, whatever its name says: exclude it.")
        subject = " ".join(str(message["Subject"] or "").split())
        parts = [_lines(message), _body(message), _attached(message)]
    except (RecursionError, LookupError, ValueError, AttributeError, TypeError) as error:
        raise ParseError(f"{name} is damaged and cannot be read as an e-mail message: save it again.") from error
    return ParsedDocument(subject or None, "\n\n".join(filter(None, parts)))


def _lines(message: EmailMessage) -> str:
    lines = [f"{name}: {' '.join(str(message[name]).split())}" for name in _HEADERS if message[name]]
    if message["Date"]:
        try:
            lines.append(f"Date: {parsedate_to_datetime(str(message['Date'])):%Y-%m-%d %H:%M}")
        except ValueError:
            lines.append(f"Date: {message['Date']}")
    return "  \n".join(line.replace("<", "(").replace(">", ")") for line in lines)


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    text = _text(part)
    if part.get_content_type() == "text/html":
        return html_to_markdown(text)
    if not text.strip() and (other := message.get_body(preferencelist=("html",))) is not None:
        return html_to_markdown(_text(other))
    return with_line_breaks(text.strip())


def _text(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
    except LookupError:
        return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _attached(message: EmailMessage) -> str:
    names = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    named = ", ".join(" ".join(name.split()) for name in names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"Attached, and not read: {named}{more}" if names else ""
