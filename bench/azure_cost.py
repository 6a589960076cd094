"""What a call of AzureStorage costs over the same call of azure-storage-blob by hand: the client's CPU alone.

python bench/azure_cost.py [--size BYTES] [--rounds N] [--json FILE]

"By hand" is the SDK as it comes, which verifies nothing; "verified by hand" is the SDK with validate_content,
which sends and compares MD5s, as AzureStorage always does. A container is given by its name. All talk to
Azurite, in turn; only the CPU time of this process is compared, so what the server takes does not count.
"""

from collections.abc import Callable

from azure.storage.blob import BlobServiceClient, ContentSettings
from codomyrmex.cloud.azure import AzureStorage
from codomyrmex.cloud.testing.backends import Azurite
from report import Line, cpu_times, options, report

BUCKET, KEY = "bucket", "folder/object.bin"
KEYS = 1000
LISTING = f"listing of {KEYS:,}"
MOST = 5.0
"""Percent."""

Call = Callable[[], object]


def calls_of(storage: AzureStorage, client: BlobServiceClient, data: bytes) -> dict[str, list[Call]]:
    """For each operation: through AzureStorage, by hand, and where it differs verified by hand."""
    container = client.get_container_client(BUCKET)
    settings = ContentSettings(content_type="application/octet-stream")

    def upload(validate: bool) -> Call:
        return lambda: container.upload_blob(
            KEY, data, overwrite=True, content_settings=settings, validate_content=validate
        )

    def download(validate: bool) -> Call:
        return lambda: container.download_blob(KEY, validate_content=validate).readall()

    return {
        "upload_file": [lambda: storage.upload_file(BUCKET, KEY, data), upload(False), upload(True)],
        "download_file": [lambda: storage.download_file(BUCKET, KEY), download(False), download(True)],
        "stat": [lambda: storage.stat(BUCKET, KEY), lambda: container.get_blob_client(KEY).get_blob_properties()],
        "bucket_exists": [lambda: storage.bucket_exists(BUCKET), lambda: client.get_container_client(BUCKET).exists()],
        LISTING: [
            lambda: list(storage.iter_objects(BUCKET, "listed/")),
            lambda: list(container.list_blobs(name_starts_with="listed/")),
        ],
    }


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--size", type=int, default=16 << 10, help="bytes of the blob; default 16 KiB")
    asked = parser.parse_args()
    data = bytes(asked.size)
    lines = []
    with Azurite() as server, AzureStorage(server.account_url, credential=server.account_key) as storage:
        client = BlobServiceClient(server.account_url, credential=server.account_key)
        storage.create_bucket(BUCKET)
        storage.upload_file(BUCKET, KEY, data)
        for number in range(KEYS):
            storage.upload_file(BUCKET, f"listed/{number:06}", b"")
        for name, variants in calls_of(storage, client, data).items():
            ours, *others = cpu_times(variants, asked.rounds or 40, 1 if name == LISTING else 10)
            for how, other in zip(("by hand", "verified by hand"), others, strict=False):
                detail = f"{ours * 1e6:,.0f} us, {how} {other * 1e6:,.0f} us"
                most = MOST if other is others[-1] else None
                lines.append(Line(f"{name}, over {how}", (ours / other - 1) * 100, "%", most, detail))
        client.close()
    report("Cost of a call of AzureStorage over the SDK by hand", lines, asked.json)


if __name__ == "__main__":
    main()
