"""Where things are copied from and to: what a prefix of a storage and a folder have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, NamedTuple

from codomyrmex.cloud.errors import CloudError, InvalidRequest, from_builtin
from codomyrmex.cloud.transfer._entry import Entry
from codomyrmex.cloud.transfer._stream import Reader, Watch

Problem = Callable[[str, CloudError], None]
"""Called with what a listing cannot give, and why."""


class Manner(NamedTuple):
    """How to write at the target."""

    content_type: str | None = None
    """Of all objects; None: that of the source, else by the key."""
    metadata: Mapping[str, str] = {}
    """Put beside, or in place of, that of the source."""
    overwrite: bool = True


AS_IT_IS = Manner()


class Place(ABC):
    """A source or target. Travels to other processes by pickle, without secrets."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its URL or path."""

    @abstractmethod
    def name_of(self, key: str) -> str:
        """The URL or path of what has this key in it."""

    @abstractmethod
    def holds(self, other: Place) -> bool:
        """Whether the other place is this one, or lies in it."""

    @abstractmethod
    def entries(self, problem: Problem) -> Iterator[Entry]:
        """All that is in it, lazily, by the UTF-8 order of keys."""

    @abstractmethod
    def look(self, entry: Entry) -> Entry:
        """What is known of the object now; ``entry`` itself where that would take its data."""

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """Its data."""

    @abstractmethod
    def reading(self, entry: Entry, *, fresh: bool) -> AbstractContextManager[tuple[Entry, Reader]]:
        """Its data to copy, and what is known of it. The reader raises SourceChanged if it changes meanwhile.

        :param fresh: ask anew what is known of it.
        """

    @abstractmethod
    def fetch(self, source: Place, entry: Entry, manner: Manner, watch: Watch, *, fresh: bool) -> int:
        """Copy an object of ``source`` to here, verified, at once or not at all. Returns its bytes."""

    @abstractmethod
    def delete(self, keys: Iterable[str]) -> dict[str, CloudError]:
        """Delete these; returns the failures."""

    def refusal(self, key: str) -> CloudError | None:
        """Why nothing of this key can be written here, if so."""
        return None

    def settle(self, keys: Iterable[str]) -> None:  # noqa: B027 - most have nothing to do
        """Make what was written last through a power cut, where `fetch` did not."""

    @contextmanager
    def written(self, job: str) -> Iterator[None]:
        """Around a run that writes here."""
        yield

    def close(self) -> None:  # noqa: B027 - likewise
        """Release what this place itself opened."""


def typed(error: BaseException) -> CloudError:
    """The error as one of the tree, also one that is a bug: it stops nothing else, and travels."""
    if isinstance(error, CloudError):
        return error
    made = from_builtin(error)
    if made is None:
        wrong = isinstance(error, TypeError | ValueError)
        made = InvalidRequest(str(error)) if wrong else CloudError(f"{type(error).__name__}: {error}")
    made.__cause__ = error
    return made
