"""What a call of S3Storage costs over the same call of boto3 by hand: the client alone.

python bench/s3_cost.py [--size BYTES] [--rounds N] [--json FILE]

At AWS, by hand means boto3 as it comes: it sends, asks for and checks CRC-32s, as S3Storage does. At other
stores, many of which refuse those, it means boto3 with its checksums off; "verified by hand" then sends the
Content-MD5 of what is put, and compares the MD5 of what is put or got with the ETag, as S3Storage does.

Where valgrind is installed, instructions are counted (by callgrind): whatever else the machine does, they
are the same in every run, but for a percent. Else CPU time is measured, in turn.
"""

import base64
import gc
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from canned_s3 import CONTENT_TYPE, KEYS, canned_s3
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.common import CloudCredentials
from report import Line, cpu_times, options, report

BUCKET, KEY, REGION = "bucket", "folder/object.bin", "eu-central-1"
TARGET = {"Bucket": BUCKET, "Key": KEY}
STORES = {"AWS": None, "other stores": "https://s3.example.com"}
CHECKSUMS_OFF = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
LISTING = f"listing of {KEYS:,}"
MOST = 5.0
"""Percent."""
CALLGRIND = ["valgrind", "--tool=callgrind", "--dump-before=getsid"]
"""It writes its counts, and starts anew, whenever `os.getsid` is called."""

Call = Callable[[], object]


def all_calls(proxy: str, data: bytes) -> dict[str, list[Call]]:
    """For each operation: through S3Storage, by hand, and where it differs verified by hand."""
    keys = CloudCredentials(provider="aws", access_key="test", secret_key="test")
    session = boto3.session.Session("test", "test", region_name=REGION)
    proxies = {"proxies": {"https": proxy}}
    calls = {}
    for store, url in STORES.items():
        storage = S3Storage(REGION, endpoint_url=url, credentials=keys, config=proxies)
        checksums = CHECKSUMS_OFF if url else {}
        client = session.client("s3", endpoint_url=url, config=Config(**proxies, **checksums))
        asked = {} if url else {"ChecksumMode": "ENABLED"}
        for name, variants in calls_of(storage, client, data, asked).items():
            calls[f"{store}: {name}"] = variants
        if url:
            calls[f"{store}: upload_file"].append(partial(put_verified, client, data))
            calls[f"{store}: download_file"].append(partial(get_verified, client))
    return calls


def calls_of(storage: S3Storage, client: Any, data: bytes, asked: dict[str, str]) -> dict[str, list[Call]]:
    assert storage.download_file(BUCKET, KEY) == data == get_verified(client)
    assert len(list(storage.iter_objects(BUCKET))) == len(listed(client)) == KEYS
    return {
        "upload_file": [
            lambda: storage.upload_file(BUCKET, KEY, data),
            lambda: client.put_object(**TARGET, Body=data, ContentType=CONTENT_TYPE),
        ],
        "download_file": [
            lambda: storage.download_file(BUCKET, KEY),
            lambda: client.get_object(**TARGET)["Body"].read(),
        ],
        "stat": [lambda: storage.stat(BUCKET, KEY), lambda: client.head_object(**TARGET, **asked)],
        "delete_file": [lambda: storage.delete_file(BUCKET, KEY), lambda: client.delete_object(**TARGET)],
        LISTING: [lambda: list(storage.iter_objects(BUCKET)), lambda: listed(client)],
    }


def listed(client: Any) -> list[Any]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return [found for page in pages for found in page.get("Contents", ())]


def put_verified(client: Any, data: bytes) -> None:
    md5 = hashlib.md5(data)
    content_md5 = base64.b64encode(md5.digest()).decode()
    answer = client.put_object(**TARGET, Body=data, ContentType=CONTENT_TYPE, ContentMD5=content_md5)
    assert answer["ETag"] == f'"{md5.hexdigest()}"'


def get_verified(client: Any) -> bytes:
    answer = client.get_object(**TARGET)
    data: bytes = answer["Body"].read()
    assert answer["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    return data


def run_counted(calls: dict[str, list[Call]], rounds: int) -> None:
    """What callgrind watches: each call ``rounds`` times between two marks."""
    for call in chain(*calls.values(), *calls.values()):
        call()
    gc.collect()
    gc.freeze()  # else all that boto3 keeps is looked through now and then, at some variant's expense
    for what, variants in calls.items():
        for call in variants:
            os.getsid(0)
            for _ in range(repeated(what, rounds)):
                call()
    os.getsid(0)


def repeated(what: str, rounds: int) -> int:
    """How often it is called: a listing is as long as a hundred other calls."""
    return -(-rounds // 10) if what.endswith(LISTING) else rounds


def instructions(proxy: str, size: int, rounds: int) -> list[int]:
    """Of all calls of each variant, in the order of `all_calls`."""
    with tempfile.TemporaryDirectory() as folder:
        watched = [sys.executable, __file__, "--counted", proxy, "--size", str(size), "--rounds", str(rounds)]
        command = [*CALLGRIND, f"--callgrind-out-file={folder}/counts", *watched]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
        dumps = [Path(folder, f"counts.{n + 1}") for n in range(len(os.listdir(folder)) - 1)]
        totals = re.findall(r"^totals: (\d+)", "".join(dump.read_text() for dump in dumps), re.MULTILINE)
    return [int(total) for total in totals[1:]]  # the first was before the first mark


def lines(what: str, unit: str, taken: list[float]) -> list[Line]:
    """What is ours over the others; the last one does the same work."""
    ours, *others = taken
    found = []
    for name, other in zip(("by hand", "verified by hand"), others, strict=False):
        most = MOST if other is others[-1] else None
        detail = f"{ours:,.0f} {unit}, {other:,.0f} {name}"
        found.append(Line(f"{what}, over {name}", (ours / other - 1) * 100, "%", most, detail))
    return found


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--size", type=int, default=16 << 10, help="bytes of the object; default 16 KiB")
    parser.add_argument("--counted", metavar="PROXY", help="for the process that callgrind watches")
    chosen = parser.parse_args()
    data = bytes(chosen.size)
    if chosen.counted:
        run_counted(all_calls(chosen.counted, data), chosen.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AWS_CA_BUNDLE"] = ca_file = os.path.join(folder, "ca.pem")
        with canned_s3(data, ca_file) as proxy:
            calls = all_calls(proxy, data)
            if shutil.which("valgrind"):
                unit, rounds = "k instructions", chosen.rounds or 20
                counts = iter(instructions(proxy, chosen.size, rounds))
                measured = {w: [next(counts) / repeated(w, rounds) / 1e3 for _ in calls[w]] for w in calls}
            else:
                unit, rounds = "µs of CPU", chosen.rounds or 50
                measured = {w: [s * 1e6 for s in cpu_times(calls[w], repeated(w, rounds))] for w in calls}
    found = [line for what, taken in measured.items() for line in lines(what, unit, taken)]
    report(f"S3Storage over boto3, objects of {chosen.size / 1024:g} KiB", found, chosen.json)


if __name__ == "__main__":
    main()
