"""Arguments of the SDK that callers pass through: ``upload_file(..., StorageClass="GLACIER")``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from botocore.serialize import create_serializer

_OURS = (
    "Body Bucket ContentLength ContentMD5 ContentType ContinuationToken CopySource CopySourceIfMatch CopySourceRange "
    "Delete Delimiter EncodingType IfMatch IfNoneMatch Key Metadata MpuObjectSize MultipartUpload PartNumber Prefix "
    "Range StartAfter UploadId WriteOffsetBytes"
)
"""Set by the storage itself, from its own arguments, or (Delimiter, WriteOffsetBytes) what would break its promises.
So is every checksum, of whichever algorithm."""


class PassedThrough:
    """The arguments of one call, for each operation of the SDK that the call needs.

    :param operations: those whose arguments may be given. TypeError at once for one that none of them takes.
        Without any all are, also those that the storage sets itself.
    """

    def __init__(self, client: Any, given: Mapping[str, Any], *operations: str) -> None:
        self._model = client.meta.service_model
        self._given = given
        if given and operations:
            known = set().union(*map(self._members, operations)).difference(_OURS.split())
            if unknown := {name for name in given if name not in known or name.startswith("Checksum")}:
                raise TypeError(
                    f"no argument of S3's {operations[0]}, or not yours to set: {', '.join(sorted(unknown))}"
                )

    def __call__(self, operation: str) -> dict[str, Any]:
        """Those that the operation takes."""
        if not self._given:
            return {}
        members = self._members(operation)
        return {name: value for name, value in self._given.items() if name in members}

    def _members(self, operation: str) -> Collection[str]:
        members: Collection[str] = self._model.operation_model(operation).input_shape.members
        return members


def headers(client: Any, operation: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a request with these arguments, as the SDK writes them."""
    model = client.meta.service_model
    serializer = create_serializer(model.metadata["protocol"])
    request = serializer.serialize_to_request(dict(arguments), model.operation_model(operation))
    return dict(request["headers"])
