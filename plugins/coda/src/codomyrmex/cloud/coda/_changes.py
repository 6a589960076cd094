"""What changed in a table since it was last looked at."""

from __future__ import annotations

from collections.abc import Iterator

from codomyrmex.cloud.coda.models import Row, RowList


class Changes(Iterator[Row]):
    """The rows that were added or changed since a sync token, fetched as they are read, once.

    ``sync_token`` is where to go on from, safe to keep at any time: until all rows are read it is the token that was
    given, so that an interrupted reading loses nothing.
    """

    def __init__(self, pages: Iterator[RowList], sync_token: str | None) -> None:
        self.sync_token = sync_token
        """For the next `CodaClient.iter_changes`. None where nothing was read yet, or Coda gives no token."""
        self._rows = self._read(pages)

    def __next__(self) -> Row:
        return next(self._rows)

    def _read(self, pages: Iterator[RowList]) -> Iterator[Row]:
        token = None
        for page in pages:
            token = token or page.next_sync_token  # the first: what changes meanwhile is after that one
            yield from page.items
        self.sync_token = token or self.sync_token
