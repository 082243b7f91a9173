"""OpenAICompatible: a language model behind any endpoint that speaks OpenAI's chat completions, hosted or local."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot.answering.endpoint_tokens import EndpointTokens
from bot.answering.write import REPLY_TOKENS, LanguageModelError, Message

if TYPE_CHECKING:
    from openai import OpenAI, OpenAIError, Stream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

CONNECT_SECONDS = 10.0
RETRIES = 2
"""Of a request that was refused at once. One that timed out is not sent again: somebody waits."""

_LONGEST_WAIT = 5.0
_PASSING = frozenset({409, 429, 500, 502, 503, 504, 529})


class OpenAICompatible:
    """Chat completions at `base_url`, streamed. Safe to share between threads.

    `timeout` is the seconds without a word after which the model counts as dead. No key is sent as "none", which
    endpoints that need none ignore. `window` is the most tokens of prompt and reply; None is what the endpoint tells.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None,
        timeout: float = 60.0,
        window: int | None = None,
        reply_tokens: int = REPLY_TOKENS,
    ) -> None:
        self._base_url = base_url
        self._model = model
        self._api_key = api_key or "none"
        self._timeout = timeout
        self._client: OpenAI | None = None
        self._tokens = EndpointTokens(base_url, model, self._api_key, window)
        self._reply_tokens = reply_tokens

    @property
    def name(self) -> str:
        return self._model

    @property
    def window(self) -> int:
        """The most tokens of prompt and reply together."""
        return self._tokens.window

    @property
    def reply_tokens(self) -> int:
        """Of the window, what is left for a reply."""
        return self._reply_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, as the endpoint counts them, or else an estimate from above."""
        return self._tokens.count_tokens(texts)

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The model's text in pieces. Raises LanguageModelError unless it is whole and not empty."""
        from openai import OpenAIError  # deferred: half a second that commands without a model need not spend

        any_text, ended = False, False
        try:
            with self._request(messages) as chunks:
                for chunk in chunks:
                    for choice in chunk.choices[:1]:
                        if choice.delta and choice.delta.content:
                            any_text = any_text or bool(choice.delta.content.strip())
                            yield choice.delta.content
                        ended = ended or choice.finish_reason is not None
        except OpenAIError as error:
            raise LanguageModelError(self._broken_off(error) if any_text else self._explain(error)) from error
        except ValueError as error:
            raise LanguageModelError(self._broken_off(error)) from error
        if not any_text:
            raise LanguageModelError(
                f"The language model {self._model} gave an empty answer. Check that {self._base_url} (LLM_BASE_URL) is "
                "an OpenAI-compatible endpoint (most end in /v1), that LLM_MODEL names a model for chat, and that "
                "LLM_WINDOW is not more than the server takes."
            )
        if not ended:
            raise LanguageModelError(
                f"The language model {self._model} stopped in the middle of its answer. "
                f"Check the log of the server at {self._base_url}: it may have run out of memory or been restarted."
            )

    def _request(self, messages: Sequence[Message]) -> "Stream[ChatCompletionChunk]":
        from openai import APIConnectionError, APIStatusError, APITimeoutError, BadRequestError, Omit, omit

        client = self._client = self._client or self._connect()
        temperature: float | Omit = 0.0
        for attempt in range(RETRIES + 1):
            try:
                return client.chat.completions.create(
                    model=self._model,
                    messages=[_turn(message) for message in messages],
                    stream=True,
                    temperature=temperature,
                )
            except APITimeoutError:
                raise
            except BadRequestError as error:
                if "temperature" not in error.message or temperature is omit:
                    raise
                temperature = omit  # models that reason before they write take none but their own
            except (APIConnectionError, APIStatusError) as error:
                wait = _wait_before_retry(error, attempt)
                if wait is None:
                    raise
                time.sleep(wait)
        raise LanguageModelError(f"The language model {self._model} refused each attempt. Check its server's log.")

    def _connect(self) -> "OpenAI":
        from openai import OpenAI, Timeout

        timeout = Timeout(self._timeout, connect=min(CONNECT_SECONDS, self._timeout))
        return OpenAI(base_url=self._base_url, api_key=self._api_key, timeout=timeout, max_retries=0)

    def _explain(self, error: "OpenAIError") -> str:
        """What happened, and what to check."""
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        if isinstance(error, APITimeoutError):
            return self._silent()
        if isinstance(error, APIConnectionError):
            return (
                f"The language model at {self._base_url} cannot be reached ({error.__cause__ or error}). "
                "Check LLM_BASE_URL, and that its server runs."
            )
        if not isinstance(error, APIStatusError):
            return f"The language model {self._model} failed while it wrote: {error}. Check the server's log."
        said = f"{self._base_url} answered {error.status_code} to the model {self._model}: {str(error.message)[:300]}"
        if error.status_code in (401, 403):
            return f"{said} Check LLM_API_KEY, and that it may use this model."
        if error.status_code == 404:
            return f"{said} Check LLM_MODEL, and that LLM_BASE_URL is the endpoint's whole address (most end in /v1)."
        if error.status_code == 429:
            return f"{said} Too much was asked of it in a short time, or its quota is used up: check the account."
        if error.status_code >= 500:
            return f"{said} The trouble is on its side: check its status page or its log."
        return f"{said} Check LLM_MODEL, and that the model takes a conversation of this length."

    def _broken_off(self, error: Exception) -> str:
        return (
            f"The language model {self._model} broke off while it wrote ({error.__cause__ or error}). "
            f"Check the server at {self._base_url} and what stands between: a proxy may cut long responses."
        )

    def _silent(self) -> str:
        return (
            f"The language model {self._model} said nothing for {self._timeout:g} seconds. "
            f"Check the server at {self._base_url}, or give it more time with LLM_TIMEOUT."
        )


def _turn(message: Message) -> "ChatCompletionMessageParam":
    if message["role"] == "system":
        return {"role": "system", "content": message["content"]}
    if message["role"] == "assistant":
        return {"role": "assistant", "content": message["content"]}
    return {"role": "user", "content": message["content"]}


def _wait_before_retry(error: "OpenAIError", attempt: int) -> float | None:
    """Seconds to wait before the same request again, or None if that would not help or take too long."""
    from openai import APIStatusError

    if attempt == RETRIES or (isinstance(error, APIStatusError) and error.status_code not in _PASSING):
        return None
    wait = 0.5 * 2.0**attempt
    if isinstance(error, APIStatusError):
        with contextlib.suppress(ValueError):
            wait = float(error.response.headers.get("retry-after", wait))
    return wait if wait <= _LONGEST_WAIT else None
