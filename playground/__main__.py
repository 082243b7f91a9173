"""`python -m playground [--port 3210] [--manifest manifest.yaml] [--chat] [--open] [-- COMMAND …]`"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape

from playground.chat import Chat
from playground.command import CommandDiedError, started
from playground.errors import PlaygroundError
from playground.page_options import PageOptions
from playground.server import Running, running

PORT = 3210
CONNECT_TIMEOUT = 300.0
PICTURE_WIDTH = 92


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the playground. Returns the exit status: 0, 1 when something failed, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    words = options.command[1:] if options.command[:1] == ["--"] else options.command
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options, words)
    except (PlaygroundError, CommandDiedError, TimeoutError) as error:
        errors.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        errors.print("Stopped.")
        return 130


def _run(options: argparse.Namespace, words: Sequence[str]) -> int:
    console = Console(highlight=False)
    with ExitStack() as stack:
        playground = stack.enter_context(running(port=options.port, manifest=options.manifest, page=_page(options)))
        check = _nothing
        if words:
            log = options.log or Path(tempfile.gettempdir()) / f"playground-{playground.url.rpartition(':')[2]}.log"
            console.print(f"Starting {' '.join(words)} (its log: {log}) …", markup=False, soft_wrap=True)
            command = stack.enter_context(started(words, playground.environment(), log))
            command.wait_until(lambda: _connected(playground), CONNECT_TIMEOUT)
            check = command.check
        else:
            _tell_how_to_connect(playground, console)
        address = playground.url.replace("127.0.0.1", "localhost")
        console.print(f"Slack's look-alike runs on {address}.")
        if options.chat:
            return _chat(playground, check, options.picture)
        if options.open and _has_a_screen():
            webbrowser.open(address)
        console.print("Ctrl-C stops it.")
        while True:
            check()
            time.sleep(0.5)


def _chat(playground: Running, check: Callable[[], None], picture: Path | None) -> int:
    while not _connected(playground):
        time.sleep(0.1)
    console = Console(highlight=False, record=picture is not None, width=PICTURE_WIDTH if picture else None)
    talk = Chat(playground.client, console, check=check)
    if picture is None:
        bot = next(user["name"] for user in playground.client.state()["users"] if user["is_bot"])
        console.print(f"Write @{bot} and a question, +1 or -1 to vote on the answer, /help for more, /quit to leave.")
    status = talk.run(_typed(talk) if sys.stdin.isatty() else _piped(talk))
    if picture is not None:
        # Without the fonts that rich would have fetched from the web whenever the picture is looked at.
        drawn = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="make demo"), flags=re.DOTALL)
        picture.write_text(drawn, encoding="utf-8")
    return status


def _piped(talk: Chat) -> Iterator[str]:
    """The lines of a pipe, each shown as if it had been typed."""
    for line in sys.stdin:
        talk.console.print(f"[green]{escape(talk.prompt())}[/]{escape(line.rstrip())}")
        yield line


def _typed(talk: Chat) -> Iterator[str]:
    while True:
        talk.check()
        try:
            yield input(talk.prompt())
        except EOFError:
            print()
            return


def _page(options: argparse.Namespace) -> PageOptions:
    return PageOptions(
        details_url=options.details_url, drop_folder=options.drop_folder, folders=dict(options.folder or [])
    )


def _folder(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (equals and re.fullmatch(r"[\w-]+", name) and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FOLDER, as in handbook=samples")
    return name, Path(path)


def _has_a_screen() -> bool:
    """Whether a browser can show itself; without a screen, one in the terminal might start."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _tell_how_to_connect(playground: Running, console: Console) -> None:
    console.print("Start the app with:")
    for name, value in playground.environment().items():
        console.print(f"  export {name}={value}", soft_wrap=True)


def _connected(playground: Running) -> bool:
    app = playground.client.state()["app"]
    return bool(app["connections"] or app["request_url"])


def _nothing() -> None:
    pass


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m playground", description="A Slack look-alike on localhost, to try a Slack app without Slack."
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"where to listen on 127.0.0.1 (default {PORT})")
    parser.add_argument("--manifest", type=Path, help="the app's manifest: its scopes, events and commands")
    parser.add_argument("--chat", action="store_true", help="talk to the app here, or run the lines of a pipe")
    parser.add_argument("--open", action="store_true", help="open the page in the browser, where there is a screen")
    parser.add_argument("--details-url", metavar="URL", help="where the app tells what it knows of a message or a file")
    parser.add_argument(
        "--drop-folder", type=Path, metavar="FOLDER", help="where files go that are dropped on the page"
    )
    parser.add_argument(
        "--folder", type=_folder, action="append", metavar="NAME=FOLDER", help="a folder to be read at /folders/NAME/"
    )
    parser.add_argument("--picture", type=Path, help="with --chat: save what was shown as this SVG file")
    parser.add_argument("--log", type=Path, help="where the command's output goes (default: a temporary file)")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …", help="the app, to be started")
    return parser


if __name__ == "__main__":
    # `input` edits lines and remembers them where the terminal library is there.
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401
    sys.exit(main())
