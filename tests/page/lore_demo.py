"""What `make demo` starts, on ports of its own and in a folder of its own: the page, and the real Lore behind it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playground.command import started
from playground.page_options import PageOptions
from playground.server import Running, running

ROOT = Path(__file__).parents[2]
LORE = [sys.executable, "-c", "from bot.cli import main; main()"]
FOREIGN = ("DATABASE_URL", "QDRANT_URL", "LLM_BASE_URL", "LLM_MODEL", "EMBEDDING_MODEL")


@dataclass(frozen=True)
class Demo:
    """The page at `url`; `dropped` is the folder that it drops files into."""

    url: str
    playground: Running
    dropped: Path


@contextmanager
def lore_demo(home: Path, documents: Path = ROOT / "samples", connect_seconds: float = 120.0) -> Iterator[Demo]:
    """Lore with these documents, by demo.toml, until the block ends."""
    dropped = home / "dropped"
    dropped.mkdir(parents=True)
    options_port = _free_port()
    page = PageOptions(
        details_url=f"http://127.0.0.1:{options_port}",
        drop_folder=dropped,
        folders={"handbook": documents, "dropped": dropped},
    )
    with running(manifest=ROOT / "manifest.yaml", page=page) as playground:
        url = playground.url.replace("127.0.0.1", "localhost")
        toml = (ROOT / "demo.toml").read_text(encoding="utf-8")
        toml = toml.replace("http://localhost:3210", url).replace("3212", str(options_port))
        toml = toml.replace('"../samples"', f'"{documents}"')
        (home / "lore.toml").write_text(toml, encoding="utf-8")
        environment = {**playground.environment(), "LORE_HOME": str(home), "PYTHONPATH": str(ROOT)}
        own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        subprocess.run([*LORE, "sync"], env={**own, **environment}, check=True, capture_output=True)
        with started([*LORE, "serve"], environment, home / "serve.log") as command:
            command.wait_until(lambda: bool(playground.client.state()["app"]["connections"]), connect_seconds)
            yield Demo(url, playground, dropped)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
