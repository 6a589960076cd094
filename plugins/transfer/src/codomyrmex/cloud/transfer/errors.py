"""What can go wrong in a transfer beyond the errors of its storages."""

from __future__ import annotations

from codomyrmex.cloud.errors import CloudError, Conflict, InvalidRequest
from codomyrmex.cloud.transfer._report import Summary


class TransferFailed(CloudError):  # noqa: N818 - as those of the tree
    """Something was not transferred; ``summary`` names it. All else was."""

    summary: Summary


class SourceChanged(Conflict):
    """The object or file changed while it was copied; nothing was written at the target."""

    _retryable = True


class KeyRefused(InvalidRequest):
    """The key can be no file in the target folder, or the file's name no key."""


class DeletionsRefused(CloudError):  # noqa: N818
    """More would be deleted than ``max_delete`` allows, or not all could be copied first."""


class JournalError(InvalidRequest):
    """The journal is that of another job, in use by another run, or no journal."""


class ListingError(CloudError):
    """A storage does not list its keys in order, so that nothing can be said of what is missing."""
