"""What a person names as the right source: documents that they may see, by a name that means no other."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, unquote, urldefrag

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from learning.named_documents import documents_named
from learning.votes import FEWEST_WORDS
from storage.database import Database
from storage.document import Audience
from storage.knowledge import DocumentLink
from storage.storable import storable
from storage.tables import DocumentRow

DocumentKey: TypeAlias = tuple[str, str]
"""The source's name, and the document's id in it."""

_LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s<>|]+", re.IGNORECASE)
_AFTER_A_LINK = ".,;:!?)]}>\"'”’"


@dataclass(frozen=True)
class Named:
    """A document that a correction can name, and the words that name it."""

    document: DocumentLink
    correction: str


@dataclass(frozen=True)
class OwnWords:
    """A correction in a person's own words."""

    correction: str


@dataclass(frozen=True)
class Corrections:
    """Makes corrections that `learning.votes` reads as they were meant. Safe to share between threads."""

    database: Database

    def of_documents(self, documents: Sequence[DocumentKey], audience: Audience) -> list[Named]:
        """Of these documents, in their order, those that are there now, that `audience` may see and that have a name.

        A document has a name of its own where no other has the same URL, or none the same id.
        """
        query = (
            select(DocumentRow)
            .where(DocumentRow.external_id.in_({id for _, id in documents}))
            .options(selectinload(DocumentRow.source))
        )
        with self.database.session() as session:
            rows = {(row.source.name, row.external_id): row for row in session.scalars(query)}
            found = [rows[key] for key in dict.fromkeys(documents) if key in rows]
            return list(_named(session, [row for row in found if visible(row, audience)]))

    def of_words(self, words: str, audience: Audience) -> Named | OwnWords | None:
        """What a person wrote: the id or URL of a document, a text with such a URL in it, or else their own words.

        None for a link or an id of no document, or, which looks the same, of one that `audience` may not see; and for
        fewer than FEWEST_WORDS words.
        """
        words = storable(words).strip()
        links = [link.rstrip(_AFTER_A_LINK) for link in _LINK.findall(words)]
        with self.database.session() as session:
            for written in ([words], *([*_spellings(link)] for link in links)):
                rows = documents_named(session, written, selectinload(DocumentRow.source))
                known = [row for name in written if (row := rows.get(name)) is not None]
                if found := next(_named(session, [row for row in known if visible(row, audience)]), None):
                    return found
                if written == [words] and rows:
                    return None
        return OwnWords(words) if not links and len(words.split()) >= FEWEST_WORDS else None


def visible(row: DocumentRow, audience: Audience) -> bool:
    """Whether somebody of `audience` may see the document."""
    return bool(audience & set(row.audience))


def _named(session: Session, rows: Sequence[DocumentRow]) -> Iterator[Named]:
    """The rows that have a name of their own: the URL, if it means no other document, else the id."""
    bearers = documents_named(session, {name for row in rows for name in (row.url, row.external_id)})
    for row in rows:
        for name in (row.url, row.external_id):
            # A name of many words would be read as a person's own words once its document is gone.
            readable = name.strip() == name and 0 < len(name.split()) < FEWEST_WORDS
            if readable and bearers.get(name) is row:
                yield Named(DocumentLink(row.external_id, row.title, row.url, row.source.name), name)
                break


def _spellings(link: str) -> Iterator[str]:
    """A link as documents may have it, the likeliest first: as it is, without its part after #, with or without the
    last slash, in the other of http and https, with its characters quoted or not."""
    spellings: dict[str, None] = {}
    for part in (link, urldefrag(link).url):
        for scheme in (part, _other_scheme(part)):
            for end in (scheme, scheme[:-1] if scheme.endswith("/") else scheme + "/"):
                for spelling in (end, unquote(end), quote(unquote(end), safe="!#$%&'*+,-./:;=?@[]_~()")):
                    spellings[spelling] = None
    return iter(spellings)


def _other_scheme(link: str) -> str:
    scheme, separator, rest = link.partition("://")
    other = {"http": "https", "https": "http"}.get(scheme.lower())
    return f"{other}{separator}{rest}" if other else link
