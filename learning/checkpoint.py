"""Where a training stands, in a file: one that was stopped goes on from the last epoch that it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn


@dataclass(frozen=True)
class Checkpoint:
    """A file that is replaced whole, so that a kill leaves the earlier one."""

    path: Path

    def load(
        self,
        weights: Mapping[str, nn.Parameter],
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> int:
        """Put the training where it stood; returns how many epochs had ended, 0 where there is no file."""
        if not self.path.exists():
            return 0
        kept = torch.load(self.path, map_location="cpu", weights_only=True)
        with torch.no_grad():
            for name, parameter in weights.items():
                parameter.copy_(kept["weights"][name])
        optimizer.load_state_dict(kept["optimizer"])
        schedule.load_state_dict(kept["schedule"])
        return int(kept["epochs"])

    def save(
        self,
        weights: Mapping[str, nn.Parameter],
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        epochs: int,
    ) -> None:
        """Keep where the training stands after so many epochs."""
        beside = self.path.with_suffix(".new")
        kept = {
            "weights": {name: parameter.detach() for name, parameter in weights.items()},
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "epochs": epochs,
        }
        torch.save(kept, beside)
        beside.replace(self.path)
