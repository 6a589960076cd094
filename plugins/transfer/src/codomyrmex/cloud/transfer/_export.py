"""Plans as other programs read them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Literal

from codomyrmex.cloud.errors import UnsupportedOperation
from codomyrmex.cloud.transfer._folder import Folder
from codomyrmex.cloud.transfer._place import Place
from codomyrmex.cloud.transfer._plan import Action
from codomyrmex.cloud.transfer._prefix import Prefix

Format = Literal["json", "rclone", "s5cmd"]


def export(
    actions: Iterable[Action], source: Place, target: Place, form: Format, *, delete: bool = False
) -> Iterator[str]:
    """A plan, line by line.

    :param form: ``"json"``: an object a line. ``"rclone"``: the keys to copy, for
        ``rclone copy --files-from-raw``; it has no place for deletions. ``"s5cmd"``: commands for ``s5cmd run``.
    :param delete: deletions, too.

    UnsupportedOperation for what the other program cannot do: an object that is refused, a key with a line
    feed, deletions with rclone, a storage that is not S3's with s5cmd.
    """
    write = {"json": _json, "rclone": _rclone, "s5cmd": _s5cmd}[form]
    for action in actions:
        if action.what != "delete" or delete:
            yield write(action, source, target)


def _json(action: Action, source: Place, target: Place) -> str:
    line = {
        "action": action.what,
        "key": action.key,
        "size": action.size,
        "source": source.name_of(action.key),
        "target": target.name_of(action.key),
    }
    if action.reason:
        line["reason"] = action.reason
    if action.error:
        line["error"] = str(action.error)
    return json.dumps(line, ensure_ascii=False)


def _rclone(action: Action, source: Place, target: Place) -> str:
    if _exportable(action) and action.what == "delete":
        raise UnsupportedOperation("a list of files for rclone says nothing of deletions; --format s5cmd or json does")
    return action.key


def _s5cmd(action: Action, source: Place, target: Place) -> str:
    _exportable(action)
    for place in (source, target):
        if not isinstance(place, Folder) and not (isinstance(place, Prefix) and place.storage.scheme == "s3"):
            raise UnsupportedOperation(f"s5cmd knows files and s3://, not {place.name}")
    if any(c in action.key for c in "*?["):
        raise UnsupportedOperation(f"s5cmd takes {action.key!r} for a pattern")
    to = shlex.quote(target.name_of(action.key))
    return f"rm {to}" if action.what == "delete" else f"cp {shlex.quote(source.name_of(action.key))} {to}"


def _exportable(action: Action) -> bool:
    if action.error:
        raise action.error
    if "\n" in action.key or "\r" in action.key:
        raise UnsupportedOperation(f"a list has a line for each key, and {action.key!r} more than one")
    return True
