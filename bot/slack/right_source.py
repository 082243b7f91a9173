"""The right source of an answer that had a wrong one: picked from a menu, or written into a modal."""

from typing import Any

from slack_bolt import Ack, App

from bot.slack.payloads import FormSubmission, Press
from bot.slack.why import Why
from bot.slack.why_blocks import (
    LINK_ACTION,
    LINK_BLOCK,
    LINK_INPUT,
    LINK_VIEW,
    NO_SUCH_SOURCE,
    PICK_ACTION,
    LinkForm,
    Words,
    gone,
    link_form,
    no_vote,
    read_choice_value,
    read_link_form,
    thanks,
)
from learning.corrections import Named, OwnWords
from learning.votes import WRONG_SOURCE


def register(app: App, why: Why) -> None:
    """Keep what the person names as the correction of their vote."""

    @app.action(PICK_ACTION)
    def pick(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        answer_id, rank = read_choice_value(press.actions[0].chosen)
        why.say(press.response_url, _kept(answer_id, press.user.id, why.picked(answer_id, press.user.id, rank)))
        ack()

    @app.action(LINK_ACTION)
    def link(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        form = LinkForm(answer=int(press.actions[0].value), response_url=press.response_url)
        # Before the acknowledgement: a trigger is good for three seconds, and who sees no modal then sees an error.
        why.client.views_open(trigger_id=press.trigger_id, view=link_form(form))
        ack()

    @app.view(LINK_VIEW)
    def submit(body: dict[str, Any], ack: Ack) -> None:
        submission = FormSubmission.model_validate(body)
        form = read_link_form(submission.view.private_metadata)
        named = why.written(form.answer, submission.user.id, submission.written(LINK_BLOCK, LINK_INPUT))
        if named is None:
            ack(response_action="errors", errors={LINK_BLOCK: NO_SUCH_SOURCE})
            return
        why.say(form.response_url, _kept(form.answer, submission.user.id, named))
        ack()

    def _kept(answer_id: int, user: str, named: Named | OwnWords | None) -> Words:
        """What to say once the correction is kept with the vote, if both are there."""
        if named is None:
            return gone()
        if not why.explain(answer_id, user, WRONG_SOURCE, named.correction):
            return no_vote()
        return thanks(named.document if isinstance(named, Named) else None)
