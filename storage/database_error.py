"""What a database's refusal means, and what to do next."""

import sqlite3

from sqlalchemy.exc import DBAPIError

SQLITE_WAIT_SECONDS = 30

_SQLITE = {
    sqlite3.SQLITE_FULL: "{place}: its disk is full. What was written before is safe. "
    "Free some space, then run this again.",
    sqlite3.SQLITE_IOERR: "{place}: reading or writing it failed, because its disk is full, over a quota, or failing. "
    "What was written before is safe if the disk is. Free some space or check the disk, then run this again.",
    sqlite3.SQLITE_READONLY: "{place}: the file, its folder or its disk is read-only for this user. "
    "Give this user write access to it, or set LORE_HOME to a folder that they own.",
    sqlite3.SQLITE_CANTOPEN: "{place}: it cannot be opened, because its folder is missing or closed to this user. "
    "Make the folder, give this user write access to it, or set LORE_HOME to a folder that they own.",
    sqlite3.SQLITE_BUSY: "{place}: another process has been writing to it for "
    f"{SQLITE_WAIT_SECONDS} seconds. " + "Wait for it to finish, or stop it, then run this again.",
    sqlite3.SQLITE_NOTADB: "{place}: the file is not a SQLite database. "
    "Put your backup in its place, or move the file away and Lore starts with an empty one.",
    sqlite3.SQLITE_CORRUPT: "{place}: the file is damaged. "
    "Put your backup in its place, or move the file away and Lore starts with an empty one.",
}
_SQLITE[sqlite3.SQLITE_PERM] = _SQLITE[sqlite3.SQLITE_READONLY]
_SQLITE[sqlite3.SQLITE_LOCKED] = _SQLITE[sqlite3.SQLITE_BUSY]

# By SQLSTATE, or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "53100": "{place}: its server's disk is full. What was written before is safe. "
    "Free some space there, then run this again.",
    "25006": "{place}: its server takes no writes now (a standby, or read-only by its settings). "
    "Point DATABASE_URL at the primary server.",
    "42501": "{place}: this user may not do that ({detail}). "
    "Make the user the database's owner: ALTER DATABASE … OWNER TO …",
    "53300": "{place}: the server has no connection left ({detail}). "
    "Raise its max_connections, or stop what else is connected, then run this again.",
    "57": "{place}: the server ended the connection ({detail}). Run this again once it is back.",
    "08": "{place}: the connection was lost ({detail}). Check the network and the server, then run this again.",
}
_UNREACHABLE = (
    "{place}: Lore cannot connect to it ({detail}). Check that the server runs and that DATABASE_URL is right."
)


class DatabaseError(Exception):
    """The database cannot be used as it is. The message says which, why, and what to do next."""


def explain(error: DBAPIError, place: str) -> DatabaseError | None:
    """The refusal behind a driver's `error`, in words, or None where the statement itself was at fault.

    `place` names the database to a reader: a path, or a URL without its password.
    """
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        sentence = None if code is None else _SQLITE.get(code & 0xFF)
    else:
        state = getattr(cause, "sqlstate", None)
        if state is None:
            sentence = _UNREACHABLE if type(cause).__name__ == "OperationalError" else None
        else:
            sentence = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    return None if sentence is None else DatabaseError(sentence.format(place=place, detail=_first_line(cause)))


def _first_line(cause: BaseException | None) -> str:
    return str(cause).strip().partition("\n")[0].rstrip(".")
