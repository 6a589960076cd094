"""Which keys take part: include and exclude."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


class Filter:
    """Takes a key if it matches any pattern of ``include`` (or there are none), and none of ``exclude``.

    A pattern matches the whole key, below the prefix or folder: ``*`` and ``?`` stand for any characters and
    for one, but no ``/``; ``**`` for any, ``/`` included; ``[a-z]`` and ``[!a-z]`` for one of these or of the
    others. A pattern without ``/`` matches the last part of a key, in any folder; one that ends in ``/``
    matches all that is in the folder.
    """

    def __init__(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        self._include = _any_of(include)
        self._exclude = _any_of(exclude)

    def __call__(self, key: str) -> bool:
        included = self._include is None or self._include.fullmatch(key) is not None
        return included and (self._exclude is None or self._exclude.fullmatch(key) is None)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    if isinstance(patterns, str):
        raise TypeError(f"patterns are several, such as [{patterns!r}], not one str")
    expressions = [_expression(pattern) for pattern in patterns]
    return re.compile("|".join(expressions), re.DOTALL) if expressions else None


def _expression(pattern: str) -> str:
    if not pattern.strip("/"):
        raise ValueError(f"not a pattern: {pattern!r}")
    anywhere = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    body = "".join(_translated(token) for token in _TOKENS.findall(pattern.removeprefix("/")))
    return anywhere + body + (".*" if pattern.endswith("/") else "")


def _translated(token: str) -> str:
    match token:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
    if len(token) > 1:  # [abc], [!abc]
        negated = token[1] == "!"
        inside = token[2 if negated else 1 : -1].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
        return f"(?!/)[{'^' if negated else ''}{inside.replace(']', chr(92) + ']')}]"
    return re.escape(token)
