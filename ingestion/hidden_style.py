"""CSS that keeps what it is on from being seen: `display: none`, white on white, no size, out of the page."""

import re
from collections.abc import Mapping

SMALLEST = 3.0
"""Pixels: letters smaller than this are no text that anybody is meant to read."""

PALEST = 240
"""Of 255: a colour whose parts are all at least this is white to a reader."""

_FAR = -400.0
"""Pixels left of or above its place: out of the page."""

_DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;{}]*)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|ex|ch|%|vw|vh|cm|mm|in)?", re.IGNORECASE)
_PIXELS = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "%": 0.16, "vw": 12.8, "vh": 8.0}
_PIXELS |= {"cm": 38.0, "mm": 3.8, "in": 96.0}
_HEX = re.compile(r"#([0-9a-f]{3,8})$")
_FUNCTION = re.compile(r"(rgba?|hsla?)\(([^()]*)\)$")
_NOTHING = ("transparent", "none", "inherit", "initial", "unset", "currentcolor", "")

Declarations = Mapping[str, str]


def declarations(style: str) -> dict[str, str]:
    """The properties that a `style` attribute, or what stands between the braces of a rule, sets; the last one wins."""
    found = _DECLARATION.findall(_COMMENT.sub("", style[:5_000].lower()))
    return {name: value.replace("!important", "").strip() for name, value in found}


def hides(style: Declarations) -> bool:
    """Whether nothing of an element with these declarations is seen, whatever is behind it."""
    display, visibility = style.get("display", ""), style.get("visibility", "")
    if display == "none" or visibility in ("hidden", "collapse") or style.get("content-visibility") == "hidden":
        return True
    if _number(style.get("opacity", "1")) < 0.05 or re.search(
        r"\b(?:opacity|scale\w?)\(\s*0?\.?0*\s*%?[,)]", _moves(style)
    ):
        return True
    size = _length(style.get("font-size") or _font_size(style.get("font", "")))
    if size is not None and abs(size) < SMALLEST:
        return True
    if (_length(style.get("text-indent", "")) or 0.0) < _FAR:
        return True
    return _is_out_of_page(style) or _is_clipped(style)


def is_white(colour: str) -> bool:
    """Whether letters of this colour are not seen on white: white, nearly so, or see-through."""
    if colour == "transparent":
        return True
    parts = _colour(colour)
    return parts is not None and (parts[3] < 0.05 or min(parts[:3]) >= PALEST)


def background(style: Declarations) -> str | None:
    """The colour or picture behind an element, where the declarations say that there is one."""
    for name in ("background-color", "background", "background-image"):
        value = style.get(name, "")
        if value not in _NOTHING:
            return value
    return None


def is_alike(colour: str, behind: str) -> bool:
    """Whether letters of the one colour cannot be told from the other behind them."""
    one, other = _colour(colour), _colour(behind)
    return (
        one is not None and other is not None and all(abs(a - b) < 16 for a, b in zip(one[:3], other[:3], strict=True))
    )


def _moves(style: Declarations) -> str:
    return f"{style.get('filter', '')} {style.get('transform', '')}"


def _is_out_of_page(style: Declarations) -> bool:
    if style.get("position") in ("absolute", "fixed") or "translate" in style.get("transform", ""):
        places = [
            style.get(name, "") for name in ("left", "top", "right", "bottom", "inset", "margin-left", "margin-top")
        ]
        places += re.findall(r"translate\w?\(([^()]*)\)", style.get("transform", ""))
        return any((_length(part) or 0.0) < _FAR for place in places for part in re.split(r"[\s,]+", place))
    return any((_length(style.get(name, "")) or 0.0) < 2 * _FAR for name in ("margin-left", "margin-top"))


def _is_clipped(style: Declarations) -> bool:
    if re.match(r"rect\((?:[01](?:px)?[\s,]*){4}\)", style.get("clip", "")):
        return True
    if re.match(
        r"inset\((?:100|[5-9]\d)%|circle\(0|polygon\((?:0[\w%]*\s+0[\w%]*,?\s*)+\)", style.get("clip-path", "")
    ):
        return True
    if style.get("overflow", "") not in ("hidden", "clip"):
        return False
    sizes = [_length(style.get(name, "")) for name in ("width", "height", "max-width", "max-height")]
    return any(size is not None and size <= 1.0 for size in sizes)


def _font_size(font: str) -> str:
    sizes = re.search(r"(?<![\w.-])\d*\.?\d+(?:px|pt|em|rem|%)", font)
    return sizes[0] if sizes else ""


def _length(value: str) -> float | None:
    """Pixels, roughly; None where it is no length."""
    match = _LENGTH.fullmatch(value.strip())
    return None if match is None else float(match[1]) * _PIXELS[(match[2] or "px").lower()]


def _number(value: str) -> float:
    match = re.fullmatch(r"(\d*\.?\d+)(%?)", value)
    return 1.0 if match is None else float(match[1]) / (100 if match[2] else 1)


def _colour(value: str) -> tuple[float, float, float, float] | None:
    """Red, green, blue (0 to 255) and how solid it is (0 to 1); None for what is not known by heart."""
    value = value.strip().lower()
    names = {"white": 255.0, "snow": 252.0, "ivory": 248.0, "ghostwhite": 250.0, "whitesmoke": 245.0, "black": 0.0}
    if value in names:
        return (names[value],) * 3 + (1.0,)
    if match := _HEX.match(value):
        digits = match[1]
        digits = "".join(2 * digit for digit in digits) if len(digits) in (3, 4) else digits
        if len(digits) not in (6, 8):
            return None
        parts = [int(digits[at : at + 2], 16) for at in range(0, len(digits), 2)]
        return (parts[0], parts[1], parts[2], parts[3] / 255 if len(parts) == 4 else 1.0)
    if match := _FUNCTION.match(value):
        numbers = [part for part in re.split(r"[\s,/]+", match[2]) if part]
        if len(numbers) not in (3, 4):
            return None
        solid = _number(numbers[3]) if len(numbers) == 4 else 1.0
        if match[1].startswith("hsl"):
            light = 255 * _number(numbers[2])
            return (light, light, light, solid) if light >= PALEST or light == 0 or solid < 0.05 else None
        if any(re.fullmatch(r"\d*\.?\d+%?", number) is None for number in numbers[:3]):
            return None
        red, green, blue = (255 * _number(n) if n.endswith("%") else float(n) for n in numbers[:3])
        return (red, green, blue, solid)
    return None
