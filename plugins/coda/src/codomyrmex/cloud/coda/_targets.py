"""What a change of a page or of rows is about, by ids: a name may mean another thing by the time it is sent again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from codomyrmex.cloud.rest.client import path_part

Path = tuple[str, ...]
"""Such as ``("docs", "AbCDeFGH", "tables", "grid-1", "rows", "i-1")``."""

_IDS = {"pages": re.compile(r"canvas-[\w-]+"), "tables": re.compile(r"grid-[\w-]+"), "rows": re.compile(r"i-[\w-]+")}
"""What most ids of Coda's look like. A name may look so too, and an id otherwise."""


class Target(NamedTuple):
    """The path of a change."""

    path: Path
    """By ids, where they could be found."""
    repeatable: bool = False
    """Whether sending it twice does what sending it once does. These are as in `codomyrmex.cloud.rest.transport`."""
    unsure: str | None = None
    """What to look at before asking again, where the same call might do something else."""
    confirm: Callable[[], str | None] | None = None
    """Asked before it is sent again."""

    def once(self, unsure: str) -> Target:
        """The same for a change that must not be sent twice; ``unsure`` is what to look at before asking again."""
        return Target(self.path, unsure=unsure)


def look_like_ids(path: Path) -> bool:
    """Whether whatever a name could stand for in the path looks like an id."""
    return all(_IDS[kind].fullmatch(part) for kind, part in zip(path[2::2], path[3::2], strict=True))


def by_ids(path: Path, answer: Any) -> Path:
    """The path with the ids that Coda answers to a GET of it. ValueError, TypeError or KeyError if it tells none."""
    ids = [*path[:-1], _id_of(answer)]
    if path[-2] == "rows":
        ids[-3] = _id_of(answer["parent"])
    return tuple(ids)


def _id_of(answer: Any) -> str:
    identifier = answer["id"]
    path_part(identifier)
    return str(identifier)
