"""Who holds a lease, as other processes see it, and whether a process of this machine still lives."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


def _this_machine() -> str:
    """This boot of this machine, and its view of processes: a process's number says nothing in another container."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115  # it leads to no path
    return " ".join(parts)


@dataclass(frozen=True)
class Holder:
    """This process, named by what it does: `lore serve`, say."""

    name: str
    process: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)
    machine: str = field(default_factory=_this_machine)

    def __str__(self) -> str:
        return f"{self.name} (process {self.process} on {self.host})"

    def knows_dead(self, machine: str | None, process: int | None) -> bool:
        """Whether that process is certainly dead: it was one of this machine, and there is none of its number."""
        if machine != self.machine or process is None:
            return False
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        except OSError:  # it is another user's
            return False
        return False
