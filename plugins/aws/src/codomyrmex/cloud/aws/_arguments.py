"""Arguments of the SDK that callers pass through: ``upload_file(..., StorageClass="GLACIER")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.serialize import create_serializer

_OURS = (
    "Body Bucket ChecksumAlgorithm ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumMode ChecksumSHA1 "
    "ChecksumSHA256 ChecksumType ContentLength ContentMD5 ContentType ContinuationToken CopySource CopySourceIfMatch "
    "CopySourceRange Delete Delimiter EncodingType IfMatch IfNoneMatch Key Metadata MpuObjectSize MultipartUpload "
    "PartNumber Prefix Range StartAfter UploadId"
)
"""Set by the storage itself, from its own arguments, or (Delimiter) what would break its promises."""


class PassedThrough:
    """The arguments of one call, for each operation of the SDK that the call needs.

    :param operations: those the call may need. TypeError at once for an argument that none of them takes.
    """

    def __init__(self, client: Any, given: Mapping[str, Any], *operations: str) -> None:
        self._given = given
        self._taken: dict[str, set[str]] = {}
        if given:
            model = client.meta.service_model
            ours = _OURS.split()
            self._taken = {n: set(model.operation_model(n).input_shape.members).difference(ours) for n in operations}
            unknown = given.keys() - set().union(*self._taken.values())
            if unknown:
                raise TypeError(
                    f"no argument of S3's {operations[0]}, or not yours to set: {', '.join(sorted(unknown))}"
                )

    def __call__(self, operation: str) -> dict[str, Any]:
        """Those that the operation takes."""
        taken = self._taken.get(operation, ())
        return {name: value for name, value in self._given.items() if name in taken}


def headers(client: Any, operation: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a request with these arguments, as the SDK writes them."""
    model = client.meta.service_model
    serializer = create_serializer(model.metadata["protocol"])
    request = serializer.serialize_to_request(dict(arguments), model.operation_model(operation))
    return dict(request["headers"])
