"""What people saved from Slack: each saved answer is a document, its title the question, who answered it, and when."""

import json
from collections.abc import Iterator
from datetime import datetime

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from storage.database import Database
from storage.document import PUBLIC, Audience
from storage.saved_answers import SavedAnswers

LONGEST_TITLE = 150
"""Characters: as much of a title as a citation shows."""

_LONGEST_NAME = 60


class AnswersConnector:
    """The saved answers of Lore's own `database`, which whoever constructs the connector hands over."""

    def __init__(self, database: Database) -> None:
        self._saved = SavedAnswers(database)

    def list(self) -> Iterator[DocumentRef]:
        """Every saved answer that was not removed. Raises DatabaseError where the database is at fault."""
        for one in self._saved.list():
            revision = one.saved_at.isoformat()
            title = _title(one.question, one.author_name, one.said_at)
            changed = one.said_at or one.saved_at
            yield DocumentRef(one.permalink, one.permalink, title, revision, _own(one.audience), changed)

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The answer as Markdown, below its question where that is too long to be a title.

        Raises ConnectorError where it was removed.
        """
        saved = self._saved.find(ref.id)
        if saved is None:
            raise ConnectorError("The answer was removed after it was listed: the next sync will notice.")
        title = _title(saved.question, saved.author_name, saved.said_at)
        # The title in front matter: one without would be taken from the answer's first heading.
        parts = [f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---", saved.answer]
        if not title.startswith(saved.question.strip()):
            parts.insert(1, saved.question)
        return RawDocument("\n\n".join(parts).encode(), "answer.md", "text/markdown; charset=utf-8")


def _title(question: str, author: str | None, said_at: datetime | None) -> str:
    """The question on one line, with who answered it and when, by which a citation names them."""
    name = None if author is None else _cut(author, _LONGEST_NAME)
    date = None if said_at is None else f"{said_at.day} {said_at:%B %Y}"
    whose = ", ".join(part for part in (name, date) if part)
    return f"{_cut(question, LONGEST_TITLE - len(whose) - 3)} ({whose})" if whose else _cut(question, LONGEST_TITLE)


def _cut(text: str, length: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 1].rsplit(" ", 1)[0] + "…"


def _own(audience: Audience) -> Audience | None:
    """None where everyone may see the place it was said in: then the source's audience holds, which may be narrower."""
    return None if audience >= PUBLIC else audience
