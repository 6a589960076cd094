"""Uploads: in one request, or in blocks that become the blob when all are there ("Put Block List")."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient
from codomyrmex.cloud.azure._arguments import STAGING, how, settings
from codomyrmex.cloud.plugin import Progress
from codomyrmex.cloud.rest.parallel import in_order

_MIB = 1024 * 1024
BLOCK = 8 * _MIB
"""Bytes of a block, unless the blob is so large that it would have too many."""
MEMORY = 5 * BLOCK
"""Bytes of one upload that are on their way, unless one block is more."""
MOST_BLOCKS = 50_000
ATTEMPTS = 3
"""How often data are sent that arrive damaged."""


def block_size(size: int | None, sent: int = 0) -> int:
    """Bytes of the next block of a blob of ``size`` bytes.

    Blocks of a blob of known size are equal, in whole MiB, and no more than 50,000: Azure's limit of
    190 TiB. Where the size is not known they grow with what was sent, so that 50,000 of them reach 75 TiB.
    """
    if size is None:
        return min(max(BLOCK, sent // 5000), 4000 * _MIB)
    return max(BLOCK, -(-size // MOST_BLOCKS // _MIB) * _MIB)


class Upload:
    """One blob on its way.

    :param content_type: kept with it.
    :param metadata: as `_metadata.encode` gives it.
    :param conditions: ``etag`` and ``match_condition``.
    :param arguments: those of `_arguments.WRITING`.
    """

    def __init__(
        self,
        blob: BlobClient,
        content_type: str,
        metadata: Mapping[str, str],
        conditions: Mapping[str, Any],
        arguments: Mapping[str, Any],
    ) -> None:
        self._blob = blob
        self._content_type = content_type
        self._arguments = arguments
        self._creation = {"metadata": dict(metadata) or None, **conditions, **how(arguments)}
        self._md5 = hashlib.md5()
        self.size = 0
        """Bytes that were sent."""
        self.md5 = ""
        """Of them, in hexadecimal, at the end."""

    def whole(self, data: bytes) -> dict[str, Any]:
        """Send all of it in one request. Returns the answer."""
        self.size = len(data)
        answer: dict[str, Any] = _undamaged(
            self._blob.upload_blob,
            data,
            length=len(data),
            overwrite=True,
            validate_content=True,
            content_settings=settings(self._content_type, self._arguments),
            **self._creation,
        )
        self.md5 = bytes(answer.get("content_md5") or hashlib.md5(data).digest()).hex()  # which the SDK made already
        return answer

    def in_blocks(self, blocks: Iterator[bytes], progress: Progress | None) -> dict[str, Any]:
        """Send it in blocks. Returns the answer to the last request, which makes the blob of them.

        On any error there is no blob, and the service removes what came after a week.
        """
        sent = []
        for block_id, size in in_order(self._send, map(self._count, blocks), memory_of=len, memory=MEMORY):
            sent.append(BlobBlock(block_id))
            if progress is not None:
                progress(size)
        answer: dict[str, Any] = self._blob.commit_block_list(
            sent,
            content_settings=settings(self._content_type, self._arguments, self._md5.digest()),
            validate_content=True,
            **self._creation,
        )
        self.md5 = self._md5.hexdigest()
        return answer

    def _count(self, block: bytes) -> bytes:
        self._md5.update(block)
        self.size += len(block)
        return block

    def _send(self, block: bytes) -> tuple[str, int]:
        block_id = os.urandom(16).hex()  # another writer's blocks of this blob have other ids
        arguments = {name: value for name, value in how(self._arguments).items() if name in STAGING}
        _undamaged(self._blob.stage_block, block_id, block, validate_content=True, **arguments)
        return block_id, len(block)


def _undamaged(send: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What ``send`` gives; it is called again while the service says that the data arrived damaged."""
    for _ in range(ATTEMPTS - 1):
        try:
            return send(*arguments, **options)
        except HttpResponseError as error:
            if getattr(error, "error_code", None) != "Md5Mismatch":
                raise
    return send(*arguments, **options)
