"""Users, groups, channels and members through slack_sdk's WebClient."""

from __future__ import annotations

import pytest
from slack_errors import slack_error
from slack_sdk import WebClient

from playground.errors import PlaygroundError
from playground.server import Running


def test_the_workspace_has_members_a_guest_an_admin_and_the_bot(web: WebClient) -> None:
    members = {member["name"]: member for member in web.users_list()["members"]}
    assert set(members) == {"alice", "bob", "gita", "ada", "lore"}
    assert members["gita"]["is_restricted"]
    assert members["ada"]["is_admin"]
    assert members["lore"]["is_bot"]
    assert web.users_info(user=members["alice"]["id"])["user"]["real_name"] == "Alice Archer"
    with slack_error("user_not_found"):
        web.users_info(user="U0NOBODY01")


def test_lists_come_in_pages(web: WebClient) -> None:
    names = [member["name"] for page in web.users_list(limit=2) for member in page["members"]]
    assert names == ["alice", "bob", "gita", "ada", "lore"]
    with slack_error("invalid_cursor"):
        web.users_list(cursor="%%%")
    with slack_error("invalid_limit"):
        web.users_list(limit=5_000)


def test_only_conversations_of_the_asked_kinds_are_listed(slack: Running, web: WebClient) -> None:
    slack.client.add_channel("secret", ["alice"], private=True)
    public = {channel["name"] for channel in web.conversations_list()["channels"]}
    assert public == {"general", "people", "random"}
    private = web.conversations_list(types="private_channel")["channels"]
    assert [channel["name"] for channel in private] == ["leads"]
    with slack_error("invalid_types"):
        web.conversations_list(types="secret_channel")


def test_the_bot_learns_who_is_in_a_channel(slack: Running, web: WebClient) -> None:
    slack.client.join("people", "gita")
    assert "U0GITA0001" in web.conversations_members(channel="C0PEOPLE01")["members"]
    slack.client.leave("people", "gita")
    assert "U0GITA0001" not in web.conversations_members(channel="C0PEOPLE01")["members"]


def test_the_bot_lists_the_channels_of_a_person_that_it_may_know(web: WebClient) -> None:
    answer = web.users_conversations(user="U0ALICE001", types="public_channel,private_channel")
    assert {channel["name"] for channel in answer["channels"]} == {"general", "people", "random", "leads"}
    assert {channel["name"] for channel in web.users_conversations()["channels"]} == {"general", "people"}


def test_user_groups_have_handles_and_members(web: WebClient) -> None:
    group = web.usergroups_list(include_users=True)["usergroups"][0]
    assert group["handle"] == "hr"
    assert web.usergroups_users_list(usergroup=group["id"])["users"] == group["users"]
    with slack_error("no_such_subteam"):
        web.usergroups_users_list(usergroup="S0NOBODY01")


def test_a_direct_message_is_opened_once(web: WebClient) -> None:
    first = web.conversations_open(users=["U0BOB00001"])["channel"]["id"]
    assert web.conversations_open(users="U0BOB00001")["channel"]["id"] == first
    assert web.conversations_info(channel=first)["channel"]["is_im"]
    with slack_error("user_not_found"):
        web.conversations_open(users="U0NOBODY01")


def test_a_new_person_starts_outside_of_every_channel(slack: Running) -> None:
    slack.client.add_user("nina", guest=True)
    with pytest.raises(PlaygroundError, match="nina is not in #general"):
        slack.client.post("nina", "general", "hello?")
    with pytest.raises(PlaygroundError, match="There is a user 'nina' already"):
        slack.client.add_user("nina")
