"""The errors whose message is all that a person at a terminal needs: what happened, to what, and what to do."""

from bot.control import ServiceError
from bot.settings import SettingsError
from bot.slack.errors import SlackSetupError
from ingestion.source_rows import UnknownSourceError
from ingestion.sync import SyncError
from learning.evaluate import EvaluationError
from learning.learn import LearningError
from learning.training import TrainingError
from learning.triplet_lines import TripletFileError
from storage.database_error import DatabaseError
from storage.embedder import EmbedderError
from storage.index import KnowledgeIndexError
from storage.versions import VersionError


class BenchError(Exception):
    """The bench could not be run; the message says why."""


PLAIN_ERRORS = (
    BenchError,
    DatabaseError,
    EmbedderError,
    EvaluationError,
    KnowledgeIndexError,
    LearningError,
    ServiceError,
    SettingsError,
    SlackSetupError,
    SyncError,
    TrainingError,
    TripletFileError,
    UnknownSourceError,
    VersionError,
)
