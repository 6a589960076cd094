"""The four verbs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Unpack

from codomyrmex.cloud.errors import InvalidRequest
from codomyrmex.cloud.transfer._batch import Job, difference_of
from codomyrmex.cloud.transfer._folder import Folder
from codomyrmex.cloud.transfer._open import PlaceLike, sides_of
from codomyrmex.cloud.transfer._place import AS_IT_IS, Manner
from codomyrmex.cloud.transfer._plan import Action, Sides, copies, differences
from codomyrmex.cloud.transfer._report import Summary
from codomyrmex.cloud.transfer._run import Options, Run


def copy(
    source: PlaceLike,
    target: PlaceLike,
    *,
    content_type: str | None = None,
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = True,
    **options: Unpack[Options],
) -> Summary:
    """Copy all below ``source`` to below ``target``, verified. The target is not listed.

    :param content_type: of all objects written; default that of the source, else by the key.
    :param metadata: put beside that of the source.
    :param overwrite: False: what is there already fails.
    :param options: see `Options`.

    TransferFailed, which has the `Summary`, if any object failed: all others are copied.
    """
    manner = Manner(content_type, dict(metadata or {}), overwrite)
    return copying(source, target, manner, **options).finish()


def sync(
    source: PlaceLike,
    target: PlaceLike,
    *,
    checksum: bool = False,
    delete: bool = False,
    max_delete: float = 0.5,
    **options: Unpack[Options],
) -> Summary:
    """Copy what is missing below ``target`` or differs from what is below ``source``.

    :param checksum: read what is of one size on both sides, to be sure; else recorded checksums and times tell.
    :param delete: delete at the target what is not at the source, once all else is copied without a failure.
    :param max_delete: the share of the target's objects that may be deleted; for more nothing is.
        1 allows all.
    :param options: see `Options`. What does not take part is not deleted.

    Errors as those of `copy`.
    """
    return syncing(source, target, checksum=checksum, max_delete=max_delete if delete else None, **options).finish()


def check(source: PlaceLike, target: PlaceLike, *, quick: bool = False, **options: Unpack[Options]) -> Summary:
    """Compare all below ``source`` with what is below ``target``; ``ok`` of the summary tells.

    :param quick: by size and recorded checksums (a file's is computed); else all data is read.
    :param options: see `Options`.
    """
    run = checking(source, target, quick=quick, **options)
    for _ in run:
        pass
    return run.summary


def plan(
    source: PlaceLike,
    target: PlaceLike,
    *,
    checksum: bool = False,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
) -> Iterator[Action]:
    """What `sync` would copy, delete (with ``delete=True``) and refuse, by the order of keys, lazily.

    What cannot be read is refused, too. Parameters as for `sync`.
    """
    sides = _apart(sides_of(source, target, include=include, exclude=exclude))
    return planned(sides, checksum=checksum)


def copying(source: PlaceLike, target: PlaceLike, manner: Manner = AS_IT_IS, **options: Unpack[Options]) -> Run:
    """`copy` as a `Run`, to watch and to stop."""
    sides = sides_of(source, target, **options)
    if sides.source.holds(sides.target):
        raise ValueError(f"{sides.target.name} lies in {sides.source.name}: the copy would copy itself without end")
    if isinstance(sides.target, Folder) and (manner.content_type or manner.metadata):
        raise InvalidRequest("a file keeps no content type and no metadata")
    return Run("copy", Job(sides.source, sides.target, manner), sides, partial(copies, sides), options=options)


def syncing(
    source: PlaceLike,
    target: PlaceLike,
    *,
    checksum: bool = False,
    max_delete: float | None = None,
    **options: Unpack[Options],
) -> Run:
    """`sync` as a `Run`, to watch and to stop. Without ``max_delete`` nothing is deleted."""
    if max_delete is not None and not 0 <= max_delete <= 1:
        raise ValueError(f"max_delete is a share, from 0 to 1, not {max_delete}")
    sides = _apart(sides_of(source, target, **options))
    job = Job(sides.source, sides.target, certain=checksum)
    actions = partial(differences, sides, certain=checksum)
    return Run("sync", job, sides, actions, max_delete=max_delete, options=options)


def checking(source: PlaceLike, target: PlaceLike, *, quick: bool = False, **options: Unpack[Options]) -> Run:
    """`check` as a `Run`, to watch and to stop."""
    sides = sides_of(source, target, **options)
    job = Job(sides.source, sides.target, certain=not quick, compare_only=True)
    return Run("check", job, sides, partial(differences, sides, certain=True), options=options)


def planned(sides: Sides, *, checksum: bool) -> Iterator[Action]:
    """What `plan` gives."""
    job = Job(sides.source, sides.target, certain=checksum)
    try:
        for action in differences(sides, certain=checksum):
            if action.what == "look" and (reason := difference_of(job, action)):
                yield action._replace(what="copy", reason=reason)
            elif action.what not in ("look", "same"):
                yield action
    finally:
        sides.source.close()
        sides.target.close()


def _apart(sides: Sides) -> Sides:
    if sides.source.holds(sides.target) or sides.target.holds(sides.source):
        raise ValueError(f"{sides.source.name} and {sides.target.name} overlap: a sync of the one changes the other")
    return sides
