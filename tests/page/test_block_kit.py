"""Block Kit on the page: what an app sends is drawn, and what is done with it reaches the app in Slack's shapes."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.page.conftest import Scene
from tests.slack.stage import eventually


def gallery(scene: Scene) -> Locator:
    scene.say("@lore gallery")
    scene.open_thread()
    pane = scene.page.get_by_role("complementary")
    expect(pane).to_contain_text("What there is")
    return pane


def test_every_kind_of_block_is_drawn(scene: Scene) -> None:
    pane = gallery(scene)
    expect(pane.get_by_role("heading", name="What there is 📚")).to_be_visible()
    expect(pane.locator("strong", has_text="Bold")).to_be_visible()
    expect(pane.locator("em", has_text="italic")).to_be_visible()
    expect(pane.get_by_role("link", name="a page")).to_have_attribute("href", "https://handbook.example/a?b=1&c=2")
    expect(pane.locator(".mention.mine", has_text="@alice")).to_be_visible()
    expect(pane.locator(".fields > div")).to_have_count(2)
    expect(pane.get_by_role("columnheader", name="who")).to_be_visible()
    expect(pane.get_by_role("cell", name="everybody")).to_be_visible()
    expect(pane.locator(".rich li")).to_have_text("one point")
    expect(pane.get_by_role("link", name="Annual leave")).to_be_visible()
    expect(pane.locator(".unknown")).to_have_count(0)


def test_menus_and_confirmations_tell_the_app_what_was_chosen(scene: Scene) -> None:
    pane = gallery(scene)
    pane.get_by_role("button", name="Pick a source").click()
    scene.page.get_by_role("menuitem", name="Wiki").click()
    expect(pane.get_by_role("button", name="Pick a source: Wiki")).to_be_visible()
    pane.get_by_role("button", name="More options").click()
    scene.page.get_by_role("menuitem", name="Second").click()
    eventually(lambda: bool(scene.app.of("over")))
    assert scene.app.of("pick")[0]["actions"][0]["selected_option"]["value"] == "wiki"
    over = scene.app.of("over")[0]
    assert over["actions"][0]["selected_option"]["value"] == "second"
    assert over["state"]["values"]["acts"]["pick"]["selected_option"]["value"] == "wiki"
    pane.get_by_role("button", name="Delete all").click()
    scene.page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(scene.page.get_by_role("dialog")).to_have_count(0)
    assert scene.app.of("sure") == []
    pane.get_by_role("button", name="Delete all").click()
    scene.page.get_by_role("dialog", name="Really?").get_by_role("button", name="Delete", exact=True).click()
    eventually(lambda: bool(scene.app.of("sure")))


def test_a_modal_is_filled_in_corrected_and_submitted(scene: Scene) -> None:
    gallery(scene).get_by_role("button", name="Open form").click()
    form = scene.page.get_by_role("dialog", name="Settings")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_have_count(2)  # what is required and empty; the app was not asked
    form.get_by_label("Name").fill("wrong")
    form.get_by_label("Every question").check()
    form.get_by_label("Wiki").check()
    form.get_by_label("Tickets").check()
    form.get_by_label("Expert (optional)").select_option(label="Ada Admin")
    form.get_by_label("Where").select_option(label="#people")
    form.get_by_label("Language").select_option("german")
    form.get_by_label("Follow threads").check()
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_have_text("That name is taken.")
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_label("Name").fill("right")
    form.get_by_label("Name").press("Enter")
    expect(form).to_have_count(0)
    values = scene.app.of("form")[-1]
    assert values["name"]["words"] == {"type": "plain_text_input", "value": "right"}
    assert values["mode"]["one"]["selected_option"]["value"] == "every_question"
    assert [option["value"] for option in values["sources"]["some"]["selected_options"]] == ["wiki", "tickets"]
    assert values["expert"]["who"] == {"type": "users_select", "selected_user": "U0ADA00001"}
    assert values["where"]["place"]["selected_conversation"] == "C0PEOPLE01"
    assert values["language"]["tongue"]["selected_option"]["value"] == "german"
    assert [option["value"] for option in values["flags"]["some"]["selected_options"]] == ["follow_threads"]


def test_a_modal_puts_another_on_top_and_is_closed_with_word_to_the_app(scene: Scene) -> None:
    pane = gallery(scene)
    pane.get_by_role("button", name="Open form").click()
    form = scene.page.get_by_role("dialog", name="Settings")
    form.get_by_label("Name").fill("on")
    form.get_by_label("Mentions only").check()
    form.get_by_role("button", name="Further settings").click()
    eventually(lambda: bool(scene.app.of("further")))
    kept = scene.app.of("further")[0]["view"]["state"]["values"]
    assert kept["name"]["words"]["value"] == "on"
    further = scene.page.get_by_role("dialog", name="Further settings")
    further.get_by_role("button", name="Cancel").click()
    expect(form.get_by_label("Name")).to_have_value("on")  # under the other, it was kept as it was
    form.get_by_role("button", name="Save").click()
    further.get_by_role("button", name="Done").click()  # which clears all
    expect(scene.page.get_by_role("dialog")).to_have_count(0)
    pane.get_by_role("button", name="Open form").click()
    expect(form).to_be_visible()
    scene.page.reload()
    expect(form).to_be_visible()
    scene.page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    eventually(lambda: [closed["is_cleared"] for closed in scene.app.of("closed")] == [False])


def test_the_apps_home_is_shown_and_pressed(scene: Scene) -> None:
    scene.page.get_by_role("button", name="lore: Home").click()
    home = scene.page.get_by_role("region", name="Home")
    expect(home.get_by_role("heading", name="What I know")).to_be_visible()
    home.get_by_role("button", name="Refresh").click()
    eventually(lambda: [payload["view"]["type"] for payload in scene.app.of("refresh")] == ["home"])


def test_the_assistant_suggests_what_to_ask(scene: Scene) -> None:
    scene.app.go_on.set()
    scene.page.get_by_role("button", name="lore: Assistant").click()
    pane = scene.page.get_by_role("complementary", name="A new talk")
    expect(pane).to_contain_text("How can I help?")
    pane.get_by_role("button", name="How much leave?").click()
    expect(pane).to_contain_text("How many days of leave do I get?")
    expect(pane).to_contain_text("Book them in the calendar")
    expect(pane.get_by_role("button", name="How much leave?")).to_have_count(0)
    expect(scene.page.get_by_role("button", name="lore (direct message)", exact=True)).to_be_visible()  # not as unread


def test_shortcuts_of_messages_and_of_anywhere_reach_the_app(scene: Scene) -> None:
    scene.say("how much leave is there?")
    message = scene.page.locator(".message").last
    message.hover()
    message.get_by_role("button", name="More actions").click()
    scene.page.get_by_role("menuitem", name="Ask about this").click()
    scene.page.get_by_role("dialog", name="Further settings").get_by_role("button", name="Done").click()
    expect(scene.page.get_by_role("dialog")).to_have_count(0)
    told = scene.app.of("message_action")[0]
    assert told["callback_id"] == "ask_about_this"
    assert told["message"]["text"] == "how much leave is there?"
    scene.page.get_by_role("button", name="Shortcuts and commands").click()
    scene.page.get_by_role("menuitem", name="Ask anything").click()
    eventually(lambda: [each["type"] for each in scene.app.of("shortcut")] == ["shortcut"])
