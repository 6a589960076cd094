"""The file in which the claims of this machine's programs are kept, where it can be used."""

from __future__ import annotations

import functools
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from codomyrmex.cloud.infomaniak.errors import InfomaniakTimeoutError
from codomyrmex.cloud.infomaniak.newsletter._history import RESEND_AFTER, Claim, History

FILE_NAME = "infomaniak-newsletter.sqlite"
_LONGEST_PATH_BYTES = 500
"""Of a longer one SQLite opens no file, and does not say why."""
_TABLES = """
create table if not exists claims (account text, campaign text, claim text, asked_at real, lifted integer,
    primary key (account, campaign, claim));
create table if not exists taken_back (account text, campaign text, taken_back_at real);
"""

Key = tuple[str, str]
"""An account and the id of a campaign."""
_warned: set[str] = set()
"""The files of which the user was warned that they cannot be used."""
_log = logging.getLogger(__name__)


def path_of_file() -> str:
    """The file's; empty where the user wants none, or no folder can be told, of which the user is warned once."""
    folder = os.environ.get("CLOUD_STATE_DIR")
    if folder == "":
        return ""
    try:
        if folder is None:
            import platformdirs

            folder = platformdirs.user_state_dir("codomyrmex-cloud", appauthor=False)
        return os.path.join(_absolute(folder), FILE_NAME)
    except (OSError, RuntimeError) as error:  # such as no home
        _warn(folder or "the folder for the state of programs", error)
        return ""


@functools.cache
def _absolute(folder: str) -> str:
    """Once, so that a program which goes into another folder keeps its file."""
    return os.path.abspath(Path(folder).expanduser())


def make(path: str) -> None:
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    with suppress(FileExistsError):  # a file that is there is not opened: to close it would release SQLite's locks
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def connect(path: str, lock_seconds: float) -> sqlite3.Connection:
    db = sqlite3.connect(path, lock_seconds, isolation_level=None)
    try:
        db.execute("pragma synchronous = extra")  # what is committed outlasts a loss of power
        db.executescript(_TABLES)
    except BaseException:
        db.close()
        raise
    return db


def select(db: sqlite3.Connection, key: Key) -> History:
    """What the file holds of a campaign. ValueError for what is no claim."""
    history = History()
    rows = db.execute("select claim, asked_at, lifted from claims where account = ? and campaign = ?", key)
    for claim_id, asked_at, is_lifted in rows:
        claim = Claim(claim_id, _seconds(asked_at))
        history.claims.add(claim)
        if is_lifted:
            history.lift([claim])
    rows = db.execute("select taken_back_at from taken_back where account = ? and campaign = ?", key)
    history.taken_back = {_seconds(taken_back_at) for (taken_back_at,) in rows}
    return history


def _seconds(value: object) -> float:
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no time")
    return float(value)


def insert(db: sqlite3.Connection, key: Key, history: History, now: float) -> None:
    """Put a campaign's history in the place of the one in the file, and delete what is too old of all campaigns."""
    db.execute("delete from claims where account = ? and campaign = ?", key)
    db.execute("delete from taken_back where account = ? and campaign = ?", key)
    claims = [(*key, claim.id, claim.asked_at, claim.id in history.lifted) for claim in history.claims]
    db.executemany("insert into claims values (?, ?, ?, ?, ?)", claims)
    db.executemany("insert into taken_back values (?, ?, ?)", [(*key, at) for at in history.taken_back])
    db.execute("delete from claims where asked_at < ?", (now - RESEND_AFTER,))
    db.execute("delete from taken_back where taken_back_at < ?", (now - RESEND_AFTER,))


@contextmanager
def usable(path: str) -> Iterator[None]:
    """Go on without the file where it cannot be used, of which the user is warned once.

    Raises InfomaniakTimeoutError where another process keeps it locked.
    """
    try:
        yield
    except (OSError, ValueError, sqlite3.Error) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            _warn(path, error)
            return
        locked = InfomaniakTimeoutError(f"nothing was sent, as another process keeps {path} locked")
        locked.maybe_executed = False
        raise locked from error


def _warn(path: str, error: Exception) -> None:
    if path in _warned:
        return
    _warned.add(path)
    cause = f"{error}, as its path is too long" if len(os.fsencode(path)) > _LONGEST_PATH_BYTES else str(error)
    _log.warning(
        "%s cannot be used (%s): which campaigns may have been sent is known to this process alone, and another "
        "one may send them again; CLOUD_STATE_DIR names another folder for the file", path, cause,
    )  # fmt: skip
