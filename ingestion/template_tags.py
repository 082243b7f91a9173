"""Template tags (Liquid, Nunjucks, Jinja, Hugo) as what they say to a reader: their syntax goes, their words stay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.alternative_text import picture_label
from ingestion.code_spans import FENCED, INLINE

_OPENING = re.compile(rf"(?P<code>{FENCED}|{INLINE})|\{{%[-+]?|\{{\{{[<%]|\{{\{{|\{{#(?=[\s-])", re.MULTILINE)
_CLOSINGS = {"{%": "%}", "{{": "}}", "{{<": ">}}", "{{%": "%}}", "{#": "#}"}
_LONGEST_TAG = 5_000
_VERBATIM = ("raw", "verbatim", "comment", "highlight", "codeblock")
"""Tags whose content is not looked at for tags."""

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
    return _Translation(text).translated()


class _Translation:
    """One text's translation, front to back: each search goes on where the last one ended, so the time is linear."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.written: list[str] = []
        self.callouts: list[_Callout] = []
        self.unclosed: set[str] = set()
        """Tags for which there is no end in the rest of the text."""

    def translated(self) -> str:
        position = 0
        while (match := _OPENING.search(self.text, position)) is not None:
            self.written.append(self.text[position : match.start()])
            if match["code"] is not None:
                self.written.append(_code(match["code"]))
                position = match.end()
            else:
                position = self.tag(match.start(), match[0].rstrip("-+"))
        self.written.append(self.text[position:])
        for callout in reversed(self.callouts):
            self.written.insert(callout.start, callout.heading)
        return "".join(self.written)

    def tag(self, start: int, opening: str) -> int:
        """Writes what the tag at `start` says; returns where the text after it begins."""
        inner = start + len(opening)
        closing = _CLOSINGS[opening]
        end = self.text.find(closing, inner, inner + _LONGEST_TAG)
        if end < 0 or opening in self.text[inner:end]:
            self.written.append(opening)
            return inner
        after = end + len(closing)
        content = self.text[inner:end].strip("-+ \t\n")
        is_destination = _DESTINATION.search(self.text, max(0, start - 20), start) is not None
        if opening == "{{":
            if not content.startswith("/*"):
                self.written.append(_output(content.strip("{}- "), is_destination=is_destination))
            return self.text.startswith("}", after) + after
        if opening != "{#":
            name, _, rest = content.partition(" ") if " " in content.split("\n")[0] else content.partition("\n")
            if name.lower() in _VERBATIM:
                return self.verbatim(name.lower(), rest, after)
            is_end = name.startswith(("/", "end"))
            name = name.strip("/").lower().removeprefix("end" if is_end else "")
            self.said(name, _arguments(rest), start, after, is_end=is_end, is_destination=is_destination)
        return after

    def verbatim(self, name: str, rest: str, after: int) -> int:
        ending = None
        if name not in self.unclosed:
            pattern = rf"\{{%[-+]?\s{{0,9}}end{name}\s{{0,9}}[-+]?%\}}|\{{\{{[<%]\s{{0,9}}/\s?{name}\s{{0,9}}[%>]\}}\}}"
            ending = re.compile(pattern).search(self.text, after)
        if ending is None:
            self.unclosed.add(name)
            return after
        content = self.text[after : ending.start()]
        if name in ("highlight", "codeblock"):
            content = f"\n```{' '.join(rest.split()[:1])}\n{content.strip(chr(10))}\n```\n"
        self.written.append("" if name == "comment" else content)
        return ending.end()

    def said(
        self, name: str, arguments: Sequence[_Argument], start: int, end: int, *, is_end: bool, is_destination: bool
    ) -> None:
        if name not in _CALLOUTS:
            if not is_end:
                alone = self.is_alone(start, end)
                self.written.append(_say(name, arguments, is_destination=is_destination, is_alone=alone))
        elif not is_end:
            words = [each.value for each in arguments if each.quoted and each.key in (None, *_WORDS_IN)]
            heading = next((word for word in words if word.strip()), "")
            self.callouts.append(_Callout(name, "" if heading.lower() in _LEVELS else heading, len(self.written)))
        elif any(callout.name == name for callout in self.callouts):
            while (callout := self.callouts.pop()).name != name:
                self.written.insert(callout.start, callout.heading)
            body = "".join(self.written[callout.start :])
            del self.written[callout.start :]
            self.written.append(_quote(callout.heading, body))

    def is_alone(self, start: int, end: int) -> bool:
        """Whether nothing else stands on the lines of the tag."""
        before = self.text[max(0, start - 200) : start].rpartition("\n")[2]
        after = self.text[end : end + 200].partition("\n")[0]
        return not before.strip() and not after.strip()


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
        alt = picture_label(" ".join(named[:1] or [value for value in values[1:][-1:] if value.strip()]))
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
