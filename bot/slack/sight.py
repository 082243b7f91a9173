"""Who may see what, asked narrowly: of everyone in a channel, and of one person. The rule itself is audience.py's."""

from dataclasses import dataclass

from bot.slack.audience import Audiences
from storage.document import Audience


@dataclass(frozen=True)
class Sight:
    """Asks Slack, or what it said within minutes. Safe to share between threads."""

    audiences: Audiences

    def of_channel(self, team: str, channel: str) -> Audience:
        """What everyone in this channel may see."""
        return self.audiences.of_channel(channel)

    def of_channel_now(self, team: str, channel: str) -> Audience:
        """The same, from what Slack says at this moment and not from what it said before."""
        return self.audiences.of_channel_now(channel)

    def of_person(self, team: str, user: str) -> Audience:
        """What this person may see."""
        return self.audiences.of_person(user)
