"""What may be shown where: to a channel what everyone in it may see, to a person what they may see, and less where that
cannot be found out, never more (docs/audience.md)."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError
from typing import Literal

import structlog
from slack_sdk import WebClient

from bot.slack.directory import Directory, Place
from bot.slack.kept import NotKnownError
from bot.slack.setup import Identity
from bot.slack.standing import Standings
from storage.audience_pins import AudiencePins
from storage.database import Database
from storage.document import EVERYONE, PUBLIC, Audience
from storage.questions import Asked
from storage.visibility import everyone_known

_log = structlog.get_logger(__name__)

Guests = Literal["public", "nothing"]
"""What guests and people of other companies may see."""

NOBODY: Audience = frozenset()

PRIVATE_SURFACES = frozenset({"command", "shortcut", "direct_message"})
"""Where only the asker sees the reply. A reply to a question from anywhere else counts as seen by its channel."""

PROMPT_SECONDS = 1.5
"""For what has to be answered while Slack waits for an acknowledgement."""

_LABELS_SECONDS = 2.0
_LABELS_SHARE = 20
"""Looking who there is to see documents takes one part in so many of the time, at most."""

_BOTS_IN_A_CHANNEL = 20
_LOOKING = 4


class Audiences:
    """Tells what may be shown to a channel, a person, and whoever sees the reply to a question. Safe to share between
    threads.

    An answer names only those of the names that documents have now, and is never wider than Slack's last word of some
    minutes ago allows.
    """

    def __init__(self, client: WebClient, identity: Identity, database: Database, guests: Guests = "public") -> None:
        self._directory = Directory(client, identity.team_id)
        self._standings = Standings(client, identity.team_id)
        self._pins = AudiencePins(database, identity.team_id)
        self._labels = _Labels(database)
        self._pool = ThreadPoolExecutor(_LOOKING, thread_name_prefix="audience")
        self._us = identity.user_id
        self._taken: set[tuple[str, str]] = set()
        self.floor: Audience = PUBLIC if guests == "public" else NOBODY

    def of(self, asked: Asked) -> Audience:
        """What the reply to this question may be made from."""
        if asked.surface in PRIVATE_SURFACES:
            return self.of_person(asked.user)
        return self.of_channel(asked.channel, asked.user)

    def of_channel(self, channel: str, someone: str | None = None) -> Audience:
        """What everyone in the channel may see. `someone` is a person in it, where one is known: it saves a call."""
        if not self._labels.now() and self.floor:
            return self.floor
        return self._or_less(lambda: self._of_channel(channel, someone), channel=channel)

    def of_channel_now(self, channel: str) -> Audience:
        """The same, from what Slack says of the channel at this moment and not from what it said before."""
        self._directory.forget(channel)
        return self.of_channel(channel)

    def of_person(self, user: str) -> Audience:
        """What this person may see, alone."""
        if not self._labels.now() and self.floor:
            return self.floor
        return self._or_less(lambda: self._of_person(user), user=user)

    def shown_to(self, asked: Asked, user: str) -> Audience:
        """What this person may be shown of the reply to a question: it may have been another's, and shared since."""
        audience = self.of(asked)
        if asked.surface not in PRIVATE_SURFACES or asked.user == user:
            return audience
        return audience & self.of_person(user)

    def of_words_said_in(self, channel: str) -> Audience:
        """Who may see what was said in a conversation: everyone, of a public channel; its members, of another; else
        nobody. For documents that are made of it."""
        place = self._place(channel)
        if place is None or not place.is_channel:
            return NOBODY
        return PUBLIC if place.is_ours and not place.is_private else frozenset({f"#{channel}"})

    def promptly(self, look: Callable[[], Audience]) -> Audience:
        """What `look` finds within PROMPT_SECONDS; where that takes longer, what anyone may see."""
        try:
            return self._pool.submit(look).result(PROMPT_SECONDS)
        except TooLateError:
            _log.info("audience.not_known_in_time")
            return self.floor

    def moved(self, channel: str, user: str) -> None:
        """Somebody has come to a channel, or left it."""
        self._directory.moved(channel, user)

    def warm(self) -> None:
        """Look who there is to see documents before anyone asks."""
        self._labels.now()

    def stop(self) -> None:
        """Look for nobody any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._standings.stop()

    def _or_less(self, look: Callable[[], Audience], **of: str) -> Audience:
        try:
            return look()
        except NotKnownError as error:
            _log.warning("audience.not_known", error=str(error), **of)
            return self.floor

    def _of_channel(self, channel: str, someone: str | None) -> Audience:
        place = self._directory.place(channel)
        if not place.is_ours:
            return self.floor
        covering = self._covering(place, someone)
        if not covering and self.floor:
            return self.floor
        people = self._directory.members(channel) - {self._us}
        if not self._standings.all_are(people, frozenset({"member", "bot", "gone"})):
            return self.floor
        return PUBLIC | covering

    def _covering(self, place: Place, someone: str | None) -> Audience:
        """The names that everyone in this channel is behind."""
        labels = self._labels.now()
        own = self._meant({(place.id, place.name)}, labels)
        others = labels - {f"#{place.id}", f"#{place.name}"}
        if not others:
            return own
        witness = someone or self._somebody_in(place)
        if witness is None or self._standings.of(witness) != "member":
            return own
        covering = set(own)
        for label, people in self._behind(witness, others):
            enough = place.size <= len(people) + _BOTS_IN_A_CHANNEL
            if enough and self._all_behind(place, people):
                covering.add(label)
        return frozenset(covering)

    def _behind(self, witness: str, labels: Audience) -> Iterator[tuple[str, frozenset[str]]]:
        """Those of the names that this person is behind, each with all who are. One that Slack does not tell of is
        left out: it covers no channel."""
        for id, name in sorted(self._channels_of(witness, labels)):
            for label in self._meant({(id, name)}, labels):
                try:
                    yield label, self._directory.members(id)
                except NotKnownError as error:
                    _log.info("audience.not_known", error=str(error), channel=id)
        yield from ((label, people) for label, people in self._groups(labels) if witness in people)

    def _all_behind(self, place: Place, people: frozenset[str]) -> bool:
        missing = self._directory.members(place.id) - people - {self._us}
        return len(missing) <= _BOTS_IN_A_CHANNEL and self._standings.all_are(missing, frozenset({"bot", "gone"}))

    def _somebody_in(self, place: Place) -> str | None:
        people = (user for user in sorted(self._directory.members(place.id)) if user != self._us)
        return next((user for user in people if self._standings.of(user) not in ("bot", "gone")), None)

    def _of_person(self, user: str) -> Audience:
        if self._standings.of(user) != "member":
            return self.floor
        labels = self._labels.now()
        return PUBLIC | self._channels_behind(user, labels) | self._groups_behind(user, labels)

    def _channels_behind(self, user: str, labels: Audience) -> Audience:
        try:
            return self._meant(self._channels_of(user, labels), labels)
        except NotKnownError as error:
            _log.warning("audience.not_known", error=str(error), user=user)
            return NOBODY

    def _groups_behind(self, user: str, labels: Audience) -> Audience:
        return frozenset(label for label, people in self._groups(labels) if user in people)

    def _channels_of(self, user: str, labels: Audience) -> frozenset[tuple[str, str]]:
        named = frozenset(label[1:] for label in labels if label.startswith("#"))
        return self._directory.channels_of(user, named) if named else frozenset()

    def _groups(self, labels: Audience) -> Iterator[tuple[str, frozenset[str]]]:
        """The names that mean user groups, each with who is in it. What Slack does not tell of is left out."""
        named = sorted(label for label in labels if label.startswith("@"))
        if not named:
            return
        try:
            groups = self._directory.groups()
            by_name = {**{id: id for id in groups.values()}, **groups}
            for label in named:
                id = by_name.get(label[1:])
                if id is not None and self._means(label, id):
                    yield label, self._directory.group_members(id)
        except NotKnownError as error:
            _log.warning("audience.not_known", error=str(error))

    def _meant(self, channels: frozenset[tuple[str, str]] | set[tuple[str, str]], labels: Audience) -> Audience:
        """The names that mean one of these channels (id and name)."""
        return frozenset(
            label
            for id, name in channels
            for label in (f"#{id}", f"#{name}")
            if label in labels and self._means(label, id)
        )

    def _means(self, label: str, id: str) -> bool:
        """Whether the name means what has this id. A name that has come to be another's means nothing any more."""
        if label[1:] == id or self._pins.holds(label, id):
            return True
        if (label, id) not in self._taken:
            self._taken.add((label, id))
            todo = f"If it is right now: `lore audience forget '{label}'`. Better: write the id in place of the name."
            _log.warning("audience.name_taken", name=label, now=id, todo=todo)
        return False

    def _place(self, channel: str) -> Place | None:
        try:
            return self._directory.place(channel)
        except NotKnownError as error:
            _log.warning("audience.not_known", error=str(error), channel=channel)
            return None


class _Labels:
    """The names in the documents' audiences, looked up once in a while."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._until = 0.0
        self._names: Audience = NOBODY
        self._looking = threading.Lock()

    def now(self) -> Audience:
        """The channels and user groups that any document is kept to."""
        with self._looking:
            begun = time.monotonic()
            if begun >= self._until:
                self._names = everyone_known(self._database) - {EVERYONE}
                ended = time.monotonic()
                self._until = ended + max(_LABELS_SECONDS, (ended - begun) * _LABELS_SHARE)
            return self._names
