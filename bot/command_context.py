"""What commands begin with: the settings, the service or the database; and how errors reach the person."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.service import Service
    from bot.settings import Settings
    from storage.database import Database

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, and nothing else.")]


def read_settings() -> "Settings":
    """The settings, and logging set up as they say."""
    from bot.app import set_up_logging
    from bot.settings import load_settings

    with said_plainly():
        settings = load_settings()
        set_up_logging(settings.log_level)
        return settings


@contextmanager
def open_service() -> "Iterator[Service]":
    """The running `lore serve` of this home where there is one, else the parts opened here."""
    from bot.control import running_service
    from bot.settings import home_folder

    with said_plainly():
        remote = running_service(home_folder())
        if remote is not None:
            yield remote
            return
        from bot.app import open_lore

        with open_lore(read_settings(), "lore " + " ".join(sys.argv[1:2])) as lore:
            yield lore.service


@contextmanager
def open_database() -> "Iterator[Database]":
    """The database alone: a running `lore serve` is not in the way."""
    from bot.app import make_home
    from storage.database import Database

    with said_plainly():
        loaded = read_settings()
        make_home(loaded.home)
        opened = Database.open(loaded.sql_url)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def said_plainly() -> Iterator[None]:
    """An error that says what to do is printed as it is, without a traceback."""
    from bot.errors import PLAIN_ERRORS

    try:
        yield
    except PLAIN_ERRORS as error:
        stop(str(error))
    except KeyboardInterrupt:
        stop("Stopped. What was done until now is kept.", 130)


def stop(message: str, code: int = 1) -> NoReturn:
    """End the command with this message and this status."""
    typer.echo(f"lore: {message}", err=True)
    raise typer.Exit(code)
