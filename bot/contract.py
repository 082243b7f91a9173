"""The JSON that `lore … --json` prints and that scripts rely on: a change here is a change for users."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.answering.calibrate import Calibrated
from bot.answering.confidence import SHIPPED
from ingestion.removal import Removed
from ingestion.source_status import RunningSync, SourceStatus
from ingestion.sync import SyncReport
from learning.learn import Outcome
from learning.runs import RunInfo
from storage.knowledge import DocumentLink, Found, Passage
from storage.questions import Answer
from storage.versions import VersionInfo

Json = dict[str, Any]


def document_json(document: DocumentLink) -> Json:
    """{"id", "title", "url", "source", "changed_at"}; the last is ISO 8601, None where it is not known."""
    return {
        "id": document.id,
        "title": document.title,
        "url": document.url,
        "source": document.source,
        "changed_at": _moment(document.changed_at),
    }


def passage_json(passage: Passage) -> Json:
    """{"rank", "document", "url", "heading", "text", "scores": {"dense", "bm25", "fused", "votes"}}; "reranked" is in
    the scores too where a reranking model read the passage."""
    scores = passage.scores
    names = ("dense", "bm25", "fused", "votes", *(("reranked",) if scores.reranked is not None else ()))
    return {
        "rank": passage.rank,
        "document": document_json(passage.document),
        "url": passage.url,
        "heading": " > ".join(passage.heading),
        "text": passage.text,
        "scores": {name: round(getattr(scores, name), 4) for name in names},
    }


def felt_votes_json(passages: Sequence[Passage]) -> list[Json]:
    """Which votes moved these passages: [{"rank", "document", "votes", "question"}], with the voted question."""
    return [
        {
            "rank": passage.rank,
            "document": document_json(passage.document),
            "votes": round(passage.scores.votes, 4),
            "question": passage.nudge.because,
        }
        for passage in passages
        if passage.nudge is not None
    ]


def answer_json(answer: Answer) -> Json:
    """What `lore ask` prints: kind, text with [n], the numbered citations, confidence, passages, timings, models."""
    return {
        "question": answer.question,
        "kind": answer.kind,
        "text": answer.text,
        "citations": [
            {
                "n": citation.n,
                "document": document_json(citation.passage.document),
                "url": citation.passage.url,
                "text": citation.passage.text,
            }
            for citation in answer.citations
        ],
        "confidence": None if answer.confidence is None else round(answer.confidence, 4),
        "reason": answer.reason,
        "error_id": answer.error_id,
        "passages": [passage_json(passage) for passage in answer.passages],
        "timings_ms": _rounded(answer.timings_ms),
        "model": {"embedding": answer.embedding_model, "llm": answer.llm, "prompts": list(answer.prompts)},
    }


def found_json(question: str, found: Found) -> Json:
    """What `lore search` prints."""
    return {
        "question": question,
        "passages": [passage_json(passage) for passage in found.passages],
        "timings_ms": _rounded(
            {"embed": found.embed_ms, "search": found.search_ms, "total": found.embed_ms + found.search_ms}
        ),
    }


def sync_json(report: SyncReport) -> Json:
    """What `lore sync` prints for one source."""
    return {
        "source": report.source,
        "documents": {
            "listed": report.listed,
            "added": report.added,
            "changed": report.changed,
            "removed": report.removed,
            "failed": report.failed,
        },
        "chunks": {
            "embedded": report.chunks.embedded,
            "reused": report.chunks.reused,
            "removed": report.chunks.removed,
        },
        "seconds": round(report.seconds, 3),
        "error": report.error,
    }


def source_json(status: SourceStatus) -> Json:
    """What `lore sources` prints of one source."""
    return {
        "name": status.name,
        "connector": status.connector,
        "configured": status.configured,
        "audience": sorted(status.audience),
        "schedule": status.schedule,
        "paused": status.paused,
        "next_run": _moment(status.next_run),
        "documents": status.documents,
        "failed_documents": status.failed_documents,
        "chunks": status.chunks,
        "last_good_sync": _moment(status.last_good_sync),
        "age_seconds": None if status.age is None else round(status.age.total_seconds(), 1),
        "last_error": status.last_error,
        "running": None if status.running is None else running_json(status.running),
    }


def running_json(running: RunningSync) -> Json:
    """How far a sync is that runs now."""
    left = running.seconds_left
    return {
        "holder": running.holder,
        "started_at": running.started_at.isoformat(),
        "done": round(running.done, 1),
        "total": running.total,
        "failed": running.failed,
        "chunks_embedded": running.chunks,
        "per_second": None if running.per_second is None else round(running.per_second, 2),
        "seconds_left": None if left is None else round(left, 1),
    }


def removed_json(name: str, removed: Removed) -> Json:
    """What `lore sources remove` did."""
    return {"source": name, "documents": removed.documents, "chunks": removed.chunks}


def outcome_json(outcome: Outcome) -> Json:
    """What `lore learn` prints: what came of the run, why, and the figures before and after."""
    return {
        "state": outcome.state,
        "reason": outcome.reason,
        "version": outcome.version,
        "triplets": outcome.triplets,
        "questions": outcome.questions,
        "waiting": outcome.waiting,
        "seconds": round(outcome.seconds, 1),
        "report": outcome.report,
        **outcome.figures,
    }


def version_json(version: VersionInfo) -> Json:
    """A version of the embedding model, as `lore models` prints it."""
    return {
        "name": version.name,
        "active": version.active,
        "state": version.state,
        "reason": version.reason,
        "sides": version.sides,
        "fusion_weight": version.fusion_weight,
        "created_at": version.created_at.isoformat(),
        "activated_at": version.activated_at.isoformat() if version.activated_at else None,
    }


def run_json(run: RunInfo) -> Json:
    """A run of learning, as `lore models` prints it."""
    return {
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "state": run.state,
        "sides": run.sides,
        "triplets": run.triplets,
        "phase": run.phase,
        "done": run.done,
        "total": run.total,
        "reason": run.reason,
        "report": run.report,
    }


def calibrated_json(model: str, calibrated: Calibrated | None) -> Json:
    """What `lore calibrate` prints; the weights are those that are shipped where the corpus was too small."""
    confidence = SHIPPED if calibrated is None else calibrated.confidence
    return {
        "model": model,
        "fitted": calibrated is not None,
        "questions": calibrated.questions if calibrated else 0,
        "auroc": round(calibrated.auroc, 4) if calibrated else None,
        "weights": {name: round(weight, 4) for name, weight in confidence.weights._asdict().items()},
        "bias": round(confidence.bias, 4),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _rounded(timings: Any) -> dict[str, float]:
    return {name: round(value, 3) for name, value in timings.items()}
