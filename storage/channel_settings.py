"""What admins set for each channel: when Lore answers there, from what, whom it calls, and in which language."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError

from storage.channel_tables import ChannelSettingsRow
from storage.database import Database
from storage.tables import utc_now

Mode = Literal["mention", "every_question"]
FollowThreads = Literal["default", "always", "never"]


@dataclass(frozen=True)
class ChannelSettings:
    """One channel's settings. As they are here, they are where nobody set any.

    `mode`: answers when mentioned, or whatever looks like a question. `sources`: names of those that it answers from,
    empty for all. `follow_threads`: what is said in a thread without a mention is answered by default where one person
    alone talks with Lore, else always or never. `experts`: ids of people (U…) or user groups (S…) who are asked what
    the documents do not say. `language`: a tag such as "de" of the language to answer in, None for the question's.
    """

    mode: Mode = "mention"
    sources: tuple[str, ...] = ()
    follow_threads: FollowThreads = "default"
    experts: tuple[str, ...] = ()
    language: str | None = None


class ChannelSettingsLog:
    """The settings of all channels, in SQL. Safe to share between threads. Raises DatabaseError as its every use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, team: str, channel: str) -> ChannelSettings:
        """What holds in this channel: what was set, or the defaults."""
        with self._database.session() as session:
            row = session.get(ChannelSettingsRow, (team, channel))
        if row is None:
            return ChannelSettings()
        mode: Any = row.mode
        follow_threads: Any = row.follow_threads
        return ChannelSettings(mode, tuple(row.sources), follow_threads, tuple(row.experts), row.language)

    def save(self, team: str, channel: str, settings: ChannelSettings, set_by: str) -> None:
        """Let these hold in this channel from now on, whatever held before; `set_by` is the admin's user id."""
        try:
            self._write(team, channel, settings, set_by)
        except IntegrityError:  # another process wrote the channel's first settings just now: there is a row to change
            self._write(team, channel, settings, set_by)

    def _write(self, team: str, channel: str, settings: ChannelSettings, set_by: str) -> None:
        with self._database.session() as session:
            row = session.get(ChannelSettingsRow, (team, channel))
            if row is None:
                row = ChannelSettingsRow(team=team, channel=channel)
                session.add(row)
            row.mode, row.follow_threads, row.language = settings.mode, settings.follow_threads, settings.language
            row.sources, row.experts = sorted(set(settings.sources)), sorted(set(settings.experts))
            row.set_by, row.set_at = set_by, utc_now()
