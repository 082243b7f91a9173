"""Asking, reading, voting, sharing, and coming back: what a person does on the page."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.page.conftest import Scene
from tests.slack.stage import eventually

Visit = Callable[[str], Scene]


def test_a_reply_is_read_while_it_is_written(scene: Scene) -> None:
    scene.say("@lore how much leave?")
    scene.open_thread()
    pane = scene.page.get_by_role("complementary")
    expect(pane).to_contain_text("You get 25")
    expect(pane.locator("[aria-busy=true]")).to_have_count(1)
    expect(pane).not_to_contain_text("Book them in the calendar")
    scene.app.go_on.set()
    expect(pane).to_contain_text("Book them in the calendar")
    expect(pane.locator("[aria-busy=true]")).to_have_count(0)
    expect(scene.page.get_by_role("status").last).to_contain_text("lore: # Leave")  # said to who does not see it


def test_text_of_others_never_becomes_html(scene: Scene) -> None:
    scene.app.go_on.set()
    scene.say("<img src=x onerror=alert(1)> *bold* <script>alert(2)</script> @lore leave?")
    expect(scene.page.locator(".message").first).to_contain_text("<img src=x onerror=alert(1)> bold <script>alert(2)")
    scene.open_thread()
    pane = scene.page.get_by_role("complementary")
    expect(pane).to_contain_text('<b onclick="alert(1)">Ask</b> your lead <script>alert(1)</script> here')
    expect(pane.get_by_role("link", name="here")).to_have_count(0)
    expect(pane.get_by_role("link", name="1")).to_have_attribute("href", "https://handbook.example/leave")
    expect(pane.locator("script, img")).to_have_count(0)


def test_a_vote_is_cast_and_changed_with_the_buttons_and_with_reactions(scene: Scene) -> None:
    scene.app.go_on.set()
    scene.say("@lore how much leave?")
    scene.open_thread()
    pane = scene.page.get_by_role("complementary")
    pane.get_by_role("button", name="Thumbs up", exact=True).click()
    expect(pane.get_by_role("button", name="Thumbs up", exact=True, pressed=True)).to_be_visible()
    pane.get_by_role("button", name="Thumbs down", exact=True).click()
    expect(pane.get_by_role("button", name="Thumbs down", exact=True, pressed=True)).to_be_visible()
    expect(pane.get_by_role("button", name="Thumbs up", exact=True, pressed=False)).to_be_visible()
    assert [payload["actions"][0]["value"] for payload in scene.app.of("vote")] == ["up", "down"]
    pane.locator(".message").last.hover()
    pane.get_by_role("button", name="React with thumbs up").last.click()
    expect(pane.get_by_role("button", name="+1, 1: alice")).to_be_visible()
    eventually(lambda: [event["reaction"] for event in scene.app.of("reaction")] == ["+1"])
    pane.get_by_role("button", name="+1, 1: alice").click()
    expect(pane.get_by_role("button", name="+1, 1: alice")).to_have_count(0)


def test_everything_is_still_there_after_a_reload(scene: Scene) -> None:
    scene.app.go_on.set()
    scene.say("@lore how much leave?")
    scene.open_thread()
    pane = scene.page.get_by_role("complementary")
    pane.get_by_role("button", name="Thumbs up", exact=True).click()
    expect(pane.get_by_role("button", name="Thumbs up", exact=True, pressed=True)).to_be_visible()
    scene.say("/lore a secret")
    expect(scene.page.get_by_role("main")).to_contain_text("Only you can see this")
    scene.page.reload()
    expect(pane).to_contain_text("Book them in the calendar")
    expect(pane.get_by_role("button", name="Thumbs up", exact=True, pressed=True)).to_be_visible()
    expect(scene.page.get_by_role("main")).to_contain_text("Only for you: a secret")


def test_a_private_answer_is_shared_with_all_or_dismissed(scene: Scene, visit: Visit) -> None:
    bob = visit("#/bob")
    main = scene.page.get_by_role("main")
    scene.say("/lore first")
    expect(main).to_contain_text("Only for you: first")
    main.get_by_role("button", name="Dismiss").click()
    expect(main).not_to_contain_text("Only for you")
    scene.say("/lore second")
    main.get_by_role("button", name="Share in channel").click()
    expect(bob.page.get_by_role("main")).to_contain_text("Shared with all")
    expect(main).not_to_contain_text("Only for you")
    expect(bob.page.get_by_role("main")).not_to_contain_text("Only for you")


def test_who_is_no_member_of_a_channel_does_not_see_it(scene: Scene, visit: Visit) -> None:
    scene.page.get_by_role("button", name="leads").click()
    scene.say("a secret of the leads", "Message #leads")
    gita = visit("#/gita/C0LEADS001")
    names = gita.page.get_by_role("list", name="Channels").get_by_role("button")
    expect(names).to_have_text(["#general"])
    expect(gita.page.get_by_role("main")).not_to_contain_text("a secret of the leads")


def test_one_posts_as_another_person(scene: Scene) -> None:
    scene.page.get_by_label("You are").select_option("bob")
    expect(scene.page.get_by_role("list", name="Channels").get_by_role("button", name="leads")).to_have_count(0)
    scene.say("bob was here")
    expect(scene.page.locator(".message").last).to_contain_text("Bob Baker")
    scene.page.go_back()
    expect(scene.page.get_by_label("You are")).to_have_value("alice")


def test_a_direct_message_is_answered_and_unread_is_marked(scene: Scene) -> None:
    scene.app.go_on.set()
    scene.page.get_by_role("button", name="lore (direct message)").click()
    scene.say("how much leave?", "Message lore")
    scene.open_thread()
    expect(scene.page.get_by_role("complementary")).to_contain_text("Book them in the calendar")
    scene.playground.client.post("bob", "general", "hello")
    expect(scene.page.get_by_role("button", name=re.compile("general.*unread"))).to_be_visible()


def test_a_message_is_edited_and_deleted_by_who_wrote_it(scene: Scene) -> None:
    scene.say("a mistake for @bob")
    message = scene.page.locator(".message").last
    message.hover()
    message.get_by_role("button", name="More actions").click()
    scene.page.get_by_role("menuitem", name="Edit message").click()
    box = scene.page.get_by_role("textbox", name="Message #general")
    expect(box).to_have_value("a mistake for @bob")
    box.fill("put right for @bob")
    box.press("Enter")
    expect(message).to_contain_text("put right for @bob (edited)".replace(" (edited)", ""))
    message.hover()
    message.get_by_role("button", name="More actions").click()
    scene.page.get_by_role("menuitem", name="Delete message").click()
    expect(scene.page.locator(".message")).to_have_count(0)


def test_the_page_finds_the_playground_again(scene: Scene) -> None:
    scene.page.context.set_offline(True)
    scene.playground.client.post("bob", "general", "while you were away")
    scene.page.context.set_offline(False)
    expect(scene.page.get_by_role("main")).to_contain_text("while you were away")
    scene.errors.clear()
