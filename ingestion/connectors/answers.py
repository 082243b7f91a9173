"""What people saved from Slack: each saved answer is a document, its question the title."""

import json
from collections.abc import Iterator

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from storage.database import Database
from storage.document import PUBLIC, Audience
from storage.saved_answers import SavedAnswers

LONGEST_TITLE = 200


class AnswersConnector:
    """The saved answers of Lore's own `database`, which whoever constructs the connector hands over."""

    def __init__(self, database: Database) -> None:
        self._saved = SavedAnswers(database)

    def list(self) -> Iterator[DocumentRef]:
        """Every saved answer that was not removed. Raises DatabaseError where the database is at fault."""
        for one in self._saved.list():
            revision = one.saved_at.isoformat()
            yield DocumentRef(one.permalink, one.permalink, _title(one.question), revision, _own(one.audience))

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The answer as Markdown, below its question where that is too long to be a title.

        Raises ConnectorError where it was removed.
        """
        saved = self._saved.find(ref.id)
        if saved is None:
            raise ConnectorError("The answer was removed after it was listed: the next sync will notice.")
        title = _title(saved.question)
        # The title in front matter: one without would be taken from the answer's first heading.
        parts = [f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---", saved.answer]
        if title != saved.question.strip():
            parts.insert(1, saved.question)
        return RawDocument("\n\n".join(parts).encode(), "answer.md", "text/markdown; charset=utf-8")


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _own(audience: Audience) -> Audience | None:
    """None where everyone may see the place it was said in: then the source's audience holds, which may be narrower."""
    return None if audience >= PUBLIC else audience
