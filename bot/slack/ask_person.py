"""“Ask a person”: a question that Lore could not answer, handed to the experts of a channel."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.slack.ask_person_blocks import (
    ASK_VIEW,
    CHANNEL_BLOCK,
    INPUT,
    QUESTION_BLOCK,
    AskForm,
    ask_form,
    asked,
    asked_before,
    nobody_to_ask,
    not_posted,
    question_gone,
)
from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from bot.slack.expert_request import RequestPosts, slack_now
from bot.slack.experts import Experts, is_in_a_channel
from bot.slack.failures import ADVICE, advice
from bot.slack.payloads import FormSubmission, Press
from bot.slack.render import ASK_ACTION
from bot.slack.response_url import respond
from bot.slack.why_blocks import ASK_AFTER_VOTE_ACTION, Words
from storage.expert_requests import ExpertRequest, ExpertRequests
from storage.questions import Answered, QuestionLog
from storage.tables import utc_now

_log = structlog.get_logger(__name__)

KEPT_SECONDS = 24 * 3_600.0
"""How long after its button was pressed a question is still posted, where Lore was stopped meanwhile."""


@dataclass(frozen=True)
class AskPerson:
    """What the listeners share. `client` gives up within the time that Slack waits for an acknowledgement."""

    log: QuestionLog
    requests: ExpertRequests
    experts: Experts
    posts: RequestPosts
    client: WebClient
    errands: Errands

    def finish_unposted(self) -> None:
        """Post what an earlier process was about to. Returns at once."""
        begun = slack_now(KEPT_SECONDS)
        for request in self.requests.unposted(utc_now() - timedelta(seconds=KEPT_SECONDS)):
            self.errands.run(partial(self.posts.finish, request, begun))

    def hand_over(self, request: ExpertRequest, tell: "Tell", *, quiet: bool) -> None:
        """Post the request, if nobody did for this answer; `tell` the person of it, or, if `quiet`, only of trouble."""
        if not self.requests.claim(request):
            known = self.requests.of_answer(request.answer_id)
            if known is None:  # the answer went meanwhile, or the request could not be posted just now
                self.errands.run(lambda: tell(question_gone()))
            else:
                self.errands.run(lambda: tell(asked_before(known, self.posts.link(known))))
            return
        begun = slack_now()

        def post() -> None:
            try:
                standing, link = self.posts.post(request, begun)
            except WIRE_ERRORS as error:
                code = error_code(error)
                _log.warning("expert_request.not_posted", channel=request.channel, error=code, todo=advice(code))
                tell(not_posted(request.channel, ADVICE.get(code, "Please press the button again in a minute.")))
                return
            if not quiet:
                tell(asked(standing, link))

        self.errands.run(post)


@dataclass(frozen=True)
class Tell:
    """Tells the person who pressed, privately; in place of the message that was pressed if `replace`."""

    response_url: str
    replace: bool

    def __call__(self, words: Words) -> None:
        if self.response_url:
            respond(self.response_url, words.text, words.blocks, replace=self.replace)


def register(app: App, ask: AskPerson) -> None:
    """Hand a question over when the button is pressed; a private one only once its asker has said what is shown to
    whom."""

    @app.action(re.compile(f"^{ASK_ACTION}(:|$)"))
    def pressed(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        action = press.actions[0]
        after_vote = action.action_id == ASK_AFTER_VOTE_ACTION
        tell = Tell(press.response_url, replace=after_vote)
        answered = ask.log.answered(int(action.value))
        if answered is None:
            ask.errands.run(lambda: tell(question_gone()))
        elif is_in_a_channel(answered.asked):
            _ask_in_thread(answered, int(action.value), press, tell, quiet=not after_vote)
        else:
            _open_form(answered, int(action.value), press, tell)
        ack()

    def _ask_in_thread(answered: Answered, answer_id: int, press: Press, tell: Tell, *, quiet: bool) -> None:
        place = answered.asked
        experts = ask.experts.of(place.team, place.channel)
        if not experts:
            ask.errands.run(lambda: tell(nobody_to_ask()))
            return
        # A follow-up, “and for part-timers?”, is asked as it was understood.
        question = answered.answer.searched or place.text
        request = ExpertRequest(answer_id, place.user, question, experts, place.channel, place.thread_ts or place.ts)
        ask.hand_over(request, tell, quiet=quiet)

    def _open_form(answered: Answered, answer_id: int, press: Press, tell: Tell) -> None:
        known = ask.requests.of_answer(answer_id)
        if known is not None:
            ask.errands.run(lambda: tell(asked_before(known, ask.posts.link(known))))
            return
        channels = ask.experts.channels_of(answered.asked.team, press.user.id)
        if not channels:
            ask.errands.run(lambda: tell(nobody_to_ask()))
            return
        form = AskForm(answer=answer_id, response_url=press.response_url)
        # Whom a private answer was shown to was not shown the words that it was asked in.
        own = press.user.id == answered.asked.user
        question = (answered.answer.searched or answered.asked.text) if own else ""
        view = ask_form(form, question, channels, answered.asked.channel)
        # Before the acknowledgement: a trigger is good for three seconds, and who sees no modal then sees an error.
        ask.client.views_open(trigger_id=press.trigger_id, view=view)

    @app.view(ASK_VIEW)
    def submitted(body: dict[str, Any], ack: Ack) -> None:
        submission = FormSubmission.model_validate(body)
        form = AskForm.model_validate_json(submission.view.private_metadata)
        channel = submission.chosen(CHANNEL_BLOCK, INPUT)
        question = submission.written(QUESTION_BLOCK, INPUT).strip()
        answered = ask.log.answered(form.answer)
        if not question:
            ack(response_action="errors", errors={QUESTION_BLOCK: "Write what you want to ask."})
            return
        tell = Tell(form.response_url, replace=False)
        experts = ask.experts.of(answered.asked.team, channel) if answered is not None else ()
        if answered is None or not experts:
            ask.errands.run(lambda: tell(nobody_to_ask() if answered is not None else question_gone()))
        else:
            request = ExpertRequest(form.answer, submission.user.id, question, experts, channel, None)
            ask.hand_over(request, tell, quiet=False)
        ack()
