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


def test_guests_and_people_of_other_companies_are_told_from_members(slack: Running, web: WebClient) -> None:
    single = slack.client.add_user("sid", single_channel_guest=True)["id"]
    stranger = slack.client.add_user("eve", team="T0ELSEWHERE")["id"]
    user = web.users_info(user=single)["user"]
    assert (user["is_restricted"], user["is_ultra_restricted"]) == (True, True)
    assert web.users_info(user="U0GITA0001")["user"]["is_ultra_restricted"] is False
    assert web.users_info(user=stranger)["user"]["team_id"] == "T0ELSEWHERE"
    slack.client.join("general", "eve")
    asked = slack.client.post("eve", "general", "hello?")
    [message] = web.conversations_replies(channel="C0GENERAL1", ts=asked.ts)["messages"]
    assert message["team"] == message["user_team"] == "T0ELSEWHERE"


def test_a_persons_channels_are_the_public_ones_and_the_private_ones_of_the_bot(slack: Running, web: WebClient) -> None:
    slack.client.add_channel("board", ["alice"], private=True)
    slack.client.archive("random")
    kinds = "public_channel,private_channel"
    names = {each["name"] for each in web.users_conversations(user="U0ALICE001", types=kinds)["channels"]}
    assert names == {"general", "people", "random", "leads"}
    left = web.users_conversations(user="U0ALICE001", types=kinds, exclude_archived=True)["channels"]
    assert {each["name"] for each in left} == {"general", "people", "leads"}
    assert all("num_members" not in each for each in left)


def test_a_user_group_that_is_switched_off_is_shown_only_where_it_is_asked_for(slack: Running, web: WebClient) -> None:
    slack.client.set_group("hr", disabled=True)
    assert web.usergroups_list()["usergroups"] == []
    [group] = web.usergroups_list(include_disabled=True, include_count=True)["usergroups"]
    assert (group["handle"], group["user_count"], group["date_delete"] > 0) == ("hr", 2, True)
    with slack_error("no_such_subteam"):
        web.usergroups_users_list(usergroup=group["id"])


def test_a_channel_is_renamed_and_its_name_is_free(slack: Running, web: WebClient) -> None:
    slack.client.rename("people", "people-team")
    assert web.conversations_info(channel="C0PEOPLE01")["channel"]["name"] == "people-team"
    slack.client.add_channel("people", ["bob"])
    with pytest.raises(PlaygroundError, match="There is a channel 'people' already"):
        slack.client.rename("random", "people")
