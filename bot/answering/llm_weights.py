"""A language model's weights and tokenizer into this process, by transformers: from a folder, a GGUF file or the Hub."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.answering.write import LanguageModelError, Message

if TYPE_CHECKING:
    import torch

GGUF = ".gguf"
READS_GGUF = ("accelerate", "gguf")
EXTRA = "pip install 'lore[gguf]'"

_ENDS_OF_TURNS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|end_of_turn|>", "<|eot|>")
"""How the usual chat templates end a turn: not every GGUF file names all of its own."""


@dataclass(frozen=True)
class LoadedLLM:
    """A causal language model with its tokenizer on a device. `window` is the most tokens of prompt and reply together.

    A tokenizer is for one thread at a time; its methods here see to that.
    """

    model: Any
    tokenizer: Any
    device: str
    window: int
    ends: tuple[int, ...]
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def prompt(self, messages: Sequence[Message]) -> "torch.Tensor":
        """The chat in the model's own template, ready for its reply -> (1, tokens) int64, on the CPU.

        What stands in a message cannot end the message: the markers of the template are broken up in it.
        """
        with self._one_at_a_time:
            text = self._templated([_turn(message, self.tokenizer.all_special_tokens) for message in messages])
            tokens: torch.Tensor = self.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
            return tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        if not texts:
            return []
        with self._one_at_a_time:
            return [len(ids) for ids in self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]]

    def text(self, tokens: Sequence[int]) -> str:
        """The text of these tokens, without markers."""
        with self._one_at_a_time:
            return str(self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _templated(self, turns: list[dict[str, str]]) -> str:
        from jinja2 import TemplateError

        try:
            return self._chat(turns)
        except TemplateError:  # some templates know no system's turn: what it says begins the person's then
            first, second, *rest = turns
            return self._chat([{"role": "user", "content": f"{first['content']}\n\n{second['content']}"}, *rest])

    def _chat(self, turns: list[dict[str, str]]) -> str:
        # Models that think aloud where nothing is said of it are asked not to: only the answer is shown.
        text = self.tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return str(text)


def load_llm(place: str, device: str = "auto") -> LoadedLLM:
    """The model in a folder or a GGUF file, or of this name on the Hub, on `device`, or, with "auto", the best there is.

    A processor computes in 32 bits and a GPU in 16, whatever the file has. Raises LanguageModelError, with what to do.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    at = device_for(device)
    folder, file = _folder_and_file(place)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **file)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=_number_type(at), **file)
        model = model.to(at).eval()
    except (OSError, ValueError, RuntimeError, KeyError, NotImplementedError, ImportError) as error:
        raise LanguageModelError(_not_loaded(place, at, error)) from error
    if not tokenizer.chat_template:
        raise LanguageModelError(
            f"The language model {place} has no chat template, so it cannot be told what to do. Set LLM_MODEL to a "
            'model for chat; their names often end in "Instruct".'
        )
    ends = _ends(model, tokenizer)
    # Sampling is the model's own habit, and what it is set to here would only be warned of.
    model.generation_config = GenerationConfig(do_sample=False, eos_token_id=list(ends), pad_token_id=ends[0])
    return LoadedLLM(model, tokenizer, at, _window(model, tokenizer), ends)


def device_for(name: str) -> str:
    """The device of this name, or for "auto" the first that is there: an NVIDIA GPU, an Apple GPU, the processor."""
    import torch

    if name != "auto":
        return name
    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


def _folder_and_file(place: str) -> tuple[str, dict[str, str]]:
    if not place.lower().endswith(GGUF):
        return place, {}
    path = Path(place)
    return str(path.parent), {"gguf_file": path.name}


def _number_type(device: str) -> "torch.dtype":
    import torch

    if device == "cpu":
        return torch.float32
    return torch.float16 if device == "mps" else torch.bfloat16


def _window(model: Any, tokenizer: Any) -> int:
    config = model.config.get_text_config()
    said = [getattr(config, "max_position_embeddings", None), tokenizer.model_max_length]
    # Tokenizers that know no limit give a number with thirty digits.
    return min((int(one) for one in said if one and one < 100_000_000), default=2048)


def _ends(model: Any, tokenizer: Any) -> tuple[int, ...]:
    own = model.generation_config.eos_token_id
    known = tokenizer.get_vocab()
    ends = [*(own if isinstance(own, list) else [own]), tokenizer.eos_token_id]
    ends += [known.get(marker) for marker in _ENDS_OF_TURNS]
    found = tuple(dict.fromkeys(int(end) for end in ends if end is not None))
    if not found:
        raise LanguageModelError("The language model does not say how its replies end. Choose a model for chat.")
    return found


def _turn(message: Message, markers: Sequence[str]) -> dict[str, str]:
    content = message["content"]
    for marker in markers:
        if len(marker) > 1:
            content = content.replace(marker, f"{marker[0]} {marker[1:]}")
    return {"role": message["role"], "content": content}


def _not_loaded(place: str, device: str, error: Exception) -> str:
    reason = " ".join(str(error).split()).rstrip(".")
    reason = reason if len(reason) <= 400 else f"{reason[:400]} …"
    if "out of memory" in reason.lower() or "allocate" in reason.lower():
        todo = f"Choose a smaller one, or another LLM_DEVICE than {device}."
    elif isinstance(error, ImportError) or "accelerate is required" in reason:
        todo = f"For GGUF files: {EXTRA}"
    else:
        todo = (
            "Set LLM_MODEL to a folder with a transformers model for chat, a GGUF file, or a name that this machine "
            "can download from the Hugging Face Hub. A model behind an endpoint needs LLM_BASE_URL too."
        )
    return f"The language model {place} could not be loaded: {reason}. {todo}"
