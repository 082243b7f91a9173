import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_help_comes_at_once() -> None:
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot.cli", "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.5


def test_a_question_is_answered_from_the_documents_with_its_source(home: Path) -> None:
    [report] = lines(run("sync", "--json"))
    assert report["source"] == "handbook"
    assert report["documents"] == {"listed": 3, "added": 3, "changed": 0, "removed": 0, "failed": 0}
    assert report["chunks"]["embedded"] >= 3

    [answer] = lines(run("ask", "how many days of leave do I get?", "--json"))
    assert answer["question"] == "how many days of leave do I get?"
    assert answer["kind"] == "answered"
    assert "27 days" in answer["text"]
    assert "[1]" in answer["text"]
    [citation, *_] = answer["citations"]
    assert citation["n"] == 1
    assert citation["document"]["id"] == "people/leave.md"
    assert citation["document"]["title"] == "Annual leave"
    assert citation["document"]["source"] == "handbook"
    assert citation["url"] == citation["document"]["url"]
    assert "27 days" in citation["text"]
    assert 0 <= answer["confidence"] <= 1
    assert answer["timings_ms"].keys() == {"embed", "search", "write", "ground", "total"}
    assert answer["model"] == {"embedding": "all-MiniLM-L6-v2", "llm": None, "prompts": []}
    assert answer["passages"][0]["document"]["id"] == "people/leave.md"

    [found] = lines(run("search", "stolen computer", "--json"))
    assert found["passages"][0]["rank"] == 1
    assert found["passages"][0]["document"]["id"] == "security/lost-laptop.md"
    scores = found["passages"][0]["scores"]
    assert scores["fused"] == pytest.approx(0.5 * scores["dense"] + 0.5 * scores["bm25"], abs=2e-4)

    [explained] = lines(run("explain", "how many days of leave do I get?", "--json"))
    assert explained["word_pieces"] == [
        *("[CLS]", "how", "many", "days", "of", "leave", "do", "i", "get", "?", "[SEP]")
    ]
    assert explained["kind"] == "answered"
    assert explained["reason"]
    assert explained["confidence_fitted_on"] is None

    [again] = lines(run("sync", "--json"))
    assert again["chunks"] == {"embedded": 0, "reused": 0, "removed": 0}


def test_what_the_documents_do_not_say_is_not_answered(home: Path) -> None:
    run("sync", "--json")
    [answer] = lines(run("ask", "what is the boiling point of tungsten in kelvin?", "--json"))
    assert answer["kind"] == "abstained"
    assert answer["citations"] == []


def test_each_line_of_a_file_is_asked_in_turn(home: Path) -> None:
    run("sync", "--json")
    questions = ["how do guests get on the wi-fi?", "", "🙂", "x" * 40_000, "how many days of leave?"]
    (home / "questions.txt").write_text("\n".join(questions) + "\n", encoding="utf-8")
    answers = lines(run("ask", "--file", str(home / "questions.txt"), "--json"))
    assert [answer["question"] for answer in answers] == questions
    assert [answer["kind"] for answer in answers][1:4] == ["abstained"] * 3
    assert answers[0]["citations"][0]["document"]["id"] == "office/wifi.md"


def test_a_person_sees_the_answer_and_its_sources_without_json(home: Path) -> None:
    run("sync")
    shown = run("ask", "who do I call when my laptop is stolen?")
    assert shown.exit_code == 0
    assert "4400" in shown.stdout
    assert "A lost or stolen laptop" in shown.stdout


def test_json_is_all_that_stands_on_standard_output(home: Path) -> None:
    (home.parent / "pages" / "broken.pdf").write_bytes(b"%PDF-1.7 this is no PDF")
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "sync", "--json"], capture_output=True, text=True, check=True
    )
    [line] = done.stdout.splitlines()
    assert json.loads(line)["documents"]["failed"] == 1


def test_without_sources_sync_says_where_to_write_one(home: Path) -> None:
    (home / "lore.toml").write_text("")
    refused = run("sync")
    assert refused.exit_code == 1
    assert "[[sources]]" in refused.stderr
    assert str(home / "lore.toml") in refused.stderr


def test_a_missing_source_folder_is_named_and_deletes_nothing(home: Path) -> None:
    run("sync", "--json")
    (home.parent / "pages").rename(home.parent / "elsewhere")
    refused = run("sync", "--json")
    assert refused.exit_code == 1
    report = json.loads(refused.stdout)
    assert str(home.parent / "pages") in report["error"]
    assert report["documents"]["removed"] == 0
    [answer] = lines(run("ask", "how many days of leave do I get?", "--json"))
    assert answer["kind"] == "answered"


def test_a_corrupt_index_is_made_again_by_reindex(home: Path) -> None:
    run("sync", "--json")
    for file in (home / "index").rglob("*"):
        if file.is_file() and file.name not in ("lock", "holder.json"):
            file.write_bytes(b"\0" * 64)
    refused = run("ask", "how many days of leave do I get?")
    assert refused.exit_code == 1
    assert "lore reindex" in refused.stderr
    assert run("reindex").exit_code == 0
    [answer] = lines(run("ask", "how many days of leave do I get?", "--json"))
    assert answer["kind"] == "answered"


def test_before_the_first_sync_the_answer_says_what_is_missing(home: Path) -> None:
    [answer] = lines(run("ask", "how many days of leave do I get?", "--json"))
    assert answer["kind"] == "abstained"
    assert "`lore sync`" in answer["text"]


def test_a_home_that_cannot_be_made_is_refused_by_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "a-file").write_text("")
    monkeypatch.setenv("LORE_HOME", str(home / "a-file"))
    refused = run("ask", "how many days of leave do I get?")
    assert refused.exit_code == 1
    assert f"LORE_HOME, {home / 'a-file'}, cannot be made" in refused.stderr


def test_neither_or_both_of_question_and_file_are_refused(home: Path) -> None:
    assert run("ask").exit_code == 2
    assert run("ask", "a question", "--file", "f").exit_code == 2


def test_triplets_go_out_and_come_in_and_a_person_is_forgotten(home: Path) -> None:
    passage = {"text": "27 days of leave", "source": "handbook", "document": "leave.md", "chunk": "c1", "rank": 1}
    vote = {
        "user": "U1",
        "at": "2026-03-01T12:00:00Z",
        "answer": 7,
        "vote": 1,
        "reason": None,
        "embedding_model": "all-MiniLM-L6-v2",
    }
    triplet = {
        "version": 1,
        "anchor": "How many days 🏖?",
        "asked_by": "U2",
        "positive": {"passage": passage, "why": "cited", "vote": vote},
        "negative": {"passage": {**passage, "text": "the guests’ Wi-Fi"}, "why": "retrieved", "vote": None},
    }
    file = home / "triplets.jsonl"
    file.write_text(json.dumps(triplet) + "\n", encoding="utf-8")
    assert "Triplets imported: 1, there already: 0." in run("triplets", "import", str(file)).stderr
    assert lines(run("triplets", "export")) == [triplet]
    assert run("triplets", "export", "--file", str(home / "copy.jsonl")).stdout == ""
    assert json.loads((home / "copy.jsonl").read_text(encoding="utf-8")) == triplet
    assert "Deleted votes: 0, questions: 0, imported triplets: 1, saved answers: 0." in run("forget", "U1").stderr
    assert lines(run("triplets", "export")) == []
    assert run("forget", " ").exit_code == 2


def test_a_file_of_triplets_that_cannot_be_read_is_named_with_its_line(home: Path) -> None:
    (home / "broken.jsonl").write_text('{"version": 1}\n')
    refused = run("triplets", "import", str(home / "broken.jsonl"))
    assert refused.exit_code == 1
    assert "Line 1 is no triplet: anchor: Field required" in refused.stderr
    missing = run("triplets", "import", str(home / "none.jsonl"))
    assert missing.exit_code == 2
    assert "cannot be read" in missing.stderr
