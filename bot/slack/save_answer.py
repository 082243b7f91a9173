"""“Save as answer” in the menu of a message: what a person wrote, kept for the next who asks."""

import html
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from bot.slack.payloads import FormSubmission, MessageShortcut, Press
from bot.slack.question_text import question_text
from bot.slack.response_url import respond
from bot.slack.save_answer_blocks import (
    ANSWER_BLOCK,
    INPUT,
    QUESTION_BLOCK,
    REMOVE_ACTION,
    SAVE_SHORTCUT,
    SAVE_VIEW,
    SaveForm,
    confirmation,
    not_yours,
    notice,
    read_message_key,
    save_form,
    taken_back,
    words,
)
from bot.slack.saving import NOT_FROM_HERE, NotSavedError, Said, Saving

_log = structlog.get_logger(__name__)

ONLY_PEOPLES = "Only what people wrote can be saved as an answer."
NO_TEXT = "There is no text in this message that could answer anybody."


@dataclass(frozen=True)
class SaveAnswer:
    """What the listeners share."""

    saving: Saving
    errands: Errands
    bot_user_id: str

    def view(self, shortcut: MessageShortcut) -> dict[str, Any]:
        """The modal to open: the form, or the reason why there is none."""
        message, channel = shortcut.message, shortcut.channel.id
        if not message.is_by_a_person or message.user is None:
            return notice(ONLY_PEOPLES)
        if channel.startswith("D"):
            return notice(NOT_FROM_HERE)
        try:
            self.saving.check_saver(shortcut.user.id)
        except NotSavedError as error:
            return notice(str(error))
        kept = self.saving.saved.of_message(channel, message.ts)
        if kept is not None and not self.saving.may_change(kept, shortcut.user.id):
            return notice(not_yours(kept))
        said = Said(channel, message.ts, message.user, message.thread_ts)
        asked = self.saving.question_of(said)
        form = SaveForm(
            channel=channel,
            ts=message.ts,
            author=message.user,
            thread_ts=message.thread_ts,
            answer=asked.answer_id if asked is not None and asked.is_open else None,
            response_url=shortcut.response_url,
        )
        if kept is not None:
            return save_form(form, kept.question, kept.answer, kept)
        question = asked.question if asked is not None else self._first_of_thread(said)
        # Nobody edits entities: what is typed into the form is Markdown as it stands.
        return save_form(form, question, html.unescape(self.saving.markdown(message.text or "")), None)

    def _first_of_thread(self, said: Said) -> str:
        """The words that began the thread: whoever replied to them answered them, as a rule."""
        if said.thread_ts is None or said.thread_ts == said.ts:
            return ""
        try:
            page = self.saving.client.conversations_replies(channel=said.channel, ts=said.thread_ts, limit=1)
        except WIRE_ERRORS as error:
            _log.info("answer.thread_not_read", channel=said.channel, error=error_code(error))
            return ""
        texts = (message.get("text") for message in page["messages"] if message.get("ts") == said.thread_ts)
        return question_text(str(next(texts, None) or ""), self.bot_user_id)


def register(app: App, save: SaveAnswer) -> None:
    """Open the form from a message's menu, keep what is sent, and take back what is to be removed."""

    @app.shortcut(SAVE_SHORTCUT)
    def chosen(body: dict[str, Any], ack: Ack) -> None:
        shortcut = MessageShortcut.model_validate(body)
        # Before the acknowledgement: a trigger is good for three seconds, and who sees no modal then sees an error.
        save.saving.client.views_open(trigger_id=shortcut.trigger_id, view=save.view(shortcut))
        ack()

    @app.view(SAVE_VIEW)
    def submitted(body: dict[str, Any], ack: Ack) -> None:
        submission = FormSubmission.model_validate(body)
        form = SaveForm.model_validate_json(submission.view.private_metadata)
        fields = {block: submission.written(block, INPUT).strip() for block in (QUESTION_BLOCK, ANSWER_BLOCK)}
        if missing := {block: "Write something here." for block, text in fields.items() if not text}:
            ack(response_action="errors", errors=missing)
            return
        kept = save.saving.saved.of_message(form.channel, form.ts)
        if kept is not None and not save.saving.may_change(kept, submission.user.id):
            ack(response_action="update", view=notice(not_yours(kept)))
            return
        said = Said(form.channel, form.ts, form.author, form.thread_ts)
        try:
            kept = save.saving.keep(said, fields[QUESTION_BLOCK], fields[ANSWER_BLOCK], submission.user.id, form.answer)
        except NotSavedError as error:
            ack(response_action="errors", errors={ANSWER_BLOCK: str(error)})
            return
        told = confirmation(kept, by_check_mark=False)
        save.errands.run(lambda: respond(form.response_url, told.text, told.blocks))
        ack()

    @app.action(REMOVE_ACTION)
    def remove(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        channel, ts = read_message_key(press.actions[0].value)
        kept = save.saving.saved.of_message(channel, ts)
        if kept is not None and not save.saving.may_change(kept, press.user.id):
            said = not_yours(kept)
        else:
            if kept is not None:
                save.saving.take_back(kept)
            said = taken_back()
        if press.view is not None:
            view_id = press.view.id
            save.errands.run(lambda: _update_view(view_id, said))
        else:
            told = words(said)
            save.errands.run(lambda: respond(press.response_url, told.text, told.blocks, replace=True))
        ack()

    def _update_view(view_id: str, said: str) -> None:
        save.saving.client.views_update(view_id=view_id, view=notice(said))
