"""A real language model behind a real OpenAI-compatible server on loopback: llama.cpp, by llama-cpp-python.

`make test-llm` runs these: the server is an extra that is compiled.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import port_for
import pytest
from typer.testing import CliRunner, Result

from bot.answering.openai_llm import OpenAICompatible
from bot.answering.write import LanguageModelError, Message
from bot.cli import app
from tests.smollm2 import loaded_smollm2, smollm2_file

pytestmark = pytest.mark.llm_server

WINDOW = 2_048
CAPITAL: list[Message] = [
    {"role": "system", "content": "Answer from this text: The capital of France is Paris."},
    {"role": "user", "content": "What is the capital of France?"},
]
STORY: list[Message] = [{"role": "user", "content": "Write a long story about a lighthouse."}]
PAGES = {
    "leave.md": "# Annual leave\n\nEveryone who works full time gets 27 days of paid annual leave a year.\n\n"
    "The leave year starts on 1 January.\n",
    "hotels.md": "# Hotels\n\nThe limit for a hotel in London is £185 a night. Elsewhere it is £120 a night.\n",
}
CITIES = ("Lyon", "Porto", "Turin", "Ghent", "Malmö", "Graz", "Brno", "Cork", "Split", "Bilbao")
"""Each has a page on its hotels: together they are far more than the window takes."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the server, once it has the model loaded."""
    port = port_for.select_random()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(smollm2_file()), "--model_alias", "smollm2"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", str(WINDOW), "--n_threads", "2"]
    log = tmp_path_factory.mktemp("llama_cpp") / "log"
    url = f"http://127.0.0.1:{port}/v1"
    with log.open("w") as written, subprocess.Popen(command, stdout=written, stderr=written) as process:
        try:
            _wait_for(url, process, log)
            yield url
        finally:
            process.terminate()


@pytest.fixture
def llm(server: str) -> OpenAICompatible:
    return OpenAICompatible(server, "smollm2", None, timeout=120.0, window=WINDOW)


@pytest.fixture
def home(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A LORE_HOME with two pages and this server's model."""
    for name in [name for name in os.environ if name.startswith(("LLM_", "DATABASE_", "QDRANT_", "EMBEDDING_"))]:
        monkeypatch.delenv(name)
    rules = " ".join(
        f"Rule {n} on hotels is that a night there is booked {n} days before the trip." for n in range(1, 40)
    )
    (tmp_path / "pages").mkdir()
    for name, text in {**PAGES, **{f"{city}.md": f"# A hotel in {city}\n\n{rules}\n" for city in CITIES}}.items():
        (tmp_path / "pages" / name).write_text(text, encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    (home / "lore.toml").write_text(
        f'llm_base_url = "{server}"\nllm_model = "smollm2"\nllm_window = {WINDOW}\nllm_timeout = 120\n'
        '[[sources]]\nname = "handbook"\npath = "../pages"\n'
    )
    monkeypatch.setenv("LORE_HOME", str(home))
    return home


def test_it_writes_in_pieces_as_they_come(llm: OpenAICompatible) -> None:
    pieces = list(llm.stream(CAPITAL))
    assert len(pieces) > 4
    assert "Paris" in "".join(pieces)


def test_it_answers_the_next_when_nobody_reads_the_last(llm: OpenAICompatible) -> None:
    story = llm.stream(STORY)
    next(story)
    story.close()  # type: ignore[attr-defined]  # a generator, as the protocol's readers treat it
    assert "Paris" in "".join(llm.stream(CAPITAL))


def test_its_tokens_are_counted_by_the_server_as_the_model_itself_counts_them(llm: OpenAICompatible) -> None:
    text = "The limit for a hotel in London is £185 a night.\nElsewhere it is £120 a night."
    assert abs(llm.count_tokens([text])[0] - loaded_smollm2().count_tokens([text])[0]) <= 1
    assert llm.window == WINDOW


def test_what_is_longer_than_its_window_is_told(llm: OpenAICompatible) -> None:
    with pytest.raises(LanguageModelError, match="LLM_WINDOW"):
        list(llm.stream([{"role": "user", "content": "word " * 3 * WINDOW}]))


def test_lore_answers_with_it_from_the_documents(home: Path) -> None:
    assert run("sync").exit_code == 0
    answer = json.loads(run("ask", "--json", "What is the limit for a hotel in London?").stdout)
    assert answer["kind"] == "answered", answer["reason"]
    assert "£185" in answer["text"]
    assert "So the documents are quoted" not in answer["reason"]  # the server took what it was sent
    assert answer["citations"][0]["document"]["title"] == "Hotels"
    assert answer["model"]["llm"] == "smollm2"
    assert [prompt.rsplit("-", 1)[0] for prompt in answer["model"]["prompts"]] == ["answer"]
    explained = run("explain", "What is the limit for a hotel in London?").stdout
    assert f"smollm2, prompts {answer['model']['prompts'][0]}" in explained


def test_the_doctor_asks_it(home: Path) -> None:
    checks = [json.loads(line) for line in run("doctor", "--json").stdout.splitlines()]
    (llm,) = [check for check in checks if check["check"] == "language model"]
    assert llm["state"] == "ok", llm["said"]
    assert "smollm2 answered" in llm["said"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"llama_cpp.server ended: {log.read_text()[-2_000:]}")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/models", timeout=5).is_success:
                return
        time.sleep(0.2)
    pytest.fail(f"llama_cpp.server did not start: {log.read_text()[-2_000:]}")
