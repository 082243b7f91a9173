"""`/lore settings`: who may set how Lore answers in a channel, and that it is kept."""

from typing import Any

import pytest

from bot.slack.channel_form import FormPlace, channel_form, read_channel_form
from bot.slack.channel_settings import IN_VIEW, NOT_HERE, NOT_NOW, ONLY_ADMINS
from playground.client import Posted
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from storage.tables import SourceRow
from tests.slack.stage import Stage, eventually, shown_text

Json = dict[str, Any]

GENERAL = "C0GENERAL1"
EVERYTHING = ChannelSettings("every_question", ("wiki",), "always", ("S0HR000001", "U0ADA00001"), "de")


@pytest.fixture(autouse=True)
def sources(database: Database) -> None:
    with database.session() as session:
        session.add_all(SourceRow(name=name, connector="files", audience=["everyone"]) for name in ("wiki", "handbook"))


def values(
    mode: str = "mention",
    follow: str = "default",
    sources: tuple[str, ...] = (),
    experts: tuple[str, ...] = (),
    groups: str = "",
    language: str = "question",
) -> Json:
    """What Slack sends of a modal in which this was entered."""

    def option(value: str) -> Json:
        return {"value": value, "text": {"type": "plain_text", "text": value}}

    entered = {
        "mode": {"type": "radio_buttons", "selected_option": option(mode)},
        "follow": {"type": "radio_buttons", "selected_option": option(follow)},
        "sources": {"type": "multi_static_select", "selected_options": [option(id) for id in sources]},
        "experts": {"type": "multi_users_select", "selected_users": list(experts)},
        "groups": {"type": "plain_text_input", "value": groups or None},
        "language": {"type": "static_select", "selected_option": option(language)},
    }
    return {block: {"entered": field} for block, field in entered.items()}


def opened(stage: Stage, user: str = "ada") -> Json:
    delivery = stage.slack.command(user, "general", "/lore", "settings")
    assert delivery["error"] is None
    [modal] = stage.slack.modals(user)
    return modal


def kept(stage: Stage, database: Database, channel: str = GENERAL) -> ChannelSettings:
    return ChannelSettingsLog(database).of(stage.bot.identity.team_id, channel)


def test_an_admin_sets_how_lore_answers_in_a_channel(stage: Stage, database: Database) -> None:
    modal = opened(stage)
    entered = values("every_question", "always", ("1",), ("U0ADA00001",), "S0HR000001", "de")

    delivery = stage.slack.submit("ada", modal["id"], entered)

    assert delivery["error"] is None
    assert kept(stage, database) == EVERYTHING
    assert kept(stage, database, "C0PEOPLE01") == ChannelSettings()
    told = shown_text(stage.slack.wait_for_ephemeral("ada", "general"))
    for part in ("answer every question", "wiki", "<@U0ADA00001>", "<!subteam^S0HR000001>", "German"):
        assert part in told
    assert not stage.slack.modals("ada")


def test_the_modal_shows_what_holds(stage: Stage, database: Database) -> None:
    ChannelSettingsLog(database).save(stage.bot.identity.team_id, GENERAL, EVERYTHING, set_by="U0ADA00001")

    elements = {block.get("block_id"): block.get("element", {}) for block in opened(stage)["blocks"]}

    assert elements["mode"]["initial_option"]["value"] == "every_question"
    assert elements["follow"]["initial_option"]["value"] == "always"
    assert [option["text"]["text"] for option in elements["sources"]["options"]] == ["handbook", "wiki"]
    assert [option["text"]["text"] for option in elements["sources"]["initial_options"]] == ["wiki"]
    assert elements["experts"]["initial_users"] == ["U0ADA00001"]
    assert elements["groups"]["initial_value"] == "S0HR000001"
    assert elements["language"]["initial_option"]["text"]["text"] == "German"


@pytest.mark.parametrize("user", ["alice", "gita"])
def test_others_are_told_who_may_set_it_and_what_holds(stage: Stage, user: str) -> None:
    delivery = stage.slack.command(user, "general", "/lore", "settings")

    assert ONLY_ADMINS in delivery["answer"]["text"]
    assert "answer when I am mentioned" in delivery["answer"]["text"]
    assert not stage.slack.modals(user)
    assert not stage.script.asked


def test_who_is_no_admin_any_more_can_save_nothing(stage: Stage, database: Database) -> None:
    modal = opened(stage)
    delivery = stage.slack.submit("alice", modal["id"], values("every_question"))
    assert delivery["answer"]["errors"] == {"mode": IN_VIEW}
    assert kept(stage, database) == ChannelSettings()


def test_where_slack_does_not_say_who_is_an_admin_nothing_is_saved(stage: Stage, database: Database) -> None:
    modal = opened(stage)
    stage.slack.fail("users.info", "internal_error", times=None)
    assert stage.slack.submit("ada", modal["id"], values("every_question"))["answer"]["errors"] == {"mode": NOT_NOW}
    assert stage.slack.command("ada", "general", "/lore", "settings")["answer"]["text"] == NOT_NOW
    assert kept(stage, database) == ChannelSettings()


def test_what_is_no_user_group_is_named(stage: Stage, database: Database) -> None:
    modal = opened(stage)
    delivery = stage.slack.submit("ada", modal["id"], values(groups="hr"))
    assert "begins with S" in delivery["answer"]["errors"]["groups"]
    assert stage.slack.modals("ada")


def test_a_direct_message_has_no_settings(stage: Stage) -> None:
    assert stage.slack.command("ada", "dm", "/lore", "settings")["answer"]["text"] == NOT_HERE


def test_questions_in_a_channel_are_answered_from_its_sources_in_its_language(stage: Stage, database: Database) -> None:
    set_up(stage, database, ChannelSettings(sources=("wiki",), language="de"))

    answered(stage, stage.slack.ask("how many days?"))
    stage.slack.command("alice", "general", "/lore", "how many days?")
    stage.slack.wait_for_ephemeral("alice", "general")
    answered(stage, stage.slack.ask("how many days?", channel="people"))

    general, command, people = stage.script.contexts
    assert (general.sources, general.language) == (command.sources, command.language) == (frozenset({"wiki"}), "de")
    assert (people.sources, people.language) == (frozenset(), None)


def test_more_sources_than_a_menu_takes_are_in_groups(database: Database) -> None:
    sources = {id: f"source {id}" for id in range(250)}
    form = channel_form(FormPlace(team="T1", channel="C1"), ChannelSettings(sources=("source 7",)), sources)
    [element] = [block["element"] for block in form["blocks"] if block.get("block_id") == "sources"]
    assert [len(group["options"]) for group in element["option_groups"]] == [100, 100, 50]
    assert read_channel_form(values(sources=("7", "249", "999")), sources).settings.sources == (
        "source 7",
        "source 249",
    )


def answered(stage: Stage, asked: Posted) -> None:
    stage.slack.wait_for_reply(asked)
    eventually(lambda: not stage.log.pending())


def set_up(stage: Stage, database: Database, settings: ChannelSettings) -> None:
    ChannelSettingsLog(database).save(stage.bot.identity.team_id, GENERAL, settings, set_by="U0ADA00001")
