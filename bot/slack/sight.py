"""Who may see what, asked narrowly: of everyone in a channel, and of one person. The rule itself is audience.py's."""

from dataclasses import dataclass

from bot.slack.audience import ChannelNames, audience_of
from storage.document import Audience
from storage.questions import Asked


@dataclass(frozen=True)
class Sight:
    """Asks Slack, or what it said within minutes. Safe to share between threads."""

    channels: ChannelNames

    def of_channel(self, team: str, channel: str) -> Audience:
        """What everyone in this channel may see."""
        return _of_channel(team, channel, self.channels)

    def of_channel_now(self, team: str, channel: str) -> Audience:
        """The same, from what Slack says at this moment and not from what it said before."""
        return _of_channel(team, channel, ChannelNames(self.channels.client))

    def of_person(self, team: str, user: str) -> Audience:
        """What this person may see."""
        asked = Asked(surface="direct_message", team=team, channel="", ts="", user=user, text="")
        return audience_of(asked, self.channels)


def _of_channel(team: str, channel: str, channels: ChannelNames) -> Audience:
    asked = Asked(surface="mention", team=team, channel=channel, ts="", user="", text="")
    return audience_of(asked, channels)
