"""stevedore, over the entry points that `codomyrmex.cloud._entry_points` reads."""

from typing import Any

from codomyrmex.cloud._entry_points import EntryPoint
from stevedore.driver import DriverManager


class Chosen(DriverManager[Any]):
    """Imports one entry point that was chosen before: of two with one name stevedore itself would import both.

    stevedore's cache on disk is not used: it is stale after an installation in the same second.
    """

    def __init__(self, entry: EntryPoint) -> None:
        self._entry_point = entry.metadata
        super().__init__(entry.group, entry.name)

    def list_entry_points(self) -> list[Any]:
        """The one that was chosen, as importlib.metadata has it."""
        return [self._entry_point]
