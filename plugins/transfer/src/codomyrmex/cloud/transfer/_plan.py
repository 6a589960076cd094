"""What there is to do: two sorted listings, merged lazily."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.transfer._compare import by_listing
from codomyrmex.cloud.transfer._entry import Entry
from codomyrmex.cloud.transfer._folder import Folder
from codomyrmex.cloud.transfer._place import Place, Problem
from codomyrmex.cloud.transfer.errors import KeyRefused, ListingError

What = Literal["copy", "look", "same", "delete", "refuse"]


class Action(NamedTuple):
    """What there is to do for one key."""

    what: What
    """``"copy"``; ``"delete"`` what is at the target only; ``"refuse"`` what the target cannot hold;
    ``"same"``: nothing; ``"look"``: copy it if a closer look, which takes requests, tells that it differs."""
    key: str
    source: Entry | None = None
    target: Entry | None = None
    reason: str = ""
    """Why it is copied: ``"missing"``, ``"size"``, ``"checksum"``, ``"content"``."""
    error: CloudError | None = None
    """Why it is refused."""

    @property
    def size(self) -> int:
        """Bytes."""
        entry = self.source or self.target
        return entry.size if entry else 0


class Sides(NamedTuple):
    """Two places, and which keys take part."""

    source: Place
    target: Place
    wanted: Callable[[str], bool]

    def source_entries(self, problems: deque[Action]) -> Iterator[Entry]:
        """In order; what cannot be read is put to the problems, if it takes part."""

        def refuse(key: str, error: CloudError) -> None:
            if self.wanted(key):
                problems.append(Action("refuse", key, error=error))

        return self._taking_part(self.source, refuse)

    def target_entries(self) -> Iterator[Entry]:
        """In order. What is no object there, such as a link to a folder, is let be."""
        return self._taking_part(self.target, lambda key, error: None)

    def _taking_part(self, place: Place, problem: Problem) -> Iterator[Entry]:
        return (entry for entry in in_order(place.entries(problem), place.name) if self.wanted(entry.key))


def in_order(entries: Iterable[Entry], where: str) -> Iterator[Entry]:
    """The same; ListingError if their keys are not in order, as then a merge would find what is there missing."""
    last = None
    for entry in entries:
        key = entry.key.encode()
        if last is not None and key <= last:
            raise ListingError(f"{where} lists {entry.key!r} behind {last.decode()!r}, which is not in order")
        last = key
        yield entry


def merged(
    source: Iterator[Entry], target: Iterator[Entry]
) -> Iterator[tuple[Entry, Entry] | tuple[Entry, None] | tuple[None, Entry]]:
    """For each key what is on either side, in order."""
    one, other = next(source, None), next(target, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key.encode() < other.key.encode()):
            assert one is not None
            yield one, None
            one = next(source, None)
        elif one is None or one.key != other.key:
            yield None, other
            other = next(target, None)
        else:
            yield one, other
            one, other = next(source, None), next(target, None)


def copies(sides: Sides) -> Iterator[Action]:
    """Copy all; the target is not listed."""
    problems: deque[Action] = deque()
    actions = (Action("copy", entry.key, entry) for entry in sides.source_entries(problems))
    return _possible(sides.target, _with(problems, actions))


def differences(sides: Sides, *, certain: bool) -> Iterator[Action]:
    """Copy what differs, delete what is at the target only.

    :param certain: what is of the same size is to be read.
    """
    problems: deque[Action] = deque()
    return _possible(sides.target, _with(problems, _differences(sides, problems, certain=certain)))


def _with(problems: deque[Action], actions: Iterator[Action]) -> Iterator[Action]:
    """The actions, before each the problems that were met on the way to it."""
    for action in actions:
        while problems:
            yield problems.popleft()
        yield action
    yield from problems


def _differences(sides: Sides, problems: deque[Action], *, certain: bool) -> Iterator[Action]:
    keeps_times = isinstance(sides.target, Folder)
    for source, target in merged(sides.source_entries(problems), sides.target_entries()):
        if target is None:
            assert source is not None
            yield Action("copy", source.key, source, None, "missing")
        elif source is None:
            yield Action("delete", target.key, None, target)
        else:
            reason = by_listing(source, target, keeps_times=keeps_times)
            if certain and reason != "size":
                reason = None
            what: What = "look" if reason is None else "copy" if reason else "same"
            yield Action(what, source.key, source, target, reason or "")


def _possible(target: Place, actions: Iterator[Action]) -> Iterator[Action]:
    """Refuse what can be no file in a folder: a key that is no path, and one below a key that is a file."""
    if not isinstance(target, Folder):
        yield from actions
        return
    above: list[str] = []  # keys that begin this one, of which there are as many as it has characters at most
    for action in actions:
        if action.source is None:
            yield action
            continue
        key = action.key
        if key.endswith("/") and not action.size:
            continue  # what consoles make to show a folder
        while above and not key.startswith(above[-1]):
            above.pop()
        file = next((other for other in above if key.startswith(other + "/")), None)
        error = target.refusal(key)
        if error is None and file is not None:
            error = KeyRefused(f"{key!r} lies below the key {file!r}, which is a file: no folder holds both")
        if error is None:
            above.append(key)
        yield action if error is None else action._replace(what="refuse", error=error)
