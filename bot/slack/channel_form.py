"""The modal in which an admin sets how Lore answers in a channel: its blocks, and what was entered in them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict

from bot.answering.languages import LANGUAGES
from bot.slack.escape import mrkdwn_text
from storage.channel_settings import ChannelSettings, FollowThreads, Mode

Json = dict[str, Any]

VIEW = "channel_settings"
FIELD = "entered"
"""The action_id of each block's element."""

MODE, SOURCES, FOLLOW, EXPERTS, GROUPS, LANGUAGE = "mode", "sources", "follow", "experts", "groups", "language"
"""The block_ids."""

NO_GROUP = "A user group's id begins with S, as in S0123ABCD. It stands in the address of the group's page in Slack."
NOT_THAT_MANY = "Choose at most 20 people and groups."

_QUESTIONS_OWN = "question"
_MOST_EXPERTS = 20
_MOST_OPTIONS = 100
_OPTION_TEXT = 75
_GROUP = re.compile(r"S[A-Z0-9]{5,20}")
_MODES: dict[Mode, str] = {
    "mention": "Answer when I am mentioned",
    "every_question": "Answer every question that the documents answer",
}
_FOLLOWS: dict[FollowThreads, str] = {
    "default": "When mentioned, or where one person alone talks with me",
    "always": "Always, in threads that I take part in",
    "never": "Only when mentioned",
}


class FormPlace(BaseModel):
    """Which channel a form is for; kept in the modal."""

    model_config = ConfigDict(frozen=True)

    team: str
    channel: str


@dataclass(frozen=True)
class Entered:
    """What was entered, or what is wrong with it, by block."""

    settings: ChannelSettings
    errors: Mapping[str, str]


def channel_form(place: FormPlace, settings: ChannelSettings, sources: Mapping[int, str]) -> Json:
    """The modal, filled with what holds now; `sources` are names by id."""
    chosen = [id for id, name in sources.items() if name in settings.sources]
    people = [id for id in settings.experts if not _GROUP.fullmatch(id)]
    groups = " ".join(id for id in settings.experts if _GROUP.fullmatch(id))
    language = settings.language or _QUESTIONS_OWN
    languages = {_QUESTIONS_OWN: "The question's language", **LANGUAGES}
    languages |= {language: languages.get(language, language)}
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"How I answer in <#{place.channel}>."}},
        _input(MODE, "Questions", _choice("radio_buttons", _MODES, settings.mode)),
        _input(FOLLOW, "Follow-ups in a thread", _choice("radio_buttons", _FOLLOWS, settings.follow_threads)),
        *([_input(SOURCES, "Sources", _sources(sources, chosen), optional=True)] if sources else []),
        _input(
            EXPERTS,
            "Experts",
            {"type": "multi_users_select", "max_selected_items": _MOST_EXPERTS}
            | ({"initial_users": people} if people else {}),
            hint="Who is asked what the documents do not say.",
            optional=True,
        ),
        _input(
            GROUPS,
            "User groups of experts",
            {"type": "plain_text_input", "max_length": 500} | ({"initial_value": groups} if groups else {}),
            hint="Their ids, as in S0123ABCD, with spaces between.",
            optional=True,
        ),
        _input(
            LANGUAGE,
            "Language of answers",
            _choice("static_select", languages, language),
            hint="For answers that a language model writes. Quotes stay in their document's language.",
        ),
    ]
    return {
        "type": "modal",
        "callback_id": VIEW,
        "private_metadata": place.model_dump_json(),
        "title": _plain("Channel settings"),
        "submit": _plain("Save"),
        "close": _plain("Cancel"),
        "blocks": blocks,
    }


def read_channel_form(values: Json, sources: Mapping[int, str]) -> Entered:
    """What was entered; `values` is the view's state."""

    def of(block: str) -> Json:
        return dict(values.get(block, {}).get(FIELD) or {})

    written = str(of(GROUPS).get("value") or "").replace(",", " ").split()
    errors = {GROUPS: NO_GROUP} if any(not _GROUP.fullmatch(id) for id in written) else {}
    experts = [*(of(EXPERTS).get("selected_users") or []), *written]
    if len(experts) > _MOST_EXPERTS:
        errors = {**errors, EXPERTS: NOT_THAT_MANY}
    picked = [int(option["value"]) for option in of(SOURCES).get("selected_options") or []]
    mode, follow = _selected(of(MODE)), _selected(of(FOLLOW))
    language = _selected(of(LANGUAGE))
    settings = ChannelSettings(
        mode=mode if mode in get_args(Mode) else "mention",
        sources=tuple(sources[id] for id in picked if id in sources),
        follow_threads=follow if follow in get_args(FollowThreads) else "default",
        experts=tuple(dict.fromkeys(map(str, experts))),
        language=language if language in LANGUAGES else None,
    )
    return Entered(settings, errors)


def told(settings: ChannelSettings) -> str:
    """What holds in a channel, in Slack's own mark-up."""
    sources = ", ".join(map(mrkdwn_text, settings.sources)) or "all"
    experts = ", ".join(f"<!subteam^{id}>" if _GROUP.fullmatch(id) else f"<@{id}>" for id in settings.experts)
    language = LANGUAGES.get(settings.language or "", settings.language or "the question's")
    return "\n".join(
        (
            f"• Questions: {_lowered(_MODES[settings.mode])}",
            f"• Follow-ups in a thread: {_lowered(_FOLLOWS[settings.follow_threads])}",
            f"• Sources: {sources}",
            f"• Experts: {experts or 'none'}",
            f"• Language of answers: {language}",
        )
    )


def _selected(field: Json) -> Any:
    return (field.get("selected_option") or {}).get("value")


def _sources(sources: Mapping[int, str], chosen: Sequence[int]) -> Json:
    options = {id: _option(str(id), name) for id, name in sources.items()}
    element: Json = {"type": "multi_static_select", "placeholder": _plain("All sources")}
    if len(options) <= _MOST_OPTIONS:
        element["options"] = list(options.values())
    else:
        element["option_groups"] = list(_groups(list(options.values())))
    return element | ({"initial_options": [options[id] for id in chosen]} if chosen else {})


def _groups(options: Sequence[Json]) -> Iterator[Json]:
    for start in range(0, len(options), _MOST_OPTIONS):
        some = list(options[start : start + _MOST_OPTIONS])
        yield {"label": _plain(f"Sources {start + 1} to {start + len(some)}"), "options": some}


def _choice(kind: str, options: Mapping[Any, str], chosen: str) -> Json:
    made = {value: _option(value, text) for value, text in options.items()}
    return {"type": kind, "options": list(made.values()), "initial_option": made[chosen]}


def _option(value: str, text: str) -> Json:
    return {"text": _plain(text if len(text) <= _OPTION_TEXT else text[: _OPTION_TEXT - 1] + "…"), "value": value}


def _input(block: str, label: str, element: Json, *, hint: str = "", optional: bool = False) -> Json:
    shown: Json = {"type": "input", "block_id": block, "label": _plain(label), "optional": optional}
    return shown | {"element": element | {"action_id": FIELD}} | ({"hint": _plain(hint)} if hint else {})


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
