"""`/lore sync <source>`: an admin has a source synced now, and is told privately how it goes."""

import threading
import time
from dataclasses import dataclass, field

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.members import Members
from bot.slack.payloads import SlashCommand
from bot.slack.response_url import VALID_SECONDS, respond
from bot.slack.sight import Sight
from bot.slack.source_syncs import SourceSyncs
from bot.slack.source_words import source_name
from bot.slack.subcommands.table import Subcommand
from bot.slack.why_blocks import Words
from bot.slack.words import line
from storage.database import Database
from storage.visible_documents import visible_counts

_log = structlog.get_logger(__name__)

ADMINS_ONLY = "Only admins of the workspace can start a sync. Sources are synced on their schedule by themselves."
_USES = 4
"""Of the command's address, besides the one that said that the sync begins."""
_SPARE_SECONDS = 60


def sync(database: Database, members: Members, sight: Sight, syncs: SourceSyncs, client: WebClient) -> Subcommand:
    """The subcommand; `client` writes to the admin directly where the command's address is used up."""

    def run(command: SlashCommand, rest: str) -> Words | None:
        if not members.of(command.user_id).is_admin:
            return line(ADMINS_ONLY)
        names = syncs.names
        if not names:
            return line("No source can be synced from here.")
        name = next((one for one in names if one.lower() == rest.lower()), None)
        if name is None:
            known = ", ".join(f"`{source_name(one)}`" for one in names)
            return line(f"Which source? Write `/lore sync` and its name. There is: {known}.")
        audience = sight.of_person(command.team_id, command.user_id)
        seen = bool(audience & syncs.audience(name)) or name in visible_counts(database, audience)
        # Told before it is begun: a sync with nothing to do ends at once, and its end comes last.
        respond(command.response_url, (begins := line(f"Syncing *{source_name(name)}*.")).text, begins.blocks)
        if not syncs.start(name, _PrivateNews(command, client).tell, counts=seen):
            return line("Lore is being stopped; try again in a minute.")
        return None

    return Subcommand("sync", "syncs a source now, for admins", run, takes="<source>")


@dataclass
class _PrivateNews:
    """Tells the person who ran a command, by its address as long as that is good, else in a direct message."""

    command: SlashCommand
    client: WebClient
    _begun: float = field(default_factory=time.monotonic, init=False)
    _used: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def tell(self, text: str) -> None:
        """Raises what Slack's client raises."""
        words = line(text)
        with self._lock:
            self._used += 1
            good = self._used <= _USES and time.monotonic() - self._begun < VALID_SECONDS - _SPARE_SECONDS
        if good:
            try:
                respond(self.command.response_url, words.text, words.blocks)
            except WIRE_ERRORS as error:
                _log.info("sync.address_refused", error=error_code(error))
            else:
                return
        self.client.chat_postMessage(channel=self.command.user_id, text=words.text, blocks=words.blocks)
