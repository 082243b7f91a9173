"""What training changed of a model, as a safetensors file of just these parameters, put into the model again."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class WrongTensorsError(ValueError):
    """The tensors are not of this model; the message says how they differ."""


def put_tensors(tensors: bytes, model: "SentenceTransformer") -> None:
    """Let the tensors of this safetensors file take the place of `model`'s parameters of the same names.

    The names are those of `model.state_dict()`. Raises WrongTensorsError, and changes nothing, where the file is
    damaged, or a name, a shape or a number is not one that the model can have.
    """
    import torch  # deferred, as it takes seconds
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        changed = load(tensors)
    except (SafetensorError, ValueError, KeyError) as error:
        raise WrongTensorsError(f"its tensors are no safetensors file ({error})") from error
    held = model.state_dict()
    for name, tensor in changed.items():
        if name not in held:
            raise WrongTensorsError(f"the model has no parameter {name!r}")
        if tensor.shape != held[name].shape:
            raise WrongTensorsError(
                f"the model's {name!r} is of shape {tuple(held[name].shape)}, and the version's {tuple(tensor.shape)}"
            )
        if not torch.isfinite(tensor).all():
            raise WrongTensorsError(f"{name!r} has numbers that are not finite")
    model.load_state_dict(changed, strict=False)
