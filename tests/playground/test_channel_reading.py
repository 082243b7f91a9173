"""Reading channels as a bot does that keeps a copy: pages that nothing shifts, files, shared channels, who replied."""

from __future__ import annotations

from slack_errors import slack_error
from slack_sdk import WebClient

from playground.server import Running

GENERAL = "C0GENERAL1"


def test_a_page_of_history_begins_where_the_last_one_ended_whatever_happened_between(
    slack: Running, web: WebClient
) -> None:
    posted = [slack.client.post("alice", "general", f"message {number}") for number in range(5)]
    first = web.conversations_history(channel=GENERAL, limit=2)
    assert first["has_more"]
    slack.client.post("alice", "general", "one more")
    slack.client.delete("alice", "general", posted[3].ts)
    cursor = first["response_metadata"]["next_cursor"]
    second = web.conversations_history(channel=GENERAL, limit=9, cursor=cursor)
    texts = [message["text"] for page in (first, second) for message in page["messages"]]
    assert texts == [f"message {number}" for number in (4, 3, 2, 1, 0)]
    assert not second["has_more"]
    with slack_error("invalid_cursor"):
        web.conversations_history(channel=GENERAL, cursor="%%%")


def test_the_message_that_a_page_would_begin_with_may_be_deleted(slack: Running, web: WebClient) -> None:
    posted = [slack.client.post("alice", "general", f"message {number}") for number in range(3)]
    first = web.conversations_history(channel=GENERAL, limit=1)
    slack.client.delete("alice", "general", posted[1].ts)
    cursor = first["response_metadata"]["next_cursor"]
    assert [m["text"] for m in web.conversations_history(channel=GENERAL, cursor=cursor)["messages"]] == ["message 0"]


def test_files_are_told_with_their_names(slack: Running, web: WebClient) -> None:
    slack.client.post("alice", "general", "the plan", files=["plan.pdf"])
    [message] = web.conversations_history(channel=GENERAL)["messages"]
    assert [(file["name"], file["title"]) for file in message["files"]] == [("plan.pdf", "plan.pdf")]


def test_a_channel_shared_with_another_company_says_so(slack: Running, web: WebClient) -> None:
    slack.client.share("general")
    assert web.conversations_info(channel=GENERAL)["channel"]["is_ext_shared"]
    slack.client.share("general", shared=False)
    assert not web.conversations_info(channel=GENERAL)["channel"]["is_ext_shared"]


def test_of_those_who_replied_five_are_named_and_all_counted(slack: Running, web: WebClient) -> None:
    asked = slack.client.post("alice", "general", "who is in?")
    for number in range(6):
        user = f"guest{number}"
        slack.client.add_user(user)
        slack.client.join("general", user)
        slack.client.post(user, "general", "me", thread_ts=asked.ts)
    [message] = web.conversations_history(channel=GENERAL)["messages"]
    assert (message["reply_count"], message["reply_users_count"], len(message["reply_users"])) == (6, 6, 5)
