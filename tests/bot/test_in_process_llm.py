"""A language model in the process of the commands: what a person at a terminal sees of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import bot.app
from bot.answering.llm_weights import LoadedLLM
from bot.cli import app
from tests.smollm2 import loaded_smollm2, smollm2_file


@pytest.fixture
def with_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A LORE_HOME whose language model is SmolLM2, which the tests of a run load once."""

    def loaded(place: str, device: str, keep_in: Path) -> LoadedLLM:
        assert (place, device, keep_in) == (str(smollm2_file()), "cpu", home / "models")
        return loaded_smollm2()

    monkeypatch.setattr(bot.app, "load_llm", loaded)
    monkeypatch.setenv("LLM_MODEL", str(smollm2_file()))
    monkeypatch.setenv("LLM_DEVICE", "cpu")
    monkeypatch.setenv("LLM_TIMEOUT", "300")
    monkeypatch.setenv("LLM_REPLY_TOKENS", "32")
    return home


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_question_is_answered_with_it_and_the_prompts_version_is_told(with_model: Path) -> None:
    run("sync")
    result = run("ask", "--json", "How many days of annual leave do I get?")
    answer = json.loads(result.stdout)
    assert answer["kind"] == "answered", answer["reason"]
    assert "27 days" in answer["text"]
    assert answer["model"]["llm"] == smollm2_file().name
    (prompt,) = answer["model"]["prompts"]
    shown = run("explain", "How many days of annual leave do I get?").stdout
    assert f"{smollm2_file().name}, prompts {prompt}" in shown


def test_the_doctor_asks_it_and_says_how_much_it_reads(with_model: Path) -> None:
    checks = [json.loads(line) for line in run("doctor", "--json").stdout.splitlines()]
    (said,) = [check["said"] for check in checks if check["check"] == "language model" and check["state"] == "ok"]
    assert said.startswith(f"{smollm2_file().name} answered ")
    assert "it computes on cpu and takes 2048 tokens at a time, of the 8192 that it could" in said


def test_a_path_that_leads_nowhere_is_said_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_MODEL", "/nowhere/model.gguf")
    result = run("ask", "How many days of annual leave do I get?")
    assert result.exit_code == 1
    assert "there is nothing at /nowhere/model.gguf" in result.output


def test_what_reads_gguf_files_is_asked_for_where_it_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.app, "find_spec", lambda name: None if name == "gguf" else object())
    monkeypatch.setenv("LLM_MODEL", str(smollm2_file()))
    result = run("ask", "How many days of annual leave do I get?")
    assert result.exit_code == 1
    assert "gguf to read it is missing: pip install 'lore[gguf]'" in " ".join(result.output.split())


def test_a_model_that_cannot_be_loaded_is_told_by_the_doctor_and_answers_are_quoted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_MODEL", str(home))  # a folder, without a model
    run("sync")
    answer = json.loads(run("ask", "--json", "How many days of annual leave do I get?").stdout)
    assert answer["kind"] == "answered"
    assert "could not be loaded" in answer["reason"]
    assert answer["model"]["prompts"] == []
    checks = [json.loads(line) for line in run("doctor", "--json").stdout.splitlines()]
    (llm,) = [check for check in checks if check["check"] == "language model"]
    assert llm["state"] == "wrong"
    assert "Set LLM_MODEL to a folder with a transformers model" in llm["said"]
