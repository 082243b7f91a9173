"""The lower layers of an embedding model, frozen: what they make of a text is computed once, not once an epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn

READ_AT_ONCE = 32
TRAINED_AT_ONCE = 16
"""Texts that are padded to one length, of those of a step: fewer waste less time on padding."""


@dataclass(frozen=True)
class ReadText:
    """A text as the model's upper layers meet it: its token ids (t,), and its hidden state (t, h, float16) there."""

    tokens: Tensor
    hidden: Tensor | None


class UpperLayers:
    """A model of which the upper layers can be trained; the embeddings and the lower layers stay as they are.

    `frozen_share` (0 to 1) of the layers are frozen. Where no stack of layers is found in the model, all of it is
    trained, and texts are read anew each time. The model is taken over: its dropout is off, and its frozen layers
    stand behind a `_Frozen`.
    """

    def __init__(self, model: SentenceTransformer, frozen_share: float) -> None:
        self._model = model.eval()
        layers, frozen = freeze(model, frozen_share)
        self._first_trained = layers[frozen] if frozen else None
        self._lower = [_Frozen(layer) for layer in layers[:frozen]]
        for place, layer in enumerate(self._lower):
            layers[place] = layer

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def trained(self) -> dict[str, nn.Parameter]:
        """The parameters that training changes, by their names in the model."""
        return {name: weights for name, weights in self._model.named_parameters() if weights.requires_grad}

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        """What the frozen layers make of texts, in their order."""
        found: list[ReadText | None] = [None] * len(texts)
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        for start in range(0, len(order), READ_AT_ONCE):
            places = order[start : start + READ_AT_ONCE]
            for place, text in zip(places, self._read([texts[place] for place in places]), strict=True):
                found[place] = text
        return [text for text in found if text is not None]

    def embed(self, texts: Sequence[ReadText]) -> Tensor:
        """Texts that were read -> (n, dimension), of unit length; gradients reach the upper layers."""
        order = sorted(range(len(texts)), key=lambda at: len(texts[at].tokens))
        embedded = [
            self._embed([texts[at] for at in order[start : start + TRAINED_AT_ONCE]])
            for start in range(0, len(order), TRAINED_AT_ONCE)
        ]
        places = torch.tensor(order, device=embedded[0].device).argsort()
        return torch.cat(embedded)[places]

    def _embed(self, texts: Sequence[ReadText]) -> Tensor:
        lengths = [len(text.tokens) for text in texts]
        tokens = torch.zeros(len(texts), max(lengths), dtype=torch.long)
        mask = torch.zeros(len(texts), max(lengths), dtype=torch.long)
        for row, (text, length) in enumerate(zip(texts, lengths, strict=True)):
            tokens[row, :length], mask[row, :length] = text.tokens, 1
        features = {"input_ids": tokens, "attention_mask": mask}
        features = {name: value.to(self._model.device) for name, value in features.items()}
        if not self._lower:
            return _normalized(self._model(features))
        given = torch.zeros(len(texts), max(lengths), _width(texts))
        for row, (text, length) in enumerate(zip(texts, lengths, strict=True)):
            if text.hidden is not None:
                given[row, :length] = text.hidden
        given = given.to(self._model.device)
        for layer in self._lower:
            layer.given = given
        try:
            return _normalized(self._model(features))
        finally:
            for layer in self._lower:
                layer.given = None

    @torch.inference_mode()
    def _read(self, texts: Sequence[str]) -> list[ReadText]:
        features = self._model.preprocess(list(texts))
        lengths = features["attention_mask"].sum(dim=1).tolist()
        tokens = [ids[:length].cpu() for ids, length in zip(features["input_ids"], lengths, strict=True)]
        if self._first_trained is None:
            return [ReadText(ids, None) for ids in tokens]
        hidden = self._below(self._first_trained, features)
        return [
            ReadText(ids, state[:length].cpu().half())
            for ids, state, length in zip(tokens, hidden, lengths, strict=True)
        ]

    def _below(self, first_trained: nn.Module, features: dict[str, Any]) -> Tensor:
        """The hidden states (n, t, h) that reach the first layer that is trained."""
        reached: list[Tensor] = []

        def stop(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            reached.append(args[0] if args else kwargs["hidden_states"])
            raise _ReachedError

        hook = first_trained.register_forward_pre_hook(stop, with_kwargs=True)
        try:
            self._model({name: value.to(self._model.device) for name, value in features.items() if _is_tensor(value)})
        except _ReachedError:
            pass
        finally:
            hook.remove()
        return reached[0]


def freeze(model: SentenceTransformer, frozen_share: float) -> tuple[nn.ModuleList, int]:
    """Let training change the upper layers only; returns the layers, and how many of them are frozen.

    Where no stack of layers is found, all of the model is left to training.
    """
    layers = _stack(model)
    frozen = int(len(layers) * frozen_share)
    model.requires_grad_(not frozen)
    for layer in layers[frozen:]:
        layer.requires_grad_(True)
    return layers, frozen


class _ReachedError(Exception):
    """The first layer that is trained was reached: nothing above it needs to be computed."""


class _Frozen(nn.Module):
    """A frozen layer, or, while something is given, what the frozen layers make of it."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self._layer = layer
        self._gives_a_tuple = False
        self.given: Tensor | None = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        if self.given is not None:
            return (self.given,) if self._gives_a_tuple else self.given
        made = self._layer(*args, **kwargs)
        self._gives_a_tuple = isinstance(made, tuple)
        return made


def _stack(model: SentenceTransformer) -> nn.ModuleList:
    """The model's transformer layers: its longest list of modules of one class."""
    lists = [
        module
        for module in model.modules()
        if isinstance(module, nn.ModuleList) and len(module) > 1 and len({type(layer) for layer in module}) == 1
    ]
    return max(lists, key=len, default=nn.ModuleList())


def _normalized(features: Any) -> Tensor:
    return nn.functional.normalize(features["sentence_embedding"], dim=1)


def _width(texts: Sequence[ReadText]) -> int:
    return next(text.hidden.shape[1] for text in texts if text.hidden is not None)


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor)
