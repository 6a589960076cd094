"""When each campaign was asked to be sent, in a record that outlives clients and, by a file, the process."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress

from codomyrmex.cloud.infomaniak.errors import InfomaniakTimeoutError

RESEND_AFTER = 900.0
"""Seconds for which a campaign that may have been sent is not sent again, unless its fate becomes known before."""
FILE = "infomaniak-newsletter.sqlite"
LOCK_TIMEOUT = 5.0  # seconds; others hold the lock for milliseconds

_log = logging.getLogger(__name__)

_claims: dict[tuple[str, str], float] = {}
"""The claims of this process, which count where a file cannot be used."""
_unusable: set[str] = set()
"""The files that failed once: they may lack claims that this process knows."""
_TABLE = """create table if not exists claims
    (newsletter text, campaign text, asked_at real, primary key (newsletter, campaign))"""
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):  # so that no child gets an open file, or a lock that nobody releases
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


class Record:
    """The claims of one newsletter's campaigns, common to all of its clients, whatever token they have.

    Whoever is to send a campaign claims it before. A claim stands for `RESEND_AFTER` seconds, or until it is
    lifted. Of all processes that use the same file, and of all threads, one gets it.
    """

    def __init__(self, base_url: str, newsletter_id: int) -> None:
        self._newsletter = hashlib.sha256(f"{base_url} {newsletter_id}".encode()).hexdigest()

    def claim(self, campaign_id: int, now: float) -> float | None:
        """Claim a campaign.

        Args:
            now: the time, in unix seconds.

        Returns:
            None if it is claimed from now on; else the time of the claim that stands, which may be in the future
            where the clock was set back.

        Raises:
            InfomaniakTimeoutError: another process kept the file locked, so nobody knows. Nothing is claimed.
        """
        key, expired = (self._newsletter, str(campaign_id)), now - RESEND_AFTER

        def claim(db: sqlite3.Connection) -> float | None:
            standing = _standing(db, key, expired)  # first, as a file that cannot be written may hold one too
            if standing is None:
                db.execute("delete from claims where asked_at < ?", (expired,))
                if not db.execute("insert or ignore into claims values (?, ?, ?)", (*key, now)).rowcount:
                    standing = _standing(db, key, expired)
            return standing

        with _lock:
            path = _path()
            standing = _in_file(path, claim) if path else None
            if standing is None and (not path or path in _unusable) and _claims.get(key, 0.0) >= expired:
                standing = _claims.get(key)
            if standing is None:
                _claims[key] = now
            return standing

    def lift(self, campaign_id: int, until: float) -> None:
        """Forget the claim of a campaign, unless it is from a time after ``until``. If that fails, the claim stands."""
        key = (self._newsletter, str(campaign_id))

        def lift(db: sqlite3.Connection) -> None:
            db.execute("delete from claims where newsletter = ? and campaign = ? and asked_at <= ?", (*key, until))

        with _lock:
            if _claims.get(key, until) <= until:
                _claims.pop(key, None)
            path = _path()
            if os.path.exists(path):
                with suppress(InfomaniakTimeoutError):
                    _in_file(path, lift)


def _path() -> str:
    """The file's; empty where the user wants none."""
    folder = os.environ.get("CLOUD_STATE_DIR")
    if folder is None:
        import platformdirs

        folder = platformdirs.user_state_dir("codomyrmex-cloud", appauthor=False)
    return folder and os.path.join(os.path.abspath(folder), FILE)


def _in_file(path: str, find: Callable[[sqlite3.Connection], float | None]) -> float | None:
    """What is found there, in one transaction; None where the file cannot be used, of which the user is warned once."""
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        with suppress(FileExistsError):  # a file that is there is not opened: to close it would release SQLite's locks
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path, LOCK_TIMEOUT, isolation_level="IMMEDIATE")) as db:
            db.execute("pragma synchronous = extra")  # what is committed outlasts a loss of power
            db.execute(_TABLE)
            with db:
                return find(db)
    except (OSError, sqlite3.Error) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise InfomaniakTimeoutError(f"nothing was sent, as another process keeps {path} locked") from error
        _warn(path, error)
        return None


def _standing(db: sqlite3.Connection, key: tuple[str, str], expired: float) -> float | None:
    query = "select asked_at from claims where newsletter = ? and campaign = ? and asked_at >= ?"
    row = db.execute(query, (*key, expired)).fetchone()
    return row and float(row[0])


def _warn(path: str, error: Exception) -> None:
    if not _unusable:
        _log.warning(
            "%s cannot be used (%s): which campaigns may have been sent is known to this process alone, and another "
            "one may send them again; CLOUD_STATE_DIR names another folder for the file", path, error,
        )  # fmt: skip
    _unusable.add(path)
