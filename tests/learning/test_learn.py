"""From votes to what is served: a small office, the real model, and people who vote on its answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from learning.evidence import gather
from learning.learn import LearningError
from learning.lessons import lessons
from learning.training import TrainingProgress
from storage.tables import EmbeddingModelRow, FeedbackRow, LearningRunRow, ModelTensorsRow
from storage.version_rows import VersionRows
from tests.learning.office import PAGES, POLITE, QUESTIONS, Home, fill, opened, vote
from tests.memory_folder import memory_folder


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Home]:
    with memory_folder(tmp_path) as index_folder, opened(tmp_path / "home", index_folder) as home:
        fill(home)
        vote(home)
        yield home


def runs(home: Home) -> list[tuple[str, str]]:
    """The state of each run and the beginning of its reason."""
    with home.database.session() as session:
        rows = session.scalars(select(LearningRunRow).order_by(LearningRunRow.id))
        return [(row.state, row.reason) for row in rows]


def found_first(home: Home) -> int:
    """How many of the questions find the page that answers them before all others."""
    return sum(home.found(f"{POLITE} {question}")[0] == page for question, page in QUESTIONS.items())


def names(home: Home) -> list[str]:
    return [version.name for version in home.knowledge.versions()]


def test_votes_are_learnt_from_and_what_is_learnt_is_served_until_it_is_rolled_back(office: Home) -> None:
    before = found_first(office)
    untrained = office.knowledge.serving.questions
    outcome = office.learner().learn()
    assert outcome.state == "promoted"
    assert outcome.reason.startswith("Held-out questions, words varied: nDCG@10 +")
    assert outcome.questions == 24
    assert outcome.version == "all-MiniLM-L6-v2+2"
    assert outcome.figures["after"]["ndcg@10"] > outcome.figures["before"]["ndcg@10"] + 0.1
    assert outcome.figures["fusion_weight"]["before"] == 0.5
    after = found_first(office)
    assert after > before + 10
    served = office.knowledge.versions()[0]
    assert (served.name, served.active, served.sides, served.reason) == (
        outcome.version,
        True,
        "question",
        outcome.reason,
    )
    assert office.knowledge.dense_weight == outcome.figures["fusion_weight"]["after"]
    assert runs(office) == [("promoted", outcome.reason)]

    # Near to what was taught questions are read as that was learnt, and far from it as before.
    trained = office.knowledge.serving.questions
    asked, far = next(iter(QUESTIONS)), "Which enzyme splits starch?"
    assert float(trained.embed_question(asked) @ untrained.embed_question(asked)) < 0.95
    assert trained.embed_question(far) == pytest.approx(untrained.embed_question(far), abs=1e-6)

    # What it keeps of each question that it was taught has that question's digest.
    scope = VersionRows(office.database).scope(served.name, 384)
    digests = served.figures["learnt_from"]
    assert scope is not None
    learnt = lessons(gather(office.database))
    assert sorted(digests) == sorted(lesson.digest for lesson in learnt)
    for lesson in learnt[::5]:
        vector = scope.taught[digests.index(lesson.digest)]
        assert vector == pytest.approx(untrained.embed_question(lesson.question), abs=1e-3)

    # The same votes again are no evidence: the version that serves has learnt from them, so nothing is trained.
    again = office.learner().learn()
    assert (again.state, again.version) == ("refused", None)
    assert again.reason.startswith("Too few votes to be sure: 0 questions about 0 documents that the current model has")
    assert found_first(office) == after

    office.knowledge.rollback()
    assert found_first(office) == before
    with office.database.session() as session:
        kept = select(EmbeddingModelRow.name).join(ModelTensorsRow, ModelTensorsRow.model_id == EmbeddingModelRow.id)
        assert set(session.scalars(kept)) == {outcome.version}


def test_a_run_that_was_stopped_goes_on_and_a_dry_run_changes_nothing(office: Home) -> None:
    before = found_first(office)

    def stop(progress: TrainingProgress) -> None:
        if progress.phase == "training 2 of 6":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.learner().learn(on_progress=stop)
    assert [state for state, _ in runs(office)] == ["stopped"]
    assert names(office) == ["all-MiniLM-L6-v2"]

    phases = []
    outcome = office.learner().learn(dry_run=True, on_progress=lambda progress: phases.append(progress.phase))
    assert "training 1 of 6" not in phases
    assert "training 6 of 6" in phases
    assert (outcome.state, outcome.version) == ("dry run", None)
    assert {measure["name"] for measure in outcome.figures["measures"]} >= {
        "Held-out questions, words varied",
        "Held-out questions, as asked",
        "General questions",
    }
    assert names(office) == ["all-MiniLM-L6-v2"]
    assert (office.knowledge.dense_weight, found_first(office)) == (0.5, before)
    assert [state for state, _ in runs(office)] == ["stopped", "dry run"]
    assert [entry.name for entry in (office.folder / "learning").iterdir() if entry.is_dir()] == ["reports"]


def test_too_few_votes_are_refused_at_once(office: Home) -> None:
    with office.database.session() as session:
        session.execute(
            update(FeedbackRow).where(FeedbackRow.answer_id > 5).values(vote=-1, reason=None, correction="")
        )
    said = []
    outcome = office.learner().learn(on_progress=said.append)
    assert outcome.state == "refused"
    assert outcome.reason.startswith("Too few votes to be sure: 5 questions about 3 documents")
    assert "20 about 10 are needed" in outcome.reason
    assert said == []
    assert runs(office) == [("refused", outcome.reason)]
    assert names(office) == ["all-MiniLM-L6-v2"]


def test_votes_on_documents_that_are_gone_cannot_be_judged(office: Home) -> None:
    office.knowledge.remove(1, [page for page in PAGES if page != "chat.md"])
    said = []
    outcome = office.learner().learn(on_progress=said.append)
    assert outcome.state == "refused"
    assert outcome.reason.startswith("Too few votes to be sure: ")
    assert not [progress for progress in said if "training" in progress.phase]


def test_one_run_is_under_way_at_a_time(office: Home) -> None:
    def meanwhile(progress: TrainingProgress) -> None:
        office.learner().learn()

    with pytest.raises(LearningError, match="Another run of learning is under way"):
        office.learner().learn(on_progress=meanwhile)
    # The first run was stopped by what its listener raised, and says so; the second never was one.
    [(state, reason)] = runs(office)
    assert (state, reason[:39]) == ("failed", "Another run of learning is under way. `"[:39])


def test_a_run_whose_process_was_killed_is_said_to_be_stopped_by_the_next(office: Home) -> None:
    with office.database.session() as session:
        session.add(LearningRunRow(sides="question", seed=0, triplets=1, questions=1))
        session.execute(update(FeedbackRow).values(reason=None, correction=None, vote=-1))
    assert office.learner().learn().state == "refused"
    assert [state for state, _ in runs(office)] == ["stopped", "refused"]


def test_both_sides_are_judged_on_documents_embedded_anew_and_what_is_refused_leaves_no_vectors(office: Home) -> None:
    before = found_first(office)
    outcome = office.learner().learn(sides="both")
    assert outcome.state == "refused"
    # A third of the questions is held out, which here are too few to tell anything.
    assert outcome.reason.startswith("Too few votes to be sure: ")
    assert {"ndcg@10", "alignment", "uniformity"} <= outcome.figures["after"].keys()
    refused, served = office.knowledge.versions()
    assert (refused.name, refused.sides, refused.state) == (outcome.version, "both", "refused")
    assert served.active
    assert found_first(office) == before
    with office.database.session() as session:
        assert session.get(ModelTensorsRow, refused.id) is not None

    assert office.learner().learn(sides="both", dry_run=True).state == "dry run"
    assert names(office) == [refused.name, served.name]
    assert found_first(office) == before
