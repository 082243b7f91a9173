"""Bytes to text, in whatever encoding they are."""

import codecs
import re

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 200_000
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:-]+)""")
_LATIN = ("cp1250", "cp1252", "cp1254")
_LIKELY = [*_LATIN, "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"]
_LIKELY += ["cp932", "euc_jp", "gb18030", "big5", "cp949"]
_MOST_CONTROLS = 0.04
"""Of a text's characters. A ninth of random bytes are control characters."""

_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f\ufffd]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u00ad\u200b]")


class NotTextError(ValueError):
    """The bytes are text in no encoding."""


def decode(content: bytes, charset: str | None = None) -> str:
    """The text of `content`, with line feeds as line ends and without invisible characters.

    Tried in this order: a byte order mark, UTF-8, UTF-16 without a mark, the charset that is claimed (`charset`, or
    what the text says of itself), and what the bytes look like. What cannot be decoded becomes U+FFFD. Raises
    NotTextError where there is too much of that, or of control characters.
    """
    text = _decoded(content, charset)
    sample = text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > max(_MOST_CONTROLS * len(sample), 2):
        raise NotTextError
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n"))


def _decoded(content: bytes, charset: str | None) -> str:
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    if (unmarked := _utf16_without_mark(content)) is not None:
        return content.decode(unmarked, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _is_damaged_utf8(content):
        return content.decode("utf-8", "replace")
    declared = _DECLARED.search(content[:2_000])
    for claimed in (charset, declared[1].decode("ascii") if declared else None):
        if claimed is not None and claimed.lower() not in ("utf-8", "utf8"):
            try:
                return content.decode(claimed)
            except (LookupError, UnicodeDecodeError):
                continue
    return content.decode(_guessed(content), "replace")


def _utf16_without_mark(content: bytes) -> str | None:
    """Text of mostly Latin letters in UTF-16 has a zero in every other byte."""
    sample = content[: _SAMPLE // 100 * 2]
    if len(sample) < 4 or len(content) % 2:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _is_damaged_utf8(content: bytes) -> bool:
    """Whether the bytes are UTF-8 but for a few: cut off in the middle of a character, or pasted from elsewhere."""
    sample = content[:_SAMPLE]
    whole = len(re.findall(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", sample))
    return whole > 4 * sample.decode("utf-8", "replace").count("\ufffd")


def _guessed(content: bytes) -> str:
    """The encoding that the bytes look like. Few bytes beyond ASCII say little: then it is a Latin one."""
    sample = content[:_SAMPLE]
    if sum(byte > 127 for byte in sample) < 0.1 * len(sample):
        return _latin(sample)
    import charset_normalizer

    best = charset_normalizer.from_bytes(sample, cp_isolation=_LIKELY).best()
    return _latin(sample) if best is None or best.encoding in _LATIN else best.encoding


def _latin(sample: bytes) -> str:
    """Western or Central European, told apart by the letters that are common in one and rare in the other."""
    central = sum(map(sample.count, "ěřůłążśźőűžšň".encode("cp1250")))
    western = sum(map(sample.count, "àñåæ".encode("cp1252")))
    return "cp1250" if central > western else "cp1252"
