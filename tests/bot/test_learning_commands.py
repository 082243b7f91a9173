"""`lore learn`, `lore models` and `lore eval learning`, as a person or a script at a terminal has them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from tests.learning.office import PAGES, POLITE, QUESTIONS, TINY

MORE_PAGES = {
    "gym.md": "The fitness room opens at seven.",
    "post.md": "Parcels are handed out in the mail room.",
    "music.md": "The choir sings on Thursdays.",
}
TEST_QUESTIONS = {
    "on what day do I receive my pay?": "pay.md",
    "how many vacation days are there?": "leave.md",
    "may I take my puppy with me?": "pets.md",
    "when can I work out?": "gym.md",
    "a package came for me, where is it?": "post.md",
    "can I join people who sing?": "music.md",
}
FIGURES = {"ndcg@10", "recall@10", "mrr@10", "alignment", "uniformity", "queries"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def the_object(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    [line] = result.stdout.splitlines()
    told: dict[str, Any] = json.loads(line)
    return told


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """The office in BEIR's format: its questions to vote on, and others to test by."""
    folder = tmp_path / "office"
    (folder / "qrels").mkdir(parents=True)
    pages = PAGES | MORE_PAGES
    corpus = [{"_id": id, "title": id.removesuffix(".md").capitalize(), "text": text} for id, text in pages.items()]
    queries = []
    for split, questions in (("train", QUESTIONS), ("test", TEST_QUESTIONS)):
        judged = [("query-id", "corpus-id", "score")]
        for number, (text, page) in enumerate(questions.items()):
            queries.append({"_id": f"{split}-{number}", "text": f"{POLITE} {text}"})
            judged.append((f"{split}-{number}", page, "1"))
        (folder / "qrels" / f"{split}.tsv").write_text("".join("\t".join(row) + "\n" for row in judged))
    (folder / "corpus.jsonl").write_text("".join(json.dumps(page) + "\n" for page in corpus))
    (folder / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    return folder


def test_without_votes_learning_is_refused_and_says_what_it_needs(home: Path) -> None:
    outcome = the_object(run("learn", "--json"))
    reason = outcome.pop("reason")
    assert reason.startswith("Too few votes to be sure: 0 questions about 0 documents")
    assert outcome.pop("seconds") >= 0
    assert outcome == {"state": "refused", "version": None, "triplets": 0, "questions": 0, "waiting": 0, "report": None}
    shown = run("learn", "--dry-run")
    assert shown.exit_code == 0
    assert "Refused: Too few votes to be sure" in shown.stdout
    latest, first = the_object(run("models", "--json"))["runs"]
    assert (latest["state"], latest["triplets"], first["reason"]) == ("refused", 0, reason)
    assert "refused" in run("models").stdout


def test_the_model_of_the_settings_is_the_first_version(home: Path) -> None:
    [version] = the_object(run("models", "--json"))["models"]
    assert version.pop("created_at") <= version.pop("activated_at")
    assert version == {
        "name": "all-MiniLM-L6-v2",
        "active": True,
        "state": "ready",
        "reason": "",
        "sides": "both",
        "fusion_weight": 0.5,
    }
    shown = run("models")
    assert "all-MiniLM-L6-v2" in shown.stdout
    assert "serves" in shown.stdout


def test_where_no_other_version_served_there_is_none_to_go_back_to(home: Path) -> None:
    refused = run("models", "rollback")
    assert refused.exit_code == 1
    assert "lore: No other version of the embedding model served before this one" in refused.stderr
    assert "Traceback" not in refused.output


def test_simulated_votes_are_learnt_from_and_the_gain_is_measured(
    home: Path, beir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.learn.Recipe", lambda: TINY)
    told = the_object(run("eval", "learning", str(beir), "--json"))
    assert told.keys() == {
        *("votes", "triplets", "before", "after", "before_unvoted", "after_unvoted", "gain", "gain_ci95"),
        *("gain_unvoted", "gain_unvoted_ci95", "promoted"),
        *("reason", "fusion_weight", "learn_seconds", "seconds", "peak_rss_mb", "gate"),
    }
    assert told["votes"] == 24
    assert told["triplets"] > 24
    for name in ("before", "after", "before_unvoted", "after_unvoted"):
        assert told[name].keys() == FIGURES
    assert (told["before"]["queries"], told["before_unvoted"]["queries"]) == (6, 3)
    assert told["promoted"], told["reason"]
    assert told["gain"] == pytest.approx(told["after"]["ndcg@10"] - told["before"]["ndcg@10"], abs=2e-4)
    assert told["gain"] > 0
    assert told["gain_ci95"][0] <= told["gain"] <= told["gain_ci95"][1]
    assert told["fusion_weight"] == told["gate"]["fusion_weight"]["after"]
    assert 0 < told["learn_seconds"] <= told["seconds"]
    assert told["peak_rss_mb"] > 100

    # Again, with too few votes: nothing of the first time is left, and what would serve is what serves.
    few = the_object(run("eval", "learning", str(beir), "--votes", "3", "--seed", "1", "--json"))
    assert (few["votes"], few["promoted"], few["gain"], few["gate"]) == (3, False, 0.0, {})
    assert few["before"] == few["after"] == told["before"]
    assert few["reason"].startswith("Too few votes to be sure")
    [kept] = (home / "eval").iterdir()
    assert kept.name.startswith("office-")


def test_a_folder_without_training_questions_is_named(home: Path, beir: Path) -> None:
    (beir / "qrels" / "train.tsv").unlink()
    refused = run("eval", "learning", str(beir))
    assert refused.exit_code == 1
    assert "lacks qrels/train.tsv" in refused.stderr
