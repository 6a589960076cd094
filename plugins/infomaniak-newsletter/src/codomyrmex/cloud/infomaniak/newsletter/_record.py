"""When each campaign was asked to be sent, in a record that outlives clients and, by a file, the process."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from codomyrmex.cloud.infomaniak.errors import InfomaniakTimeoutError
from codomyrmex.cloud.rest.endpoints import split_endpoint

RESEND_AFTER = 900.0
"""Seconds for which a campaign that may have been sent is not sent again, unless its fate becomes known before."""
FILE_NAME = "infomaniak-newsletter.sqlite"
_LOCK_SECONDS, _LOOK_LOCK_SECONDS = 5.0, 0.5
"""How long to wait for a locked file, which others lock for milliseconds: to send, and after a look."""
_LONGEST_PATH_BYTES = 500
"""Of a longer one SQLite opens no file, and does not say why."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TABLES = """
create table if not exists claims (account text, campaign text, claim text, asked_at real, lifted integer,
    primary key (account, campaign, claim));
create table if not exists taken_back (account text, campaign text, taken_back_at real);
"""

_log = logging.getLogger(__name__)


class Claim(NamedTuple):
    """The right to send a campaign, which at most one caller has at a time."""

    id: str
    asked_at: float
    """In unix seconds."""


@dataclass
class _History:
    """What is known of one campaign."""

    claims: set[Claim] = field(default_factory=set)
    lifted: set[str] = field(default_factory=set)
    """The ids of claims that do not stand any more."""
    taken_back: set[float] = field(default_factory=set)
    """When the service was asked to send it no more, in unix seconds."""

    def standing(self, now: float) -> list[Claim]:
        """The claims that keep it from being sent, oldest first; one from before the clock was set back does too."""
        claims = (claim for claim in self.claims if claim.id not in self.lifted and not _is_old(claim.asked_at, now))
        return sorted(claims, key=lambda claim: claim.asked_at)

    def is_taken_back(self, now: float) -> bool:
        """Whether its state may still be that of before it was taken back."""
        return any(abs(now - taken_back_at) <= RESEND_AFTER for taken_back_at in self.taken_back)

    def new_claim(self, now: float) -> Claim:
        claim = Claim(uuid.uuid4().hex, now)
        self.claims.add(claim)
        return claim

    def lift(self, claims: Iterable[Claim]) -> None:
        self.lifted |= {claim.id for claim in claims}

    def update(self, other: _History) -> None:
        self.claims |= other.claims
        self.lifted |= other.lifted
        self.taken_back |= other.taken_back


_Key = tuple[str, str]
"""An account and the id of a campaign."""
_histories: dict[_Key, _History] = {}
"""What this process knows, whatever becomes of the file."""
_warned: set[str] = set()
"""The files of which the user was warned that they cannot be used."""
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):  # so that no child gets an open file, or a lock that nobody releases
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


class Record:
    """The claims of one newsletter's campaigns, common to all of its clients with the same token.

    Whoever is to send a campaign claims it before. A claim stands for `RESEND_AFTER` seconds, or until it is lifted.
    Of all processes that use the same file, and of all threads, one gets it.
    """

    def __init__(self, base_url: str, token: str, newsletter_id: int) -> None:
        parts = split_endpoint(base_url, "base_url", "https://api.infomaniak.com")
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        account = f"{parts.scheme}://{parts.hostname}:{port}{parts.path.rstrip('/')} {token} {newsletter_id}"
        self._account = hashlib.sha256(account.encode()).hexdigest()

    def claim(self, campaign_id: int, now: float) -> tuple[Claim, bool]:
        """Claim a campaign.

        Args:
            now: the time, in unix seconds.

        Returns:
            The claim that stands, and whether it is a new one, of this caller. That of another may be from the future,
            where the clock was set back.

        Raises:
            InfomaniakTimeoutError: another process kept the file locked, so nobody knows. Nothing is claimed.
        """
        with self._change(campaign_id, now, _LOCK_SECONDS) as history:
            if standing := history.standing(now):
                return standing[-1], False
            return history.new_claim(now), True

    def renew(self, campaign_id: int, claim: Claim, now: float) -> Claim | None:
        """Make a claim one of now. None if it was lifted, or another one stands; then it is lifted.

        Raises InfomaniakTimeoutError as `claim`.
        """
        with self._change(campaign_id, now, _LOCK_SECONDS) as history:
            is_lost = claim.id in history.lifted or any(other.id != claim.id for other in history.standing(now))
            history.lift([claim])
            return None if is_lost else history.new_claim(now)

    def standing(self, campaign_id: int, now: float) -> list[Claim]:
        """The claims of a campaign that an answer to a request that leaves now may lift."""
        return self._read(campaign_id, now).standing(now)

    def in_doubt(self, campaign_id: int, now: float) -> list[Claim]:
        """The claims of a campaign that a look which begins now may lift.

        None, where it was taken back in the last `RESEND_AFTER` seconds: its state may be that of before.
        """
        history = self._read(campaign_id, now)
        return [] if history.is_taken_back(now) else history.standing(now)

    def lift(self, campaign_id: int, claims: list[Claim], now: float) -> None:
        """Let these claims stand no more. Where another process keeps the file locked, they stand."""
        if claims:
            with self._unless_locked(campaign_id), self._change(campaign_id, now, _LOOK_LOCK_SECONDS) as history:
                history.lift(claims)

    def take_back(self, campaign_id: int, claims: list[Claim], now: float) -> None:
        """Lift these claims, and let no look lift a later one for `RESEND_AFTER` seconds. If it is locked as `lift`."""
        with self._unless_locked(campaign_id), self._change(campaign_id, now, _LOCK_SECONDS) as history:
            history.lift(claims)
            history.taken_back.add(now)

    def _read(self, campaign_id: int, now: float) -> _History:
        """What is known of a campaign; what is only in a file that is locked is not."""
        key = (self._account, str(campaign_id))
        with _lock:
            history = _remembered(key)
            path = _path()
            if path and os.path.exists(path):
                try:
                    with _usable(path), closing(_connect(path, _LOOK_LOCK_SECONDS)) as db:
                        history.update(_select(db, key))
                except InfomaniakTimeoutError as error:
                    _log.warning("the claims of campaign %s stand: %s", campaign_id, error.__cause__)
            return history

    @contextmanager
    def _change(self, campaign_id: int, now: float, lock_seconds: float) -> Iterator[_History]:
        """What is known of a campaign, to be changed in one transaction; where it cannot be in the file, in memory."""
        key = (self._account, str(campaign_id))
        with _lock:
            history = _remembered(key)
            path = _path()
            db = None
            if path:
                with _usable(path):
                    _make(path)
                    db = _connect(path, lock_seconds)
            try:
                is_writable = False
                if db:
                    with _usable(path):
                        history.update(_select(db, key))  # first, as a file that cannot be written may hold claims too
                        db.execute("begin immediate")
                        history.update(_select(db, key))
                        is_writable = True
                yield history
                if db and is_writable:
                    with _usable(path):
                        _insert(db, key, history, now)
                        db.execute("commit")
            finally:
                if db:
                    db.close()
            _histories[key] = history

    @contextmanager
    def _unless_locked(self, campaign_id: int) -> Iterator[None]:
        try:
            yield
        except InfomaniakTimeoutError as error:
            _log.warning("the claims of campaign %s stand: %s", campaign_id, error.__cause__)


def _is_old(asked_at: float, now: float) -> bool:
    return asked_at < now - RESEND_AFTER


def _remembered(key: _Key) -> _History:
    """A copy of what this process knows of a campaign."""
    history = _History()
    history.update(_histories.get(key, history))
    return history


def _path() -> str:
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


def _make(path: str) -> None:
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    with suppress(FileExistsError):  # a file that is there is not opened: to close it would release SQLite's locks
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _connect(path: str, lock_seconds: float) -> sqlite3.Connection:
    db = sqlite3.connect(path, lock_seconds, isolation_level=None)
    try:
        db.execute("pragma synchronous = extra")  # what is committed outlasts a loss of power
        db.executescript(_TABLES)
    except BaseException:
        db.close()
        raise
    return db


def _select(db: sqlite3.Connection, key: _Key) -> _History:
    """What the file holds of a campaign. ValueError for what is no claim."""
    history = _History()
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


def _insert(db: sqlite3.Connection, key: _Key, history: _History, now: float) -> None:
    """Put a campaign's history in the place of the one in the file, and delete what is too old of all campaigns."""
    db.execute("delete from claims where account = ? and campaign = ?", key)
    db.execute("delete from taken_back where account = ? and campaign = ?", key)
    claims = [(*key, claim.id, claim.asked_at, claim.id in history.lifted) for claim in history.claims]
    db.executemany("insert into claims values (?, ?, ?, ?, ?)", claims)
    db.executemany("insert into taken_back values (?, ?, ?)", [(*key, at) for at in history.taken_back])
    db.execute("delete from claims where asked_at < ?", (now - RESEND_AFTER,))
    db.execute("delete from taken_back where taken_back_at < ?", (now - RESEND_AFTER,))


@contextmanager
def _usable(path: str) -> Iterator[None]:
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
