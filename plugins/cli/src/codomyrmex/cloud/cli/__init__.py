"""The command ``cloud``. A plugin adds a command as an entry point of group ``codomyrmex.cloud.commands``.

The entry point's name is the command's, and it gives a `click.Command`; made with `command` it has
the options that all have, and `show` prints its results as a table or, with ``--json``, as JSON.
"""

from codomyrmex.cloud.cli.app import command, main
from codomyrmex.cloud.cli.output import confirm, settings, show, transfer_bar

__all__ = ["command", "confirm", "main", "settings", "show", "transfer_bar"]
