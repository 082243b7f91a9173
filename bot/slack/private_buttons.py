"""The buttons under a private answer: “Share in channel” and “Dismiss”."""

from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.slack.errands import Errands
from bot.slack.payloads import Press
from bot.slack.private_answer import DISMISS_ACTION, SHARE_ACTION
from bot.slack.reply import new_error_id
from bot.slack.response_url import remove, respond
from bot.slack.sharing import Sharing

_log = structlog.get_logger(__name__)


def register(app: App, sharing: Sharing, errands: Errands) -> None:
    """Share an answer, or take it away. Each press is acknowledged at once; what came of it is told privately."""

    @app.action(SHARE_ACTION)
    def share(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        errands.run(lambda: _share(press))
        ack()

    @app.action(DISMISS_ACTION)
    def dismiss(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        errands.run(lambda: remove(press.response_url))
        ack()

    def _share(press: Press) -> None:
        try:
            told = sharing.share(int(press.actions[0].value), press.user.id, press.channel.id, press.response_url)
        except Exception as error:  # noqa: BLE001 - the outermost layer: the person is told
            error_id = new_error_id()
            _log.error("answer.share_broke", error_id=error_id, exc_info=error)
            said = f"Something went wrong, so it may not be shared (error id: `{error_id}`). Please try again."
            respond(press.response_url, said, [])
            return
        respond(press.response_url, told.words.text, told.words.blocks, replace=told.done)
