"""InProcessLLM: a language model in this process, by transformers, which writes one reply at a time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotDone
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from bot.answering.llm_weights import LoadedLLM
from bot.answering.write import LanguageModelError, Message

ON_A_PROCESSOR = 2_048
"""Tokens of prompt and reply where the model computes without a GPU, unless the settings say more: what a small model
reads in seconds."""

ON_A_GPU = 8_192
REPLY_TOKENS = 512

LOADED_AGAIN_AFTER = 60.0
"""Seconds after which a model that could not be loaded is tried again: the disk, or the network, may be back."""

_LONGEST_REFRAIN = 48
_LEAST_REPEATED = 24


@dataclass
class _Reply:
    """A reply that is being written, from the thread that writes to the one that reads."""

    pieces: SimpleQueue[str | Exception | None] = field(default_factory=SimpleQueue)
    begun: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)


class InProcessLLM:
    """The model that `load` makes, in a thread of its own. Safe to share between threads: replies are written in turn.

    It is loaded at its first use, or by `load_soon`. `timeout` is the seconds that a question waits for its turn, and
    then without a word. `window` is the most tokens of prompt and reply; None is the model's own, up to what its device
    reads in seconds.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], LoadedLLM],
        timeout: float = 60.0,
        window: int | None = None,
        reply_tokens: int = REPLY_TOKENS,
    ) -> None:
        self._name = name
        self._load = load
        self._timeout = timeout
        self._window = window
        self._reply_tokens = reply_tokens
        self._writer = ThreadPoolExecutor(1, "llm")
        self._changing = threading.Lock()
        self._loading: Future[LoadedLLM] | None = None
        self._failed_at = 0.0
        self._closed = threading.Event()

    @property
    def name(self) -> str:
        return self._name

    @property
    def window(self) -> int:
        """The most tokens of prompt and reply together. Waits for the model, as `stream` does, and raises as that."""
        loaded = self.loaded()
        usual = ON_A_PROCESSOR if loaded.device == "cpu" else ON_A_GPU
        return min(loaded.window, self._window or usual)

    @property
    def reply_tokens(self) -> int:
        """The most tokens of a reply."""
        return self._reply_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has. Waits for the model, as `stream` does, and raises as that."""
        return self.loaded().count_tokens(texts)

    def load_soon(self) -> "Future[LoadedLLM]":
        """Begin to load the model, unless that was begun; what comes of it."""
        with self._changing:
            if self._loading is None or self._may_try_again(self._loading):
                self._loading = self._writer.submit(self._loaded_once)
            return self._loading

    def loaded(self) -> LoadedLLM:
        """The model, once it is loaded. Raises LanguageModelError where it cannot be, or not in time."""
        try:
            return self.load_soon().result(self._timeout)
        except NotDone:
            raise LanguageModelError(self._still_loading()) from None

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The model's text in pieces; whoever stops reading stops the writing. Raises LanguageModelError."""
        loading = self.load_soon()
        reply = _Reply()
        writing = self._writer.submit(self._write, loading, messages, reply)
        try:
            if not reply.begun.wait(self._timeout):
                raise LanguageModelError(self._busy() if loading.done() else self._still_loading())
            any_text = False
            while (piece := self._next(reply)) is not None:
                any_text = any_text or bool(piece.strip())
                yield piece
            if not any_text:
                raise LanguageModelError(
                    f"The language model {self._name} gave an empty answer. Check that LLM_MODEL names a model for chat."
                )
        finally:
            reply.stopped.set()
            writing.cancel()

    def close(self) -> None:
        """Stop what is being written, and forget what waits; nothing can be asked any more."""
        self._closed.set()
        self._writer.shutdown(wait=False, cancel_futures=True)

    def _next(self, reply: _Reply) -> str | None:
        try:
            piece = reply.pieces.get(timeout=self._timeout)
        except Empty:
            raise LanguageModelError(
                f"The language model {self._name} wrote nothing for {self._timeout:g} seconds. It is too large for "
                "this machine, or the machine is busy: choose a smaller one, a smaller LLM_WINDOW, or a longer "
                "LLM_TIMEOUT."
            ) from None
        if isinstance(piece, Exception):
            raise piece
        return piece

    def _write(self, loading: "Future[LoadedLLM]", messages: Sequence[Message], reply: _Reply) -> None:
        """One reply, in the model's own thread, to its end or until nobody reads it."""
        reply.begun.set()
        if reply.stopped.is_set() or self._closed.is_set():
            return
        try:
            self._generate(loading.result(), messages, reply)
            reply.pieces.put(None)
        except LanguageModelError as error:
            reply.pieces.put(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised where the reply is read
            reply.pieces.put(_broken_off(self._name, error))

    def _generate(self, loaded: LoadedLLM, messages: Sequence[Message], reply: _Reply) -> None:
        import torch
        from transformers import StoppingCriteriaList

        prompt = loaded.prompt(messages)
        window = min(loaded.window, self._window or loaded.window)
        room = min(self._reply_tokens, window - prompt.shape[1])
        if room < 1:
            raise LanguageModelError(
                f"{prompt.shape[1]} tokens were to be read by the language model {self._name}, which takes {window} with "
                "its reply. Ask something shorter, or set a larger LLM_WINDOW if the model has it."
            )
        prompt = prompt.to(loaded.device)

        def ends(tokens: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
            over = reply.stopped.is_set() or self._closed.is_set() or is_refrain(tokens[0, prompt.shape[1] :].tolist())
            return torch.full((tokens.shape[0],), over, dtype=torch.bool, device=tokens.device)

        with torch.inference_mode():
            loaded.model.generate(
                input_ids=prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=room,
                streamer=_Pieces(loaded.text, reply.pieces.put),
                stopping_criteria=StoppingCriteriaList([ends]),
            )

    def _loaded_once(self) -> LoadedLLM:
        try:
            return self._load()
        except BaseException:
            self._failed_at = time.monotonic()
            raise

    def _may_try_again(self, loading: "Future[LoadedLLM]") -> bool:
        failed = loading.done() and (loading.cancelled() or loading.exception() is not None)
        return failed and time.monotonic() - self._failed_at > LOADED_AGAIN_AFTER

    def _still_loading(self) -> str:
        return f"The language model {self._name} is still being loaded after {self._timeout:g} seconds."

    def _busy(self) -> str:
        return (
            f"The language model {self._name} was busy with other questions for {self._timeout:g} seconds. It writes one "
            "answer at a time: where that is often too slow, serve it with vLLM or llama.cpp and set LLM_BASE_URL."
        )


class _Pieces:
    """Tokens as they are generated, into pieces of text that are final: transformers calls this a streamer."""

    def __init__(self, text: Callable[[Sequence[int]], str], put: Callable[[str], None]) -> None:
        self._text = text
        self._put = put
        self._tokens: list[int] | None = None
        self._given = 0

    def put(self, tokens: Any) -> None:
        """The prompt, and then one token after the other."""
        if self._tokens is None:
            self._tokens = []
            return
        self._tokens.extend(tokens.flatten().tolist())
        text = self._text(self._tokens)
        if not text.endswith("\ufffd"):  # the beginning of a character that more than one token write
            self._give(text)

    def end(self) -> None:
        """There are no more tokens."""
        self._give(self._text(self._tokens or []))

    def _give(self, text: str) -> None:
        if len(text) > self._given:
            self._put(text[self._given :])
            self._given = len(text)


def is_refrain(tokens: Sequence[int]) -> bool:
    """Whether a reply ends in the same words three times over, from which a small model does not find out again."""
    for length in range(1, _LONGEST_REFRAIN + 1):
        repeated = max(3 * length, _LEAST_REPEATED)
        if len(tokens) < repeated:
            continue
        tail = tokens[-repeated:]
        if all(tail[at] == tail[at - length] for at in range(length, repeated)):
            return True
    return False


def _broken_off(name: str, error: Exception) -> LanguageModelError:
    reason = " ".join(str(error).split())[:300].rstrip(".")
    if "out of memory" in reason.lower() or "allocate" in reason.lower():
        return LanguageModelError(
            f"There was not enough memory for the language model {name} to write ({reason}). Set a smaller LLM_WINDOW, "
            "or choose a smaller model."
        )
    return LanguageModelError(f"The language model {name} broke off while it wrote: {type(error).__name__}: {reason}.")
