"""What an OpenAI-compatible endpoint says of its window and its tokens: each kind of server says it in its own way.

llama.cpp, vLLM and llama-cpp-python count tokens; llama.cpp, vLLM, Ollama and some hosts tell the window. Where nothing
is told, the counts are estimated from above.
"""

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

UNKNOWN = 4_096
"""The window of an endpoint that does not tell it, unless the settings do: Ollama's, where nothing is set there."""

ENOUGH = 8_192
"""Tokens beyond which a window is not filled unless the settings say so: it takes time and money, and gains little."""

LOOKING_SECONDS = 2.0

_PROBE = "Lore"
_LETTERS = re.compile(r"[A-Za-z]+")
_SIGN = re.compile(r"[!-@\[-`{-~\n]")
_WINDOW_KEYS = ("max_model_len", "context_length", "context_window", "n_ctx")


@dataclass(frozen=True)
class _Told:
    """What the endpoint told: where it counts tokens, and its window; `finally_` where it need not be asked again."""

    counts_at: str | None
    window: int | None
    finally_: bool


class EndpointTokens:
    """The window and the token counts of the model behind an endpoint. Safe to share between threads.

    The endpoint is asked at the first use. One that cannot be reached is asked again the next time.
    """

    def __init__(self, base_url: str, model: str, api_key: str, window: int | None) -> None:
        self._v1 = base_url.rstrip("/")
        self._root = self._v1.removesuffix("/v1")
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._window = window
        self._looking = threading.Lock()
        self._told: _Told | None = None
        self._client: httpx.Client | None = None

    @property
    def window(self) -> int:
        """The most tokens of prompt and reply together."""
        return self._window or min(self._look().window or UNKNOWN, ENOUGH)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has: together as many as the endpoint counts, or else more than they may have."""
        estimates = [estimated_tokens(text) for text in texts]
        counted = self._count("\n".join(texts)) if any(estimates) else None
        if counted is None:
            return estimates
        share = counted / sum(estimates)
        return [math.ceil(estimate * share) for estimate in estimates]

    def _look(self) -> _Told:
        with self._looking:
            if self._told is None or not self._told.finally_:
                self._told = self._ask()
            return self._told

    def _ask(self) -> _Told:
        reached = self._post(f"{self._root}/tokenize", self._text(_PROBE))
        if reached is None:
            return _Told(None, None, finally_=False)
        if isinstance(reached.get("tokens"), list):
            window = _number(reached, "max_model_len") or self._llama_cpp_window()
            return _Told(f"{self._root}/tokenize", window or self._listed_window(), finally_=True)
        counts_at = f"{self._root}/extras/tokenize/count"
        if not isinstance((self._post(counts_at, {"input": _PROBE}) or {}).get("count"), int):
            counts_at = ""
        running = self._get(f"{self._root}/api/ps")
        if isinstance(running.get("models"), list):  # Ollama, which tells the window of what it has loaded
            window = self._window_among(running["models"])
            return _Told(counts_at or None, window, finally_=window is not None)
        return _Told(counts_at or None, self._listed_window(), finally_=True)

    def _count(self, text: str) -> int | None:
        counts_at = self._look().counts_at
        if counts_at is None:
            return None
        body = {"input": text} if counts_at.endswith("/count") else self._text(text)
        counted = self._post(counts_at, body) or {}
        tokens, count = counted.get("tokens"), counted.get("count")
        return len(tokens) if isinstance(tokens, list) else count if isinstance(count, int) else None

    def _text(self, text: str) -> dict[str, Any]:
        """A text to be counted, as llama.cpp takes it and as vLLM does: each passes over the other's keys."""
        return {
            "content": text,
            "add_special": False,
            "model": self._model,
            "prompt": text,
            "add_special_tokens": False,
        }

    def _llama_cpp_window(self) -> int | None:
        settings = self._get(f"{self._root}/props").get("default_generation_settings")
        return _number(settings, "n_ctx") if isinstance(settings, dict) else None

    def _listed_window(self) -> int | None:
        listed = self._get(f"{self._v1}/models").get("data")
        return self._window_among(listed) if isinstance(listed, list) else None

    def _window_among(self, models: Sequence[Any]) -> int | None:
        for model in models:
            names = {model.get(key) for key in ("id", "name", "model")} if isinstance(model, dict) else set()
            if self._model in names or f"{self._model}:latest" in names:
                return next((found for key in _WINDOW_KEYS if (found := _number(model, key))), None)
        return None

    def _post(self, url: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """What is answered, {} for anything but a JSON object, and None where nobody answers."""
        return self._request("POST", url, json=body)

    def _get(self, url: str) -> dict[str, Any]:
        return self._request("GET", url) or {}

    def _request(self, method: str, url: str, **how: Any) -> dict[str, Any] | None:
        import httpx  # deferred: commands that ask no model do without

        try:
            if self._client is None:
                self._client = httpx.Client(timeout=LOOKING_SECONDS, headers=self._headers)
            response = self._client.request(method, url, **how)
            answered = response.json() if response.is_success else {}
        except httpx.HTTPError:
            return None
        except ValueError:
            return {}
        return answered if isinstance(answered, dict) else {}


def estimated_tokens(text: str) -> int:
    """More tokens than the text has by the usual vocabularies, also where these do not know its language well.

    For English it is half as many again as there are.
    """
    words = sum(math.ceil(len(run) / 2.5) for run in _LETTERS.findall(text))
    signs = len(_SIGN.findall(text))
    foreign = sum(not character.isascii() and not character.isspace() for character in text)
    return words + signs + 2 * foreign


def _number(held: dict[str, Any], key: str) -> int | None:
    found = held.get(key)
    return found if isinstance(found, int) and found > 0 else None
