"""What a call of GCSStorage costs over the same call of google-cloud-storage by hand: the client's CPU alone.

python bench/gcs_cost.py [--size BYTES] [--rounds N] [--json FILE]

By hand means the SDK as it comes; it computes and compares CRC-32Cs by itself, as GCSStorage does. Both talk
to fake-gcs-server, in turn; only the CPU time of this process is compared, so what the server takes does
not count.
"""

from collections.abc import Callable

from codomyrmex.cloud.gcp import GCSStorage
from codomyrmex.cloud.testing.backends import FakeGCS
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client
from report import Line, cpu_times, options, report

BUCKET, KEY = "bucket", "folder/object.bin"
KEYS = 1000
LISTING = f"listing of {KEYS:,}"
MOST = 5.0
"""Percent."""

Call = Callable[[], object]


def calls_of(storage: GCSStorage, client: Client, data: bytes) -> dict[str, list[Call]]:
    """For each operation: through GCSStorage, and by hand."""
    bucket = client.bucket(BUCKET)
    return {
        "upload_file": [
            lambda: storage.upload_file(BUCKET, KEY, data),
            lambda: bucket.blob(KEY).upload_from_string(data, "application/octet-stream"),
        ],
        "download_file": [
            lambda: storage.download_file(BUCKET, KEY),
            lambda: bucket.blob(KEY).download_as_bytes(raw_download=True),
        ],
        "stat": [lambda: storage.stat(BUCKET, KEY), lambda: bucket.blob(KEY).reload()],
        "bucket_exists": [lambda: storage.bucket_exists(BUCKET), lambda: bucket.exists()],
        LISTING: [
            lambda: list(storage.iter_objects(BUCKET, "listed/")),
            lambda: list(client.list_blobs(bucket, prefix="listed/")),
        ],
    }


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--size", type=int, default=10_000, help="bytes of the object")
    asked = parser.parse_args()
    data = bytes(asked.size)
    lines = []
    with FakeGCS() as server, GCSStorage("ants", endpoint_url=server.endpoint_url, anonymous=True) as storage:
        client = Client("ants", AnonymousCredentials(), client_options={"api_endpoint": server.endpoint_url})
        client._bucket_metadata_cache = None  # else a thread of the SDK's would be counted in between
        storage.create_bucket(BUCKET)
        storage.upload_file(BUCKET, KEY, data)
        for number in range(KEYS):
            storage.upload_file(BUCKET, f"listed/{number:06}", b"")
        for name, variants in calls_of(storage, client, data).items():
            ours, by_hand = cpu_times(variants, asked.rounds or 40, 1 if name == LISTING else 10)
            detail = f"{ours * 1e6:,.0f} us, by hand {by_hand * 1e6:,.0f} us"
            lines.append(Line(name, (ours / by_hand - 1) * 100, "%", MOST, detail))
    report("Cost of a call of GCSStorage over the SDK by hand", lines, asked.json)


if __name__ == "__main__":
    main()
