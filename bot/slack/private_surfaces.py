"""What people see of Lore besides its replies in threads: `/lore`, shared answers, the shortcut, the home tab, the
assistant pane; made and joined."""

from dataclasses import dataclass

from slack_bolt import App

from bot.slack import assistant_pane, commands, home, message_shortcut, private_buttons
from bot.slack.assistant_pane import AssistantPane
from bot.slack.audience import Audiences
from bot.slack.channel_settings import SettingsForms
from bot.slack.clients import Clients
from bot.slack.errands import Errands
from bot.slack.home import Home
from bot.slack.intake import Intake
from bot.slack.members import Members
from bot.slack.prompts import Prompts, PublicChannels
from bot.slack.setup import Identity
from bot.slack.sharing import Sharing
from bot.slack.sight import Sight
from bot.slack.source_syncs import SourceSyncs
from bot.slack.subcommands.feedback import feedback
from bot.slack.subcommands.help import help_for
from bot.slack.subcommands.settings import settings
from bot.slack.subcommands.sources import sources
from bot.slack.subcommands.status import status
from bot.slack.subcommands.sync import sync
from bot.slack.subcommands.table import Subcommand, Subcommands
from bot.slack.upkeep import Upkeep
from storage.questions import QuestionLog
from storage.shared_answers import SharedAnswers


@dataclass(frozen=True)
class PrivateSurfaces:
    """The parts that others have to do with: the pane, and the syncs that have to be stopped."""

    pane: AssistantPane
    syncs: SourceSyncs


def register(
    app: App,
    intake: Intake,
    log: QuestionLog,
    identity: Identity,
    clients: Clients,
    audiences: Audiences,
    errands: Errands,
    upkeep: Upkeep,
    forms: SettingsForms,
) -> PrivateSurfaces:
    """Listen to all of them. No acknowledgement waits for `audiences`."""
    database, sight, members = log.database, Sight(audiences), Members(clients.brief)
    syncs = SourceSyncs(upkeep.syncs, upkeep.sources)
    subcommands: list[Subcommand] = [
        sources(database, upkeep, sight),
        status(database, upkeep, sight, intake.workers.waiting),
        feedback(database),
        sync(database, members, sight, syncs, clients.posting),
        settings(forms),
    ]
    listed = Subcommands([*subcommands, help_for(subcommands)])
    commands.register(app, intake, identity.user_id, listed, errands)
    message_shortcut.register(app, intake, identity.user_id, errands)
    sharing = Sharing(log, SharedAnswers(database), sight, clients, identity)
    private_buttons.register(app, sharing, errands)
    home.register(app, Home(database, clients.repeating, identity, sight, members, upkeep), errands)
    prompts = Prompts(database, identity.team_id, PublicChannels(clients.brief), sight, members)
    pane = AssistantPane(database, clients.brief, prompts, errands)
    assistant_pane.register(app, pane)
    return PrivateSurfaces(pane, syncs)
