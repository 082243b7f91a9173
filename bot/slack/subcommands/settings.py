"""`/lore settings`: how Lore answers in a channel."""

from bot.slack.channel_settings import SETTINGS, SettingsForms
from bot.slack.payloads import SlashCommand
from bot.slack.subcommands.table import Subcommand
from bot.slack.why_blocks import Words


def settings(forms: SettingsForms) -> Subcommand:
    """Opens the channel's settings to admins, and tells everybody else what they are."""

    def run(command: SlashCommand, rest: str) -> Words | None:
        said_instead = forms.open(command)
        return Words(said_instead, []) if said_instead else None

    # Before the acknowledgement: the modal has to be opened within three seconds.
    return Subcommand(SETTINGS, "how I answer in this channel; admins can change it", run, at_once=True)
