"""What people say where the documents do not: who is asked, what is kept of it, joined and put into the Bolt app."""

from collections.abc import Callable
from dataclasses import dataclass

from slack_bolt import App

from bot.slack import ask_person, save_answer
from bot.slack.ask_person import AskPerson
from bot.slack.check_mark import CheckMarks
from bot.slack.clients import Clients
from bot.slack.errands import Errands
from bot.slack.expert_request import RequestPosts
from bot.slack.experts import Experts
from bot.slack.outside_experts import OutsideExperts
from bot.slack.profiles import Profiles
from bot.slack.save_answer import SaveAnswer
from bot.slack.saving import Saving
from bot.slack.setup import Identity
from storage.channel_settings import ChannelSettingsLog
from storage.expert_requests import ExpertRequests
from storage.questions import QuestionLog
from storage.saved_answers import SavedAnswers


@dataclass(frozen=True)
class AnsweredByPeople:
    """The parts that others need."""

    experts: Experts
    ask: AskPerson
    marks: CheckMarks

    @classmethod
    def of(
        cls,
        app: App,
        log: QuestionLog,
        clients: Clients,
        identity: Identity,
        errands: Errands,
        answers_changed: Callable[[], None],
    ) -> "AnsweredByPeople":
        """These parts, with their listeners registered. `answers_changed` is as in `bot.slack.app.make_bot`."""
        database = log.database
        requests = ExpertRequests(database)
        experts = Experts(ChannelSettingsLog(database), requests, clients.brief)
        profiles = Profiles(clients.brief)
        posts = RequestPosts(requests, clients, identity, OutsideExperts(clients, profiles))
        ask = AskPerson(log, requests, experts, posts, clients.brief, errands)
        saving = Saving(database, SavedAnswers(database), requests, profiles, clients.brief, answers_changed)
        ask_person.register(app, ask)
        save_answer.register(app, SaveAnswer(saving, errands, identity.user_id))
        return cls(experts, ask, CheckMarks(saving, errands))
