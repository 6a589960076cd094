"""When each campaign was asked to be sent, in a record that outlives clients and, by a file, the process."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from codomyrmex.cloud.infomaniak.errors import InfomaniakTimeoutError
from codomyrmex.cloud.infomaniak.newsletter import _state_file as state_file
from codomyrmex.cloud.infomaniak.newsletter._history import Claim, History
from codomyrmex.cloud.rest.endpoints import split_endpoint

_LOCK_SECONDS, _LOOK_LOCK_SECONDS = 5.0, 0.5
"""How long to wait for a locked file, which others lock for milliseconds: to send, and after a look."""
_DEFAULT_PORTS = {"http": 80, "https": 443}

_log = logging.getLogger(__name__)

_histories: dict[state_file.Key, History] = {}
"""What this process knows, whatever becomes of the file."""
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

    def _read(self, campaign_id: int, now: float) -> History:
        """What is known of a campaign; what is only in a file that is locked is not."""
        key = (self._account, str(campaign_id))
        with _lock:
            history = _remembered(key)
            path = state_file.path_of_file()
            if path and os.path.exists(path):
                with (
                    self._unless_locked(campaign_id),
                    state_file.usable(path),
                    closing(state_file.connect(path, _LOOK_LOCK_SECONDS)) as db,
                ):
                    history.update(state_file.select(db, key))
            return history

    @contextmanager
    def _change(self, campaign_id: int, now: float, lock_seconds: float) -> Iterator[History]:
        """What is known of a campaign, to be changed in one transaction; where it cannot be in the file, in memory."""
        key = (self._account, str(campaign_id))
        with _lock:
            history = _remembered(key)
            path = state_file.path_of_file()
            db = None
            if path:
                with state_file.usable(path):
                    state_file.make(path)
                    db = state_file.connect(path, lock_seconds)
            try:
                is_writable = False
                if db:
                    with state_file.usable(path):
                        # before, too, as a file that cannot be written may hold claims
                        history.update(state_file.select(db, key))
                        db.execute("begin immediate")
                        history.update(state_file.select(db, key))
                        is_writable = True
                yield history
                if db and is_writable:
                    with state_file.usable(path):
                        state_file.insert(db, key, history, now)
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


def _remembered(key: state_file.Key) -> History:
    """A copy of what this process knows of a campaign."""
    history = History()
    history.update(_histories.get(key, history))
    return history
