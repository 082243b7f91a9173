"""Answerer: a question's way to its answer, in a straight line: retrieve, write, ground."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from bot.answering.abstention import not_found
from bot.answering.age import age_remark
from bot.answering.confidence import ConfidenceOf, shipped
from bot.answering.conflicts import Conflict
from bot.answering.context import ALONE, Context
from bot.answering.disagreement import record_of, told, with_cited, without
from bot.answering.entailment import Entailment, GroundingModelError
from bot.answering.follow_up import made_to_stand_alone
from bot.answering.gist import Gist
from bot.answering.ground import Grounder
from bot.answering.pack import pack
from bot.answering.quote import MOST_WORDS, quote
from bot.answering.reply import OnText, Reply
from bot.answering.retrieve import Retrieved, Retriever, is_a_question
from bot.answering.words import count_words
from bot.answering.write import PROMPT, LanguageModel, LanguageModelError, draft
from storage.conflicts import ConflictLog
from storage.document import Audience
from storage.knowledge import KnowledgeBase, Passage
from storage.neighbours import Neighbours
from storage.questions import Answer

NO_DOCUMENTS = (
    "I have no documents to search yet. Whoever looks after me can name a source in lore.toml and run `lore sync`."
)

ONLY_NEWEST = "_This thread is long: I read only its newest {} messages._"

_log = structlog.get_logger(__name__)


class Answerer:
    """Answers questions from the knowledge base. Safe to share between threads.

    Without a language model, it quotes.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        llm: LanguageModel | None,
        confidence_of: ConfidenceOf = shipped,
        met: ConflictLog | None = None,
        stale_after: timedelta | None = None,
        entailment: Entailment | None = None,
    ) -> None:
        """Conflicts that are `met` are noted there. Answers say so that rest on nothing younger than `stale_after`."""
        self._met = met
        self._stale_after = stale_after
        self._knowledge = knowledge
        self._entailment = entailment
        self._llm = llm
        self._retriever = Retriever(knowledge, confidence_of)

    def answer(
        self, question: str, audience: Audience, on_text: OnText | None = None, context: Context = ALONE
    ) -> Answer:
        """The answer, from what somebody of `audience` may see. Never raises: a failure is an answer of that kind.

        `on_text` is told the text piece by piece as it is found, each final; together they are the answer's text.
        """
        reply = Reply(question, self._knowledge.embedder.name, self._llm.name if self._llm else None, on_text)
        try:
            self._answer(reply, audience, context)
        except Exception as error:  # noqa: BLE001  # whatever it is, the person is told, and the log says more
            reply.fail(error)
        return reply.finished()

    def _answer(self, reply: Reply, audience: Audience, context: Context) -> None:
        asked = made_to_stand_alone(reply.question, context, self._llm, self._knowledge.embedder)
        reply.searched = asked.text
        if asked.prompt is not None:
            reply.prompts.append(asked.prompt)
        self._answer_alone(reply, audience, context)
        if asked.only_newest is not None:
            reply.add(ONLY_NEWEST.format(asked.only_newest))

    def _answer_alone(self, reply: Reply, audience: Audience, context: Context) -> None:
        if not is_a_question(reply.searched):
            reply.abstain(
                "I need a bit more to go on. Ask me a whole question, such as “How do I book a meeting room?”",
                "There is no word in the question to look for.",
            )
            return
        retrieved = self._retriever.retrieve(reply.searched, audience, context.sources)
        reply.found(retrieved)
        if not retrieved.passages and not self._knowledge.count_chunks():
            reply.abstain(NO_DOCUMENTS, "The knowledge base is empty.")
            return
        if not retrieved.may_answer:
            reply.abstain(not_found(reply.question, retrieved.passages), _unlikely(retrieved))
            return
        if self._llm is None:
            self._quote(reply, retrieved, _likely(retrieved))
        else:
            self._write(reply, retrieved, self._llm, audience, context.language)
        remark = age_remark(reply.citations, self._stale_after, datetime.now(UTC))
        if remark is not None:
            reply.add(remark)

    def _quote(self, reply: Reply, retrieved: Retrieved, why: str) -> None:
        conflicts = self._conflicts(reply, retrieved)
        statements = [statement for conflict in conflicts for statement in told(conflict)]
        rest = list(retrieved.evidence)
        for conflict in conflicts:
            rest = without(rest, conflict)
        quoted = quote(rest)
        if not conflicts or count_words(" ".join(one.text for one in (*statements, *quoted))) <= MOST_WORDS:
            statements += quoted
        if statements:
            reply.say_all(statements)
            reply.answered(f"{why} The sentences that answer it best are quoted.")
        else:
            reply.abstain(
                not_found(reply.question, retrieved.passages), f"{why} They have no sentence that can be quoted."
            )

    def _write(
        self, reply: Reply, retrieved: Retrieved, llm: LanguageModel, audience: Audience, language: str | None
    ) -> None:
        """Say what the model drafts, as far as passages support it; where that is nothing, quote."""
        grounder: Grounder | None = None
        try:
            shown = pack(llm, reply.searched, retrieved.passages, language, partial(self._around, audience))
            gist = Gist(reply.searched, retrieved.evidence)
            grounder = Grounder(shown, self._knowledge.embedder, gist, self._entailment)
            reply.prompts.append(PROMPT)
            reply.say_all(grounder.ground(draft(llm, reply.searched, shown, language)))
        except (LanguageModelError, GroundingModelError) as error:
            if reply.has_begun:
                raise
            _log.warning("draft_failed", llm=llm.name, error=str(error))
            self._quote(reply, retrieved, f"{error} So the documents are quoted.")
            return
        finally:
            if grounder is not None:
                reply.took_to_ground(grounder.ms)
        if reply.has_begun:
            reply.say_all(one for conflict in self._conflicts(reply, retrieved) for one in told(conflict))
            reply.answered(f"{_likely(retrieved)} {llm.name} wrote it; {_dropped(grounder)}.")
        elif grounder.says_unknown:
            reply.abstain(not_found(reply.question, retrieved.passages), f"{llm.name} found no answer in the passages.")
        elif grounder.beside:
            self._quote(reply, retrieved, f"What {llm.name} wrote is in the passages, but answers something else.")
        else:
            self._quote(reply, retrieved, f"No sentence that {llm.name} wrote is supported by a passage.")

    def _around(self, audience: Audience, passages: Sequence[Passage]) -> dict[str, Neighbours]:
        return self._knowledge.neighbours(passages, audience)

    def _conflicts(self, reply: Reply, retrieved: Retrieved) -> list[Conflict]:
        """Where the documents disagree, noted for whoever keeps them. An answer is none the worse without."""
        begun = time.perf_counter()
        try:
            conflicts = self._retriever.conflicts(reply.searched, retrieved)
            if conflicts and self._met is not None:
                self._met.record([record_of(conflict) for conflict in conflicts])
        except Exception as error:  # noqa: BLE001  # what was said stands, whatever this fails of
            _log.warning("conflicts.not_told", question=reply.question[:200], exc_info=error)
            return []
        finally:
            reply.took_to_compare((time.perf_counter() - begun) * 1e3)
        for conflict in conflicts:
            reply.cites(with_cited(retrieved.passages, conflict))
        return conflicts


def _likely(retrieved: Retrieved) -> str:
    return f"The passages hold the answer with a probability of {retrieved.confidence:.2f}."


def _unlikely(retrieved: Retrieved) -> str:
    if not retrieved.passages:
        return "No document that the asker may see was found."
    return f"{_likely(retrieved)} That is too little."


def _dropped(grounder: Grounder) -> str:
    count = len(grounder.dropped)
    return "every sentence is supported" if not count else f"{count} of its sentences had no support and were left out"
