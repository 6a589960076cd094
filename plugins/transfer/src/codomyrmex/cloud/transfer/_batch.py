"""Some objects' work, which travels to a thread, a process or another machine."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codomyrmex.cloud.transfer._compare import by_asking, by_reading
from codomyrmex.cloud.transfer._hooks import put_in_force
from codomyrmex.cloud.transfer._outcome import Outcome
from codomyrmex.cloud.transfer._place import AS_IT_IS, Manner, Place, typed
from codomyrmex.cloud.transfer._plan import Action
from codomyrmex.cloud.transfer._stream import Stopped, Watch

ATTEMPTS = 3
"""How often an object is tried that fails with an error which says that it may succeed later. The storages
repeat requests by themselves; this is for what only a new beginning mends."""
LONGEST_WAIT = 30.0
"""Seconds between them."""


@dataclass
class Job:
    """What all batches of a run share. It travels without secrets, and without what only counts here."""

    source: Place
    target: Place
    manner: Manner = AS_IT_IS
    certain: bool = False
    """Read what is of the same size on both sides."""
    compare_only: bool = False
    watch: Watch | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "watch": None}


def run_batch(job: Job, number: int, actions: Sequence[Action]) -> list[Outcome]:
    """Do these actions. Returns what became of each, of fewer if the run was stopped.

    :param number: of the batch, so that no two calls are the same to an executor which runs such once.
    """
    watch = job.watch or Watch()
    outcomes: list[Outcome] = []
    deletions = [action.key for action in actions if action.what == "delete" and not job.compare_only]
    for action in [] if deletions else actions:
        if watch.stopped:
            break
        try:
            outcomes.append(_known(job, action) or _attempted(job, action, watch))
        except Stopped:
            break
    job.target.settle(outcome.key for outcome in outcomes if outcome.result == "copied")
    if deletions and not watch.stopped:
        outcomes += _deleted(job.target, deletions)
    return outcomes


def run_batch_under(hooks: Sequence[str], job: bytes, number: int, actions: Sequence[Action]) -> list[Outcome]:
    """Do these actions in another process, with these hooks in force there before the storages are made again.

    Args:
        hooks: The names by which they are imported.
        job: The `Job`, pickled.
        number: As for `run_batch`.
        actions: As for `run_batch`.
    """
    put_in_force(hooks)
    return run_batch(pickle.loads(job), number, actions)  # noqa: S301 - made by the run that sends it


def batches(actions: Iterable[Action], objects: int, size: int) -> Iterator[list[Action]]:
    """The same in lists of at most ``objects`` and of not much more than ``size`` bytes."""
    batch: list[Action] = []
    filled = 0
    for action in actions:
        moved = action.size if action.what in ("copy", "look") else 0
        if batch and (len(batch) >= objects or filled + moved > size):
            yield batch
            batch, filled = [], 0
        batch.append(action)
        filled += moved
    if batch:
        yield batch


def _known(job: Job, action: Action) -> Outcome | None:
    """What is to be told of an action without any work."""
    if action.error is not None:
        action.error.resource = action.error.resource or job.source.name_of(action.key)
        return Outcome(action.key, "failed", error=action.error)
    if not job.compare_only or action.what == "look":
        return None
    if action.reason == "size":
        return Outcome(action.key, "differs", detail="size")
    return Outcome(action.key, "extra" if action.what == "delete" else "missing")


def _attempted(job: Job, action: Action, watch: Watch) -> Outcome:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _do(job, action, watch, fresh=attempt > 1)
        except Stopped:
            raise
        except Exception as error:
            failure = typed(error)
            if attempt == ATTEMPTS or not failure.retryable or watch.stopped:
                break
            time.sleep(min(failure.retry_after or 0.1 * attempt, LONGEST_WAIT))
    failure.resource = failure.resource or job.source.name_of(action.key)
    return Outcome(action.key, "failed", error=failure)


def _do(job: Job, action: Action, watch: Watch, *, fresh: bool) -> Outcome:
    source = action.source
    assert source is not None
    if action.what == "look" and not (difference := difference_of(job, action)):
        return Outcome(action.key, "same", source.size, source.mark)
    if job.compare_only:
        return Outcome(action.key, "differs", source.size, detail=difference)
    size = job.target.fetch(job.source, source, job.manner, watch, fresh=fresh)
    return Outcome(action.key, "copied", size, source.mark)


def difference_of(job: Job, action: Action) -> str:
    """How the two sides differ, by a closer look; empty if they do not."""
    assert action.source is not None
    assert action.target is not None
    if job.certain:
        place = by_reading(job.source, job.target, action.key)
        return "" if place is None else f"content, from byte {place}"
    same = by_asking(job.source, action.source, job.target, action.target)
    if same is None and job.compare_only:
        return ""  # the size is all there is to compare
    return "" if same else "checksum" if same is False else "unknown"


def _deleted(target: Place, keys: list[str]) -> list[Outcome]:
    try:
        failures = target.delete(keys)
    except Exception as error:
        failures = dict.fromkeys(keys, typed(error))
    return [Outcome(k, "failed", error=failures[k]) if k in failures else Outcome(k, "deleted") for k in keys]
