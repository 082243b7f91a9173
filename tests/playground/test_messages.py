"""Posting, editing, deleting, threads and reactions through slack_sdk's WebClient."""

from __future__ import annotations

import pytest
from slack_errors import slack_error
from slack_sdk import WebClient

from playground.errors import PlaygroundError
from playground.server import Running


def test_a_posted_message_is_seen_in_the_channel(slack: Running, web: WebClient) -> None:
    answer = web.chat_postMessage(channel="C0GENERAL1", text="Hello *there*")
    assert [message["text"] for message in slack.client.messages("general")] == ["Hello *there*"]
    assert answer["message"]["bot_id"] == "B0PLAYGRND"
    assert web.conversations_history(channel="C0GENERAL1")["messages"][0]["ts"] == answer["ts"]


def test_timestamps_are_unique_and_grow(web: WebClient) -> None:
    stamps = [web.chat_postMessage(channel="general", text=str(number))["ts"] for number in range(5)]
    assert stamps == sorted(set(stamps))
    assert all(len(stamp.partition(".")[2]) == 6 for stamp in stamps)


def test_posting_to_a_person_opens_their_direct_message(slack: Running, web: WebClient) -> None:
    answer = web.chat_postMessage(channel="U0BOB00001", text="psst")
    assert answer["channel"].startswith("D")
    assert slack.client.messages("dm", user="bob")[0]["text"] == "psst"


@pytest.mark.parametrize(
    ("channel", "code"), [("C0NOWHERE1", "channel_not_found"), ("random", "not_in_channel"), ("", "invalid_arguments")]
)
def test_a_message_to_a_wrong_place_is_refused(web: WebClient, channel: str, code: str) -> None:
    with slack_error(code):
        web.chat_postMessage(channel=channel, text="hi")


def test_the_bot_does_not_know_a_private_channel_that_it_is_not_in(slack: Running, web: WebClient) -> None:
    secret = slack.client.add_channel("secret", ["alice"], private=True)
    with slack_error("channel_not_found"):
        web.chat_postMessage(channel=secret["id"], text="hi")
    with slack_error("channel_not_found"):
        web.conversations_info(channel=secret["id"])


def test_with_chat_write_public_the_bot_posts_where_it_is_not(slack: Running, web: WebClient) -> None:
    slack.client.set_scopes(["chat:write", "chat:write.public"])
    assert web.chat_postMessage(channel="random", text="hi")["ok"]


def test_an_archived_channel_takes_no_message(slack: Running, web: WebClient) -> None:
    slack.client.archive("people")
    with slack_error("is_archived"):
        web.chat_postMessage(channel="people", text="hi")


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
def test_a_message_without_words_is_refused(web: WebClient) -> None:
    with slack_error("no_text"):
        web.chat_postMessage(channel="general", text="  ")


def test_text_past_40000_characters_is_cut(web: WebClient) -> None:
    answer = web.chat_postMessage(channel="general", text="x" * 40_001)
    assert len(answer["message"]["text"]) == 40_000


def test_markdown_text_excludes_text_and_has_at_most_12000_characters(web: WebClient) -> None:
    assert web.chat_postMessage(channel="general", markdown_text="**hi**")["message"]["blocks"][0]["type"] == "markdown"
    with slack_error("markdown_text_conflict"):
        web.chat_postMessage(channel="general", text="hi", markdown_text="**hi**")
    with slack_error("msg_too_long"):
        web.chat_postMessage(channel="general", markdown_text="x" * 12_001)


def test_a_reply_is_in_its_thread_and_not_at_the_top(slack: Running, web: WebClient) -> None:
    root = web.chat_postMessage(channel="general", text="root")["ts"]
    reply = web.chat_postMessage(channel="general", text="reply", thread_ts=root)["ts"]
    web.chat_postMessage(channel="general", text="to the reply", thread_ts=reply)
    thread = web.conversations_replies(channel="C0GENERAL1", ts=root)["messages"]
    assert [message["text"] for message in thread] == ["root", "reply", "to the reply"]
    assert thread[0]["reply_count"] == 2
    assert {message["thread_ts"] for message in thread} == {root}
    assert thread[1]["parent_user_id"] == "U0LOREBOT1"
    assert [message["text"] for message in slack.client.messages("general")] == ["root"]


@pytest.mark.parametrize(("thread_ts", "code"), [("1.2", "thread_not_found"), ("yesterday", "invalid_thread_ts")])
def test_a_reply_to_nothing_is_refused(web: WebClient, thread_ts: str, code: str) -> None:
    with slack_error(code):
        web.chat_postMessage(channel="general", text="hi", thread_ts=thread_ts)


def test_history_and_replies_come_in_pages(web: WebClient) -> None:
    for number in range(5):
        web.chat_postMessage(channel="general", text=str(number))
    seen = [m["text"] for page in web.conversations_history(channel="C0GENERAL1", limit=2) for m in page["messages"]]
    assert seen == ["4", "3", "2", "1", "0"]


def test_the_bot_edits_and_deletes_its_own_messages_only(slack: Running, web: WebClient) -> None:
    own = web.chat_postMessage(channel="general", text="before")["ts"]
    edited = web.chat_update(channel="C0GENERAL1", ts=own, text="after")
    assert edited["message"]["edited"]["user"] == "U0LOREBOT1"
    assert slack.client.messages("general")[0]["text"] == "after"
    web.chat_delete(channel="C0GENERAL1", ts=own)
    assert slack.client.messages("general") == []
    with slack_error("message_not_found"):
        web.chat_update(channel="C0GENERAL1", ts=own, text="too late")
    foreign = slack.client.post("alice", "general", "mine").ts
    with slack_error("cant_update_message"):
        web.chat_update(channel="C0GENERAL1", ts=foreign, text="yours")
    with slack_error("cant_delete_message"):
        web.chat_delete(channel="C0GENERAL1", ts=foreign)


def test_new_text_without_blocks_takes_the_blocks_away_and_new_blocks_keep_the_text(web: WebClient) -> None:
    divider = [{"type": "divider"}]
    ts = web.chat_postMessage(channel="general", text="text", blocks=divider)["ts"]
    kept = web.api_call("chat.update", json={"channel": "C0GENERAL1", "ts": ts, "blocks": divider * 2})["message"]
    assert (kept["text"], len(kept["blocks"])) == ("text", 2)
    bare = web.chat_update(channel="C0GENERAL1", ts=ts, text="new text")["message"]
    assert bare["text"] == "new text"
    assert "blocks" not in bare


def test_an_edit_of_more_than_4000_characters_is_too_long(web: WebClient) -> None:
    ts = web.chat_postMessage(channel="general", text="short")["ts"]
    with slack_error("msg_too_long"):
        web.chat_update(channel="C0GENERAL1", ts=ts, text="x" * 4_001)


def test_an_ephemeral_message_is_seen_by_one_person(slack: Running, web: WebClient) -> None:
    web.chat_postEphemeral(channel="general", user="U0ALICE001", text="for you")
    assert slack.client.ephemeral("alice")[0]["text"] == "for you"
    assert slack.client.ephemeral("bob") == []
    assert slack.client.messages("general") == []
    with slack_error("user_not_in_channel"):
        web.chat_postEphemeral(channel="people", user="U0BOB00001", text="for you")


def test_a_reaction_is_added_once_and_removed_once(slack: Running, web: WebClient) -> None:
    ts = slack.client.post("alice", "general", "hello").ts
    web.reactions_add(channel="C0GENERAL1", timestamp=ts, name="eyes")
    with slack_error("already_reacted"):
        web.reactions_add(channel="C0GENERAL1", timestamp=ts, name="eyes")
    slack.client.react("bob", "general", ts, "eyes")
    shown = web.reactions_get(channel="C0GENERAL1", timestamp=ts)["message"]["reactions"]
    assert shown == [{"name": "eyes", "users": ["U0LOREBOT1", "U0BOB00001"], "count": 2}]
    web.reactions_remove(channel="C0GENERAL1", timestamp=ts, name="eyes")
    with slack_error("no_reaction"):
        web.reactions_remove(channel="C0GENERAL1", timestamp=ts, name="eyes")
    with slack_error("message_not_found"):
        web.reactions_add(channel="C0GENERAL1", timestamp="1.000001", name="eyes")
    with slack_error("invalid_name"):
        web.reactions_add(channel="C0GENERAL1", timestamp=ts, name="no such emoji")


def test_a_permalink_points_at_the_message_in_its_thread(slack: Running, web: WebClient) -> None:
    root = slack.client.post("alice", "general", "root").ts
    reply = slack.client.post("bob", "general", "reply", thread_ts=root).ts
    link = web.chat_getPermalink(channel="C0GENERAL1", message_ts=reply)["permalink"]
    assert link.endswith(f"/archives/C0GENERAL1/p{reply.replace('.', '')}?thread_ts={root}&cid=C0GENERAL1")


def test_people_can_do_only_what_slack_lets_them(slack: Running) -> None:
    posted = slack.client.post("alice", "general", "mine")
    with pytest.raises(PlaygroundError, match="is not bob's"):
        slack.client.edit("bob", "general", posted.ts, "yours")
    with pytest.raises(PlaygroundError, match="bob is not in #leads"):
        slack.client.post("bob", "leads", "let me in")
    with pytest.raises(PlaygroundError, match="There is no user 'eve'"):
        slack.client.post("eve", "general", "hi")
    slack.client.delete("ada", "general", posted.ts)
    assert slack.client.messages("general") == []


def test_a_message_shows_whom_it_would_ping(slack: Running, web: WebClient) -> None:
    blocks = [
        {"type": "markdown", "text": "Ask <@U0BOB00001> or <!subteam^S0HR000001|@hr>"},
        {"type": "section", "text": {"type": "plain_text", "text": "not <!everyone>"}},
    ]
    web.chat_postMessage(channel="general", text="<!channel> look", blocks=blocks)
    web.chat_postMessage(channel="general", text="&lt;!channel&gt; and @channel")
    loud, quiet = slack.client.messages("general")
    assert loud["notifies"] == ["channel", "U0BOB00001", "S0HR000001"]
    assert quiet["notifies"] == []


def test_what_is_typed_is_escaped_and_linked(slack: Running) -> None:
    posted = slack.client.post("alice", "general", "@lore is 1 < 2 & #people @here? a@b.c", typed=True)
    shown = slack.client.thread("general", posted.ts)[0]["text"]
    assert shown == "<@U0LOREBOT1> is 1 &lt; 2 &amp; <#C0PEOPLE01|people> <!here>? a@b.c"
