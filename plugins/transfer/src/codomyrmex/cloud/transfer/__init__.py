"""Copy, sync and check between any two storages, or a storage and a folder.

Keys that are there are merged lazily, work goes in batches to any `concurrent.futures.Executor`, every
object is verified, and a journal lets a killed run go on.
"""

from codomyrmex.cloud.transfer._api import check, checking, copy, copying, plan, sync, syncing
from codomyrmex.cloud.transfer._entry import Entry
from codomyrmex.cloud.transfer._export import export
from codomyrmex.cloud.transfer._filter import Filter
from codomyrmex.cloud.transfer._folder import Folder
from codomyrmex.cloud.transfer._outcome import Outcome, as_json
from codomyrmex.cloud.transfer._place import Manner
from codomyrmex.cloud.transfer._plan import Action
from codomyrmex.cloud.transfer._prefix import Prefix, same_service
from codomyrmex.cloud.transfer._report import Summary
from codomyrmex.cloud.transfer._run import Options, Run
from codomyrmex.cloud.transfer.errors import (
    DeletionsRefused,
    JournalError,
    KeyRefused,
    ListingError,
    SourceChanged,
    TransferFailed,
)

__all__ = [
    "Action",
    "DeletionsRefused",
    "Entry",
    "Filter",
    "Folder",
    "JournalError",
    "KeyRefused",
    "ListingError",
    "Manner",
    "Options",
    "Outcome",
    "Prefix",
    "Run",
    "SourceChanged",
    "Summary",
    "TransferFailed",
    "as_json",
    "check",
    "checking",
    "copy",
    "copying",
    "export",
    "plan",
    "same_service",
    "sync",
    "syncing",
]
