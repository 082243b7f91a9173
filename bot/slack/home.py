"""`app_home_opened`: the home tab of one person, made anew each time that they open it."""

from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from bot.answer_evaluation.runs import EvaluationRuns
from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from bot.slack.failures import advice
from bot.slack.home_answers import answers_blocks
from bot.slack.home_health import SourceHealth, health_blocks
from bot.slack.home_view import HomeFacts, broken_home, home_view
from bot.slack.members import Members
from bot.slack.payloads import HomeOpened
from bot.slack.reply import new_error_id
from bot.slack.setup import Identity
from bot.slack.sight import Sight
from bot.slack.upkeep import Upkeep
from ingestion.failures import failures
from ingestion.source_status import SourceStatus, source_statuses
from storage.database import Database
from storage.document import Audience
from storage.recent_questions import recent_questions
from storage.visible_documents import visible_counts, visible_documents

_log = structlog.get_logger(__name__)

QUESTIONS = 10
FAILURES = 200
"""Documents that could not be read of which the home tab of an admin is made; it shows the first of each source."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Home:
    """Makes home tabs. `client` publishes them. Safe to share between threads."""

    database: Database
    client: WebClient
    identity: Identity
    sight: Sight
    members: Members
    upkeep: Upkeep

    def publish(self, user: str) -> None:
        """Show the person their home tab as things are now; where it cannot be made, say so there. Never raises."""
        try:
            view = self._view(user)
        except Exception as error:  # noqa: BLE001 - the outermost layer: the person is told
            error_id = new_error_id()
            _log.error("home.broke", error_id=error_id, exc_info=error)
            view = broken_home(error_id)
        try:
            self.client.views_publish(user_id=user, view=view)
        except WIRE_ERRORS as error:
            _log.warning("home.not_published", error=error_code(error), todo=advice(error_code(error)))

    def _view(self, user: str) -> Json:
        audience = self.sight.of_person(self.identity.team_id, user)
        counts = visible_counts(self.database, audience)
        statuses = source_statuses(self.database, self.upkeep.configured)
        health: list[Json] = []
        if self.members.of(user).is_admin:
            health = answers_blocks(EvaluationRuns(self.database).latest())
            health += health_blocks(self._health(statuses, counts, audience))
        facts = HomeFacts(
            bot=self.identity.user_id,
            workspace_url=self.identity.url,
            sources=[(status, counts[status.name]) for status in statuses if status.name in counts],
            questions=recent_questions(self.database, self.identity.team_id, user, QUESTIONS),
        )
        return home_view(facts, health)

    def _health(self, statuses: list[SourceStatus], counts: dict[str, int], audience: Audience) -> list[SourceHealth]:
        """Every source; of what the admin may not see, no more than that it is well or not."""
        failed = failures(self.database, limit=FAILURES)
        shown = visible_documents(self.database, {(each.source, each.document) for each in failed}, audience)
        return [
            SourceHealth(
                status=status,
                visible=status.name in counts or bool(status.audience & audience),
                failures=[
                    each for each in failed if each.source == status.name and (each.source, each.document) in shown
                ],
            )
            for status in statuses
        ]


def register(app: App, home: Home, errands: Errands) -> None:
    """Publish the home tab whenever it is opened. The event is acknowledged at once."""

    @app.event("app_home_opened")
    def app_home_opened(event: dict[str, Any]) -> None:
        opened = HomeOpened.model_validate(event)
        if opened.tab == "home":
            errands.run(lambda: home.publish(opened.user))
