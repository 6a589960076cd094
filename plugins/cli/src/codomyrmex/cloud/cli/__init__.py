"""The command ``cloud``. A plugin adds a command as an entry point of group ``codomyrmex.cloud.commands``.

The entry point's name is the command's, and it gives a `click.Command`; made with `command` it has
the options that all have, and `show` prints its results as a table or, with ``--json``, as JSON.
"""

from typing import TYPE_CHECKING

from codomyrmex.cloud.cli.app import command, main
from codomyrmex.cloud.cli.output import confirm, settings, show

if TYPE_CHECKING:
    from codomyrmex.cloud.cli.progress import transfer_bar
else:

    def __getattr__(name: str) -> object:
        if name == "transfer_bar":  # it imports rich, which most commands do without
            from codomyrmex.cloud.cli.progress import transfer_bar

            return transfer_bar
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["command", "confirm", "main", "settings", "show", "transfer_bar"]
