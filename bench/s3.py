"""Many small objects and a large one, put, got and listed by S3Storage and by others, on one server in one run.

python bench/s3.py [--server ministack|swift|moto] [--only ours,boto3] [--objects N] [--size BYTES]
                   [--large BYTES] [--rounds N] [--folder FOLDER] [--plot FILE] [--json FILE]

In every round each client does each operation once, so that what disturbs the machine disturbs all alike.
A round that is not counted goes before, to warm up. Numbers are medians of wall and CPU seconds; CPU is that
of the client with its children, not the server's. The clients are in s3_peers.py. What is got and listed is
compared with what was put, outside the measured time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from time import sleep

from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.testing.backends import Moto, Server, Swift
from codomyrmex.cloud.testing.backends._venv import Venv
from report import machine, options, save, table
from s3_peers import CLIENTS, LARGE, MIB
from servers import Ministack

SERVERS: dict[str, type[Server]] = {"ministack": Ministack, "swift": Swift, "moto": Moto}
OPERATIONS = ("put", "get", "list", "put_large", "get_large")
LABELS = {
    "ours-1": "S3Storage, 1 thread",
    "ours": "S3Storage, 16 threads",
    "boto3-1": "boto3, 1 thread",
    "boto3": "boto3, 16 threads",
    "s3fs": "s3fs, batches of 16",
    "obstore": "obstore, 16 threads",
    "opendal": "opendal, 16 threads",
    "s5cmd": "s5cmd, 16 workers",
    "rclone": "rclone, 16 transfers",
}
OWN_ENVIRONMENT = {"s3fs": ("s3fs",)}
"""It holds botocore to one version, and not to that which is measured here."""

Times = dict[str, dict[str, tuple[float, float]]]
"""Client and operation to wall and CPU seconds."""


class Worker:
    """A client in a process of its own."""

    def __init__(self, client: str, folder: Path) -> None:
        self.client = client
        self.bucket = f"bench-{client}"
        python = environment_of(client) or sys.executable
        command = [python, str(Path(__file__).with_name("s3_peers.py")), client, self.bucket, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, operation: str) -> tuple[float, float]:
        assert self.process.stdin
        assert self.process.stdout
        with suppress(BrokenPipeError):  # it could not even start
            self.process.stdin.write(f"{operation}\n")
            self.process.stdin.flush()
        if not (line := self.process.stdout.readline()):
            raise SystemExit(f"{self.client} failed to {operation}; see above (--only leaves clients out)")
        wall, cpu = json.loads(line)
        return wall, cpu

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def environment_of(client: str) -> str | None:
    """The Python of the virtual environment that only this client uses."""
    if client not in OWN_ENVIRONMENT:
        return None
    venv = Venv(f"bench-{client}", OWN_ENVIRONMENT[client])
    venv.install()
    return venv.python


@contextmanager
def running(name: str) -> Iterator[None]:
    """A server, to which the environment leads."""
    kind = SERVERS[name]
    kind.install()
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    with kind() as server:
        os.environ.update({**nowhere, **server.environment()})
        yield


def write_objects(folder: Path, objects: int, size: int, large: int) -> None:
    small = folder / "small"
    small.mkdir()
    for number in range(objects):
        (small / f"object-{number:06}.bin").write_bytes(os.urandom(size))
    block = os.urandom(min(large, 64 * MIB))
    with open(folder / LARGE, "wb") as file:
        while (left := large - file.tell()) > 0:
            file.write(block[:left])


def measure(clients: list[str], folder: Path, objects: int, rounds: int) -> Times:
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {(c, o): [] for c in clients for o in OPERATIONS}
    with ExitStack() as stack, S3Storage() as storage:
        workers = [stack.enter_context(Worker(client, folder)) for client in clients]
        for worker in workers:
            storage.create_bucket(worker.bucket)
        for turn in range(rounds + 1):
            for worker in workers:
                for operation in OPERATIONS:
                    seconds = worker.measure(operation)
                    if operation == "put":
                        sleep(1)  # Swift rounds times up, and s5cmd leaves out what is not yet
                        stored = sum(1 for _ in storage.iter_objects(worker.bucket))
                        assert stored == objects, f"{worker.client} put {stored} objects"
                    if operation == "list":
                        empty(storage, worker.bucket)
                    if turn:
                        taken[worker.client, operation].append(seconds)
                empty(storage, worker.bucket)
    return {c: {o: middle(taken[c, o]) for o in OPERATIONS} for c in clients}


def middle(seconds: list[tuple[float, float]]) -> tuple[float, float]:
    wall, cpu = zip(*seconds, strict=True)
    return median(wall), median(cpu)


def empty(storage: S3Storage, bucket: str) -> None:
    failures = storage.delete_many(bucket, [found.key for found in storage.iter_objects(bucket)])
    assert not failures, failures


def size_name(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} GiB"


def plot(file: Path, title: str, columns: list[str], times: Times) -> None:
    """A panel for each operation, a bar for each client."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "s3", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(12, 0.4 * len(times) + 1.2), layout="constrained")
    figure.suptitle(title)
    clients = list(times)
    for panel, operation, column in zip(figure.subplots(1, 5, sharey=True), OPERATIONS, columns, strict=True):
        wall, cpu = zip(*(times[client][operation] for client in clients), strict=True)
        colors = ["#d1495b" if client.startswith("ours") else "#8d99ae" for client in clients]
        panel.barh(clients, wall, color=colors, alpha=0.45)
        panel.barh(clients, cpu, color=colors, height=0.35)
        panel.set_yticks(range(len(clients)), [LABELS[client] for client in clients])
        panel.set_title(column, fontsize=9)
        panel.spines[["top", "right"]].set_visible(False)
    figure.axes[0].invert_yaxis()
    figure.supxlabel("seconds: wall (light), CPU of the client (dark)", fontsize=9)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--server", choices=SERVERS, default="ministack")
    parser.add_argument("--only", metavar="CLIENTS", help=f"some of {','.join(CLIENTS)}")
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--size", type=int, default=16 << 10, help="bytes of each object")
    parser.add_argument("--large", type=int, default=1 << 30, help="bytes of the large object")
    parser.add_argument("--folder", help="for the files; default: the folder for temporary files")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the numbers, as .svg or .png")
    chosen = parser.parse_args()
    clients = chosen.only.split(",") if chosen.only else list(CLIENTS)
    rounds = chosen.rounds or 5

    with tempfile.TemporaryDirectory(dir=chosen.folder) as name, running(chosen.server):
        folder = Path(name)
        write_objects(folder, chosen.objects, chosen.size, chosen.large)
        times = measure(clients, folder, chosen.objects, rounds)

    small, large = f"{chosen.objects:,} of {size_name(chosen.size)}", size_name(chosen.large)
    columns = [f"put {small}", f"get {small}", f"list {chosen.objects:,}", f"put {large}", f"get {large}"]
    title = f"S3 on {chosen.server}: wall s / CPU s of the client, medians of {rounds}"
    rows = [[LABELS[c], *(f"{wall:.2f} / {cpu:.2f}" for wall, cpu in times[c].values())] for c in clients]
    print(f"{title} ({machine()})", "", table(["", *columns], rows), "", sep="\n")
    results = [{"client": c, "operation": o, "wall": w, "cpu": u} for c in clients for o, (w, u) in times[c].items()]
    save(title, results, chosen.json)
    if chosen.plot:
        plot(chosen.plot, title, columns, times)


if __name__ == "__main__":
    main()
