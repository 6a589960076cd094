"""``cloud call``: every operation of every installed client as a command, made from its signature."""

from codomyrmex.cloud.cli.call.commands import call

__all__ = ["call"]
