"""What each kind of server says of its window and its tokens, and what is taken where it says nothing."""

import re
from typing import Any

import pytest

from bot.answering.endpoint_tokens import EndpointTokens, estimated_tokens
from tests.answering.llm_server import LlmServer
from tests.smollm2 import loaded_smollm2

TEXTS = ["Everyone gets 27 days of annual leave.", "", "The leave year starts on 1 January. Use them by 31 March."]


def words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text)


def llama_cpp(server: LlmServer, window: int) -> None:
    server.routes = {
        "/tokenize": lambda body: {"tokens": list(range(len(words(body["content"]))))},
        "/props": lambda _: {"default_generation_settings": {"n_ctx": window}, "total_slots": 1},
    }


def vllm(server: LlmServer, window: int) -> None:
    def tokenize(body: Any) -> Any:
        assert body["model"] == "scripted"
        tokens = list(range(len(words(body["prompt"]))))
        return {"count": len(tokens), "max_model_len": window, "tokens": tokens}

    server.routes = {"/tokenize": tokenize}


def llama_cpp_python(server: LlmServer, window: int) -> None:
    server.routes = {
        "/extras/tokenize/count": lambda body: {"count": len(words(body["input"]))},
        "/v1/models": lambda _: {"data": [{"id": "scripted", "owned_by": "me"}]},
    }


def ollama(server: LlmServer, window: int) -> None:
    server.routes = {"/api/ps": lambda _: {"models": [{"name": "scripted:latest", "context_length": window}]}}


def host_that_lists(server: LlmServer, window: int) -> None:
    server.routes = {
        "/v1/models": lambda _: {
            "data": [{"id": "other", "context_length": 9}, {"id": "scripted", "context_length": window}]
        }
    }


def told(server: LlmServer, window: int | None = None) -> EndpointTokens:
    return EndpointTokens(server.url, "scripted", "key-1", window)


@pytest.mark.parametrize("kind", [llama_cpp, vllm, ollama, host_that_lists])
def test_the_window_is_what_the_server_tells(llm: LlmServer, kind: Any) -> None:
    kind(llm, 2_500)
    assert told(llm).window == 2_500


@pytest.mark.parametrize("kind", [llama_cpp, vllm, ollama, host_that_lists])
def test_a_very_large_window_is_filled_only_as_far_as_is_of_use(llm: LlmServer, kind: Any) -> None:
    kind(llm, 131_072)
    assert told(llm).window == 8_192
    assert told(llm, 100_000).window == 100_000


def test_a_server_that_tells_no_window_has_ollamas_usual_one_unless_the_settings_say_another(llm: LlmServer) -> None:
    assert told(llm).window == 4_096
    llama_cpp_python(llm, 0)
    assert told(llm).window == 4_096
    assert told(llm, 1_000).window == 1_000


def test_ollama_is_asked_again_until_it_has_the_model_loaded(llm: LlmServer) -> None:
    llm.routes = {"/api/ps": lambda _: {"models": []}}
    tokens = told(llm)
    assert tokens.window == 4_096
    ollama(llm, 3_000)
    assert tokens.window == 3_000


@pytest.mark.parametrize("kind", [llama_cpp, vllm, llama_cpp_python])
def test_the_counts_are_those_of_the_server(llm: LlmServer, kind: Any) -> None:
    kind(llm, 2_500)
    counts = told(llm).count_tokens(TEXTS)
    exact = sum(len(words(text)) for text in TEXTS)
    assert exact <= sum(counts) <= exact + len(TEXTS)
    assert told(llm).count_tokens([TEXTS[0]]) == [len(words(TEXTS[0]))]
    assert told(llm).count_tokens([]) == []


def test_a_server_that_cannot_be_reached_is_asked_again_the_next_time(llm: LlmServer) -> None:
    tokens = EndpointTokens("http://127.0.0.1:9/v1", "scripted", "key-1", None)
    assert tokens.window == 4_096
    assert tokens.count_tokens(TEXTS) == [estimated_tokens(text) for text in TEXTS]


@pytest.mark.parametrize(
    "text",
    [
        "You may carry over up to 5 days to the next year. Use them by 31 March; after that they are lost.",
        "| Reason | Paid days |\n|---|---|\n| Moving house | 1 a year |\n| Your own wedding | 3 |",
        "def roll_back(release: str) -> None:\n    run(['lore-deploy', 'rollback', release], check=True)\n",
        "Überstunden werden bis zum 31. März des Folgejahres ausgeglichen, sonst verfallen sie ersatzlos.",
    ],
)
def test_an_estimate_is_above_the_real_count(text: str) -> None:
    assert estimated_tokens(text) >= loaded_smollm2().count_tokens([text])[0]
