"""`/lore settings`: an admin sets how Lore answers in a channel; others are told how it does, and who may set it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient
from sqlalchemy import select

from bot.slack.channel_form import MODE, VIEW, FormPlace, channel_form, read_channel_form, told
from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from bot.slack.payloads import FormSubmission, SlashCommand
from storage.channel_settings import ChannelSettingsLog
from storage.database import Database
from storage.tables import SourceRow

_log = structlog.get_logger(__name__)

SETTINGS = "settings"
"""What is written after the command."""

NOT_HERE = "Settings are a channel's: write `/lore settings` in the channel that they are for."
ONLY_ADMINS = "Only admins and owners of this workspace set how I answer in a channel, so please ask one of them."
NOT_NOW = "Slack does not let me open the settings just now. Please try again in a moment."
IN_VIEW = "Only admins and owners of this workspace can save this."


@dataclass(frozen=True)
class SettingsForms:
    """Opens the modal and keeps what is sent. `client` gives up within the time that Slack waits."""

    settings: ChannelSettingsLog
    database: Database
    client: WebClient
    errands: Errands

    def open(self, command: SlashCommand) -> str | None:
        """Show an admin the modal; what to say to the person instead, None where it is shown."""
        if command.channel_id.startswith("D"):
            return NOT_HERE
        settings = self.settings.of(command.team_id, command.channel_id)
        try:
            if not self.may_set(command.user_id):
                return f"{ONLY_ADMINS} Here:\n{told(settings)}"
            place = FormPlace(team=command.team_id, channel=command.channel_id)
            view = channel_form(place, settings, self.sources())
            # Before the acknowledgement: a trigger is good for three seconds, and who sees no modal is told so.
            self.client.views_open(trigger_id=command.trigger_id, view=view)
        except WIRE_ERRORS as error:
            _log.warning("settings.not_shown", channel=command.channel_id, error=error_code(error))
            return NOT_NOW
        return None

    def may_set(self, user: str) -> bool:
        """Whether a person is an admin or an owner of the workspace. Raises what Slack's client raises."""
        found = self.client.users_info(user=user)["user"]
        return bool(found.get("is_admin") or found.get("is_owner"))

    def sources(self) -> Mapping[int, str]:
        """The names of the sources by their ids, in the order of the names."""
        with self.database.session() as session:
            rows = session.execute(select(SourceRow.id, SourceRow.name).order_by(SourceRow.name)).all()
        return {row.id: row.name for row in rows}

    def confirm(self, place: FormPlace, user: str) -> None:
        """Show the person what holds in the channel now. Returns at once."""
        text = f"Saved. In this channel:\n{told(self.settings.of(place.team, place.channel))}"
        self.errands.run(lambda: self._confirm(place.channel, user, text))

    def _confirm(self, channel: str, user: str, text: str) -> None:
        try:
            self.client.chat_postEphemeral(channel=channel, user=user, text=text)
        except WIRE_ERRORS as error:
            _log.info("settings.not_confirmed", channel=channel, error=error_code(error))


def register(app: App, forms: SettingsForms) -> None:
    """Keep the settings that an admin sends."""

    @app.view(VIEW)
    def submit(body: dict[str, Any], ack: Ack) -> None:
        submission = FormSubmission.model_validate(body)
        user, place = submission.user.id, FormPlace.model_validate_json(submission.view.private_metadata)
        entered = read_channel_form(submission.view.state.get("values", {}), forms.sources())
        try:
            errors = dict(entered.errors) if forms.may_set(user) else {MODE: IN_VIEW}
        except WIRE_ERRORS as error:
            _log.warning("settings.not_kept", channel=place.channel, error=error_code(error))
            errors = {MODE: NOT_NOW}
        if errors:
            ack(response_action="errors", errors=errors)
            return
        forms.settings.save(place.team, place.channel, entered.settings, set_by=user)
        _log.info("settings.saved", channel=place.channel, user=user, mode=entered.settings.mode)
        ack()
        forms.confirm(place, user)
