"""A folder of many small files to S3, back, and compared again: by `cloud` and by others, on one server in one run.

python bench/transfer.py [--server ministack|swift|moto] [--only CLIENTS] [--objects N] [--size BYTES]
                         [--rounds N] [--folder FOLDER] [--json FILE]

Every client is a program that is started anew, so its start is in the numbers. In every round each client does
each operation once. Numbers are medians of wall and CPU seconds; CPU is that of the client with its children (not
of Dask's workers, which run all the time). What was copied is compared outside the measured time.
"""

from __future__ import annotations

import filecmp
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter, sleep

from codomyrmex.cloud.aws import S3Storage
from report import machine, options, save, table
from s3 import SERVERS, empty, middle, running, size_name, write_objects
from s3_peers import Client, Rclone, S5cmd

OPERATIONS = ("put", "get", "sync")
Command = Callable[[str, str, str], list[str]]
"""The command that does an operation from a source to a target, each a folder or a bucket's URL."""


def cloud(*extra: str) -> Command:
    def command(operation: str, source: str, target: str) -> list[str]:
        verb = ["sync"] if operation == "sync" else ["cp", "-r"]
        return [sys.executable, "-m", "codomyrmex.cloud.cli", *verb, source, target, *extra]

    return command


def rclone(peer: Client) -> Command:
    def command(operation: str, source: str, target: str) -> list[str]:
        verb = "sync" if operation == "sync" else "copy"
        return [*peer.command, verb, *(place.replace("s3://", "s3:") for place in (source, target))]

    return command


def s5cmd(peer: Client) -> Command:
    def command(operation: str, source: str, target: str) -> list[str]:
        source += "/*" if source.startswith("s3://") else "/"
        return [*peer.command, "sync" if operation == "sync" else "cp", source, f"{target}/"]

    return command


@contextmanager
def dask(workers: int) -> Iterator[Command]:
    """A cluster of so many processes, of 8 threads each, that runs until the end."""
    from distributed import LocalCluster

    kind = {"n_workers": workers, "threads_per_worker": 8, "processes": True, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(host="127.0.0.1", **kind) as cluster:
        yield cloud("--dask", cluster.scheduler_address)


LABELS = {
    "1": "cloud, 1 thread",
    "4": "cloud, 4 threads",
    "16": "cloud, 16 threads",
    "dask-1": "cloud, Dask, 1 worker",
    "dask-2": "cloud, Dask, 2 workers",
    "rclone": "rclone, 16 transfers",
    "s5cmd": "s5cmd, 16 workers",
}


def command_of(client: str, folder: Path, stack: ExitStack) -> Command:
    kind, _, workers = client.partition("-")
    match kind:
        case "rclone":
            return rclone(Rclone("", folder))
        case "s5cmd":
            return s5cmd(S5cmd("", folder))
        case "dask":
            return stack.enter_context(dask(int(workers)))
    return cloud("--threads", client)


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds."""

    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    wall, before = perf_counter(), cpu()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    taken = perf_counter() - wall, cpu() - before
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return taken


def measure(clients: list[str], folder: Path, objects: int, rounds: int) -> dict[str, dict[str, tuple[float, float]]]:
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {(c, o): [] for c in clients for o in OPERATIONS}
    source, got = str(folder / "small"), folder / "got"
    with ExitStack() as stack, S3Storage() as storage:
        commands = {client: command_of(client, folder, stack) for client in clients}
        for client in clients:
            storage.create_bucket(f"bench-{client}")
        for turn in range(rounds):
            for client, command in commands.items():
                bucket = f"bench-{client}"
                seconds = {"put": timed(command("put", source, f"s3://{bucket}"))}
                stored = sum(1 for _ in storage.iter_objects(bucket))
                assert stored == objects, f"{client} put {stored} objects"
                sleep(2.1)  # what was written in the same moment is looked at twice
                seconds["sync"] = timed(command("sync", source, f"s3://{bucket}"))
                got.mkdir()
                seconds["get"] = timed(command("get", f"s3://{bucket}", str(got)))
                names = [path.name for path in (folder / "small").iterdir()]
                alike, *others = filecmp.cmpfiles(source, got, names, shallow=False)
                assert (len(alike), others) == (objects, [[], []]), f"{client} got other data"
                shutil.rmtree(got)
                empty(storage, bucket)
                for operation in OPERATIONS:
                    taken[client, operation].append(seconds[operation])
                print(f"round {turn + 1}, {client}: {seconds}", file=sys.stderr)
    return {c: {o: middle(taken[c, o]) for o in OPERATIONS} for c in clients}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--server", choices=SERVERS, default="ministack")
    parser.add_argument("--only", metavar="CLIENTS", help=f"some of {','.join(LABELS)}")
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--size", type=int, default=16 << 10, help="bytes of each object")
    parser.add_argument("--folder", help="for the files; default: the folder for temporary files")
    chosen = parser.parse_args()
    clients = chosen.only.split(",") if chosen.only else list(LABELS)

    with tempfile.TemporaryDirectory(dir=chosen.folder) as name, running(chosen.server):
        folder = Path(name)
        write_objects(folder, chosen.objects, chosen.size, 0)
        times = measure(clients, folder, chosen.objects, chosen.rounds or 3)

    def rate(seconds: dict[str, tuple[float, float]]) -> float:
        return chosen.objects / seconds["put"][0]

    small = f"{chosen.objects:,} of {size_name(chosen.size)}"
    columns = ["", f"put {small}", f"get {small}", "sync, nothing to do", "put, objects/s"]
    rows = [
        [LABELS[c], *(f"{wall:.2f} / {cpu:.2f}" for wall, cpu in times[c].values()), f"{rate(times[c]):,.0f}"]
        for c in clients
    ]
    title = f"Transfers on {chosen.server}: wall s / CPU s of the client, medians of {chosen.rounds or 3}"
    print(f"{title} ({machine()})", "", table(columns, rows), "", sep="\n")
    save(
        title,
        [{"client": c, "operation": o, "wall": w, "cpu": u} for c in clients for o, (w, u) in times[c].items()],
        chosen.json,
    )


if __name__ == "__main__":
    main()
