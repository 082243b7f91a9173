"""Template tags (Liquid, Nunjucks, Jinja, Hugo) as what they say to a reader: their syntax goes, their words stay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.code_spans import FENCED, INLINE

_OPEN, _CLOSE = r"\{%[-+]?\s*", r"\s*[-+]?%\}"
_TOKEN = re.compile(
    "|".join(
        (
            f"(?P<code>{FENCED}|{INLINE})",
            rf"{_OPEN}(?P<raw>raw|verbatim){_CLOSE}(?P<verbatim>.*?){_OPEN}end(?P=raw){_CLOSE}",
            rf"(?P<comment>{_OPEN}comment\b.*?{_CLOSE}.*?{_OPEN}endcomment{_CLOSE}"
            r"|\{#(?=[\s-])[^{}]*?#\}|\{\{[<%]?-?\s*/\*.*?\*/\s*-?[>%]?\}\})",
            rf"{_OPEN}(?P<list>highlight|codeblock)\b(?P<language>[^%]*)%\}}(?P<listing>.*?){_OPEN}end(?P=list){_CLOSE}",
            r"\{\{[<%]\s*(?P<shortcode>.*?)\s*[>%]\}\}",
            rf"{_OPEN}(?P<tag>.*?){_CLOSE}",
            r"\{\{[-{]?\s*(?P<output>.*?)\s*[-}]?\}\}",
        )
    ),
    re.MULTILINE | re.DOTALL,
)
_RAW_MARKER = re.compile(r"\{%[-+]?\s*(?:end)?(?:raw|verbatim)\s*[-+]?%\}")
_QUOTED_OUTPUT = re.compile(r"""\{\{\s*(?:"([^"]*)"|'([^']*)')\s*\}\}""")
_ARGUMENT = re.compile(
    r"""(?:(?P<key>[\w-]+)\s*[:=](?!//)\s*)?
        (?:"(?P<double>.*?)"(?=[\s,)\]|}]|$)|'(?P<single>.*?)'(?=[\s,)\]|}]|$)|“(?P<curly>[^”]*)”|(?P<word>[^\s,"']+))""",
    re.VERBOSE | re.DOTALL,
)
_DESTINATION = re.compile(r"""(?:\]\(\s*<?|\b(?:href|src|url)\s*=\s*["']?)$""")

_LINKS = {"page", "link", "url", "download", "ref", "relref", "post_url", "asset", "static", "permalink", "doc", "xref"}
_CALLOUTS = {"alert", "hint", "notice", "note", "warning", "tip", "info", "caution", "danger", "important", "callout"}
_LEVELS = {"info", "warning", "error", "success", "danger", "note", "tip", "caution", "important", "slim", "no-icon"}
_LOGIC = {
    "for",
    "if",
    "elsif",
    "elif",
    "else",
    "unless",
    "case",
    "when",
    "set",
    "assign",
    "capture",
    "block",
    "extends",
}
_LOGIC |= {"layout", "import", "from", "macro", "call", "filter", "with", "cycle", "paginate", "tablerow", "liquid"}
_WORDS_IN = {
    "title",
    "heading",
    "header",
    "caption",
    "alt",
    "label",
    "text",
    "description",
    "content",
    "summary",
    "body",
}


@dataclass(frozen=True)
class _Argument:
    key: str | None
    value: str
    quoted: bool


@dataclass
class _Callout:
    """A call-out whose end has not been met yet; `start` is where its text begins in what was written."""

    name: str
    heading: str
    start: int


def without_template_tags(text: str) -> str:
    """The text with every tag replaced by what it says. Tags inside code stay: there they are what is written about."""
    if "{%" not in text and "{{" not in text and "{#" not in text:
        return text
    written: list[str] = []
    callouts: list[_Callout] = []
    position = 0
    for match in _TOKEN.finditer(text):
        written.append(text[position : match.start()])
        position = match.end()
        if match["code"] is not None:
            written.append(_code(match["code"]))
        elif match["verbatim"] is not None:
            written.append(match["verbatim"])
        elif match["listing"] is not None:
            listing = match["listing"].strip("\n")
            written.append(f"\n```{match['language'].strip().split(' ')[0]}\n{listing}\n```\n")
        elif match["output"] is not None:
            written.append(_output(match["output"], is_destination=_is_destination(text, match.start())))
        elif match["comment"] is None:
            tag = match["tag"] if match["tag"] is not None else match["shortcode"]
            _write_tag(tag, text, match, written, callouts)
    written.append(text[position:])
    for callout in reversed(callouts):
        written.insert(callout.start, callout.heading)
    return "".join(written)


def _write_tag(tag: str, text: str, match: re.Match[str], written: list[str], callouts: list[_Callout]) -> None:
    name, _, rest = tag.partition(" ") if " " in tag else (tag, "", "")
    name, _, more = name.partition("\n")
    name, rest = name.strip("/ ").lower(), f"{more} {rest}"
    arguments = _arguments(rest)
    ends = tag.startswith("/") or name.startswith("end")
    opened = name.removeprefix("end") if ends else name
    if opened in _CALLOUTS and not ends:
        words = [argument.value for argument in arguments if argument.quoted and argument.key in (None, *_WORDS_IN)]
        heading = next((word for word in words if word.strip()), "")
        callouts.append(_Callout(opened, "" if heading.lower() in _LEVELS else heading, len(written)))
    elif opened in _CALLOUTS:
        if opened in [callout.name for callout in callouts]:
            while (callout := callouts.pop()).name != opened:
                written.insert(callout.start, callout.heading)
            body = "".join(written[callout.start :])
            del written[callout.start :]
            written.append(_quote(callout.heading, body))
    elif not ends:
        is_alone = _is_alone(text, match.start(), match.end())
        said = _say(opened, arguments, is_destination=_is_destination(text, match.start()), is_alone=is_alone)
        written.append(said)


def _say(name: str, arguments: Sequence[_Argument], *, is_destination: bool, is_alone: bool) -> str:
    """What a tag says by itself."""
    listed = [argument for argument in arguments if argument.key is None]
    values = [argument.value for argument in listed if argument.quoted]
    if is_destination:
        if not values:
            values = [argument.value for argument in listed if "/" in argument.value]
        return _path(values[0]) if values else ""
    if name in _LOGIC or "icon" in name:
        return ""
    if "slack" in name and values:
        channel = "#" + values[0].lstrip("#")
        return f"{values[1]} ({channel})" if len(values) > 1 and values[1].strip() else channel
    if name in _LINKS and values:
        label = values[1] if len(values) > 1 else values[0].rstrip("/").rpartition("/")[2].replace("-", " ")
        return f"[{label or values[0]}]({_path(values[0])})"
    if name.startswith(("image", "img", "figure", "picture", "screenshot")):
        named = [a.value for a in arguments if a.key in ("alt", "caption", "title") and a.value.strip()]
        alt = " ".join(named[:1] or [value for value in values[1:][-1:] if value.strip()])
        return f"Image: {alt}" if alt and is_alone else alt
    said = [argument.value for argument in arguments if _is_prose(argument)]
    links = [f"<{value}>" for value in (a.value for a in arguments) if re.match(r"https?://\S+$", value)]
    return " ".join([*said, *links])


def _is_prose(argument: _Argument) -> bool:
    """Whether an argument is words for a reader, rather than a path, a class, an identifier or a setting."""
    value = argument.value.strip()
    if not argument.quoted or not re.search(r"[^\W\d_]", value):
        return False
    if argument.key is not None:
        return argument.key.lower() in _WORDS_IN
    words = value.split()
    if len(words) == 1:
        return value.lower() not in _LEVELS and re.fullmatch(r"[^\W\d_]+|[^\s@/]+@[^\s@/]+", value) is not None
    return not all(re.search(r"[-_/=.]", word) for word in words)


def _output(expression: str, *, is_destination: bool) -> str:
    """What `{{ expression }}` says: a quoted string itself, a variable's name where it is a blank to be filled in."""
    if literal := re.match(r""""([^"]*)"|'([^']*)'""", expression):
        said = literal[1] if literal[1] is not None else literal[2]
        return _path(said) if is_destination else said
    if is_destination or not re.fullmatch(r"[A-Za-z]\w*", expression):
        return ""
    return f"[{expression.replace('_', ' ')}]"


def _arguments(text: str) -> list[_Argument]:
    found: list[_Argument] = []
    for match in _ARGUMENT.finditer(text):
        quoted = next((match[name] for name in ("double", "single", "curly") if match[name] is not None), None)
        value = match["word"] if quoted is None else quoted
        found.append(_Argument(match["key"], value, quoted is not None))
    return found


def _path(target: str) -> str:
    """A tag's link target as an address: of a page of the same site, from its root."""
    target = target.strip().replace(" ", "%20")
    return target if re.match(r"[a-z][a-z0-9+.-]*:|[/#.?]|$", target, re.IGNORECASE) else f"/{target}"


def _quote(heading: str, body: str) -> str:
    """A call-out as a quotation with its heading in bold."""
    lines = [line.strip() if not re.match(r"\s*(?:[-*+]|\d+[.)])\s", line) else line for line in body.split("\n")]
    body = "\n".join(lines).strip("\n")
    parts = [part for part in (f"**{heading.strip()}**" if heading.strip() else "", body) if part]
    quoted = "\n\n".join(parts).replace("\n", "\n> ")
    return f"\n\n> {quoted}\n\n" if parts else ""


def _code(code: str) -> str:
    """Code as its author wants it read: the markers that keep the template engine off it are not part of it."""
    code = _RAW_MARKER.sub("", code)
    return _QUOTED_OUTPUT.sub(lambda match: match[1] if match[1] is not None else match[2], code)


def _is_destination(text: str, position: int) -> bool:
    return _DESTINATION.search(text, max(0, position - 20), position) is not None


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether nothing else stands on the lines of `text[start:end]`."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    after = text[end : end + 1 + text[end:].find("\n")] if "\n" in text[end : end + 500] else text[end : end + 500]
    return not before.strip() and not after.strip()
