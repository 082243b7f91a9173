"""A small office in a knowledge base with the real model, where BM25 falls for politeness, and people who vote on it.

Every question says hello and thanks, as one page does, which therefore is found first. The page that answers is found
by what is meant, so that a greater weight of the cosine is a gain that any training finds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.simulated_votes import Behaviour, Voted, cast, honest_votes, record_answer
from learning.general_set import General, read_general
from learning.learn import Learner
from learning.recipe import Recipe
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Chunk, Document
from storage.embedder import Embedder, SentenceTransformerEmbedder
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.questions import Answer, Citation, QuestionLog
from storage.tables import SourceRow
from tests.embedders import real_embedder

POLITE = "Hi team, thanks a lot:"

PAGES = {
    "chat.md": "Chat etiquette: say hi team, and thanks a lot. Hi team, thanks a lot!",
    "pay.md": "Salaries arrive on the 25th of each month.",
    "leave.md": "Everyone has 27 days of holiday a year.",
    "pets.md": "Well-behaved animals are welcome on Fridays.",
    "kitchen.md": "Facilities mends the coffee machine and other appliances.",
    "devices.md": "Report a stolen laptop to security at once.",
    "bills.md": "Suppliers send invoices to accounts payable.",
    "bicycles.md": "Cyclists lock their bikes in the cellar.",
    "health.md": "Phone your manager before nine if you are ill.",
    "visitors.md": "Guests sign in at reception and wear a badge.",
    "fire.md": "Leave the building by the stairs when the alarm rings.",
    "training.md": "Each employee may spend 1,000 euros on courses.",
    "printing.md": "The copier on the second floor prints in colour.",
}
QUESTIONS = {
    "when is payday?": "pay.md",
    "has my wage been transferred yet?": "pay.md",
    "how long may I go on vacation?": "leave.md",
    "what is our annual time off?": "leave.md",
    "can my dog come along?": "pets.md",
    "is a cat at work okay?": "pets.md",
    "who repairs the espresso maker?": "kitchen.md",
    "the dishwasher broke, what now?": "kitchen.md",
    "my computer was taken by a thief": "devices.md",
    "I lost my notebook on the train": "devices.md",
    "where does a vendor's bill go?": "bills.md",
    "who settles what a contractor charges?": "bills.md",
    "where to park my two-wheeler?": "bicycles.md",
    "is there a safe place for my cycle?": "bicycles.md",
    "I have the flu, whom do I tell?": "health.md",
    "calling in sick, how?": "health.md",
    "a client comes by, what must they do?": "visitors.md",
    "how do I let an outsider in?": "visitors.md",
    "it burns, which way out?": "fire.md",
    "evacuation, may we take the elevator?": "fire.md",
    "is there a budget for a seminar?": "training.md",
    "who pays for my further education?": "training.md",
    "where do I get a red and blue page on paper?": "printing.md",
    "how can I photocopy a picture?": "printing.md",
}
TINY = Recipe(epochs=1, batch=8)
"""As little as is a training at all."""


@dataclass(frozen=True)
class Home:
    """The parts that learning needs."""

    folder: Path
    database: Database
    knowledge: KnowledgeBase
    log: QuestionLog

    def learner(self, recipe: Recipe = TINY) -> Learner:
        """One that judges by a tenth of the general set, too few to guard anything."""
        return Learner(
            self.database, self.knowledge, a_little_of_everything(), self.folder / "learning", "cpu", recipe=recipe
        )

    def found(self, question: str) -> list[str]:
        """The documents, best first."""
        found = self.knowledge.search(question, PUBLIC, 20).passages
        return list(dict.fromkeys(passage.document.id for passage in found))


@contextmanager
def opened(folder: Path, index_folder: Path) -> Iterator[Home]:
    """The home in a folder."""

    def load(base: str, tensors: bytes, name: str) -> Embedder:
        return SentenceTransformerEmbedder(base, "cpu", tensors=tensors, name=name)

    folder.mkdir(parents=True, exist_ok=True)
    database = Database.open(f"sqlite:///{folder / 'lore.db'}")
    index = EdgeIndex(index_folder, "the tests")
    try:
        knowledge = KnowledgeBase(database, index, real_embedder(), Bm25Encoder(), load)
        knowledge.open()
        yield Home(folder, database, knowledge, QuestionLog(database))
    finally:
        index.close()
        database.close()


def a_little_of_everything() -> General:
    """Twelve questions of the general set."""
    every = read_general()
    rows = every.right[:12]
    return General(every.questions[:12], tuple(every.passages[row] for row in rows), tuple(range(12)))


def fill(home: Home) -> None:
    """Write the office's pages into the knowledge base."""
    with home.database.session() as session:
        source = SourceRow(name="office", connector="files", audience=["everyone"])
        session.add(source)
        session.flush()
        source_id = source.id
    home.knowledge.write(source_id, [_document(id, text) for id, text in PAGES.items()])


def vote(home: Home) -> None:
    """Ask each question; people name the right page where a wrong one is found first."""
    cast(home.database, honest_votes(ask(home), list(PAGES), Behaviour(), 0))


def ask(home: Home) -> list[Voted]:
    """Ask each question and answer it by what is found first."""
    voted = []
    for number, (question, page) in enumerate(QUESTIONS.items()):
        asked = f"{POLITE} {question}"
        found = home.knowledge.search(asked, PUBLIC, 10)
        first = found.passages[0]
        cites = (Citation(1, first),)
        answer = Answer(asked, "answered", "So [1].", cites, 0.9, "", found.passages, {}, found.model, None)
        voted.append(Voted(record_answer(home.log, number, asked, answer), frozenset({first.document.id}), (page,)))
    return voted


def _document(id: str, text: str) -> Document:
    title = id.removesuffix(".md").capitalize()
    return Document(
        id=id,
        title=title,
        url=f"https://office.example/{id}",
        revision="1",
        content_hash="0" * 64,
        markdown=text,
        audience=PUBLIC,
        chunks=(Chunk((title,), text, f"{title}\n{text}"),),
    )
