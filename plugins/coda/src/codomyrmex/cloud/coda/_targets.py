"""What a change of a page or of rows is about, by ids: a name may mean another thing by the time it is sent again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Path = tuple[str, ...]
"""Such as ``("docs", "AbCDeFGH", "tables", "grid-1", "rows", "i-1")``."""

_IDS = {
    "pages": re.compile(r"(canvas|embed|syncPage|section|page)-[\w-]+"),
    "tables": re.compile(r"(grid|table|view)-[\w-]+"),
    "rows": re.compile(r"i-[\w-]+"),
}
"""What ids of Coda's look like. A name may look so too, and an id otherwise."""


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


def look_like_ids(path: Path) -> bool:
    """Whether whatever a name could stand for in the path looks like an id."""
    return all(_IDS[kind].fullmatch(part) for kind, part in zip(path[2::2], path[3::2], strict=True))


def by_ids(path: Path, answer: Any) -> Path:
    """The path with the ids that Coda answers to a GET of it. ValueError if it tells none."""
    ids = [*path[:-1], _id_of(answer)]
    if path[-2] == "rows":
        ids[path.index("rows") - 1] = _id_of(answer.get("parent"))
    return tuple(ids)


def _id_of(answer: Any) -> str:
    found = answer.get("id") if isinstance(answer, Mapping) else None
    if not isinstance(found, str) or not found:
        raise ValueError("the answer holds no id")
    return found
