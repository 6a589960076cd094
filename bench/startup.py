"""What it costs to import codomyrmex.cloud, to find a provider and to list commands, beside others in one run.

python bench/startup.py [--rounds N] [--json FILE]
"""

import os
import subprocess
import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from timeit import repeat

from report import Line, alternate, options, report

IMPORTS = {
    "codomyrmex.cloud": "import codomyrmex.cloud",
    "codomyrmex.cloud, get_client": "from codomyrmex.cloud import get_client",
    "libcloud, get_driver": "from libcloud.storage.providers import get_driver",
    "fsspec": "import fsspec",
    "cloudpathlib": "import cloudpathlib",
}
TARGETS = {"codomyrmex.cloud": 10.0}
DISTRIBUTIONS = 300
LOOK_UP = "from time import perf_counter\n{before}\nstarted = perf_counter()\n{timed}\nprint(perf_counter() - started)"
GET = "get_client('local')"
GET_ROOT = "get_client('local', root='/nowhere')"
IMPORT = "from codomyrmex.cloud import get_client"
HELP = "from codomyrmex.cloud.cli import main; main(['--help'])"


def python(code: str, folder: str = "") -> str:
    """What ``code`` prints, in a new interpreter that reads and writes bytecode, ``folder`` on its path."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CLOUD_"))}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env={**kept, "PYTHONPATH": folder}, check=True, capture_output=True, text=True
    ).stdout


def imports(rounds: int) -> list[Line]:
    present = {name: code for name, code in IMPORTS.items() if find_spec(code.split()[1].partition(".")[0])}
    bare, *taken = alternate([partial(python, "pass"), *(partial(python, c) for c in present.values())], rounds)
    lines = [
        Line(f"import {name}", (seconds - bare) * 1e3, "ms", TARGETS.get(name))
        for name, seconds in zip(present, taken, strict=True)
    ]
    absent = [Line(f"import {name}", float("nan"), "ms", detail="not installed") for name in IMPORTS.keys() - present]
    return [*lines, *absent, Line("a bare interpreter, taken off the above", bare * 1e3, "ms")]


def look_ups(rounds: int) -> list[Line]:
    """The first look-up of a process in which 300 distributions are installed."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(DISTRIBUTIONS):
            install(Path(folder), number, "" if number % 3 else "console_scripts")
        given = LOOK_UP.format(before=IMPORT, timed=GET_ROOT)
        first = LOOK_UP.format(before=IMPORT, timed=GET)
        everything = LOOK_UP.format(before="", timed=f"{IMPORT}\n{GET}")
        metadata = "from importlib.metadata import entry_points\nlist(entry_points(group='codomyrmex.cloud.providers'))"
        by_metadata = LOOK_UP.format(before="", timed=metadata)
        lines = []
        for what, code, target in (
            ("first get_client, once imported, with a root", given, 60.0),
            ("first get_client, once imported", first, 60.0),
            ("first get_client, its import included", everything, None),
            ("importlib.metadata.entry_points alone, for comparison", by_metadata, None),
        ):
            seconds = median(float(python(code, folder)) for _ in range(rounds))
            lines.append(Line(what, seconds * 1e3, "ms", target, f"{DISTRIBUTIONS} distributions"))
        return lines


def help_texts(rounds: int) -> list[Line]:
    """``cloud --help``, its interpreter included, and with 300 more distributions that bring a command each."""
    with tempfile.TemporaryDirectory() as more:
        for number in range(DISTRIBUTIONS):
            install(Path(more), number, "codomyrmex.cloud.commands")
        lines = []
        for folder, detail in (("", ""), (more, f"{DISTRIBUTIONS} distributions")):
            seconds = median(cpu_seconds(HELP, folder) for _ in range(rounds))
            lines.append(Line("cloud --help, CPU", seconds * 1e3, "ms", 200.0, detail))
        return lines


def cpu_seconds(code: str, folder: str) -> float:
    """What ``code`` takes as `python` runs it, the user's and the system's share together."""
    before = getrusage(RUSAGE_CHILDREN)
    python(code, folder)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def install(folder: Path, number: int, group: str) -> None:
    """A distribution as pip leaves it: metadata with a long description, and an entry point of ``group``, if any."""
    info = folder / f"fake_{number}-1.0.dist-info"
    info.mkdir()
    header = f"Metadata-Version: 2.4\nName: fake-{number}\nVersion: 1.0\nSummary: Fakes {number}\n\n"
    (info / "METADATA").write_text(header + "A description of some length.\n" * 200)
    (info / "RECORD").write_text("".join(f"fake_{number}/module_{n}.py,,\n" for n in range(50)))
    if group:
        (info / "entry_points.txt").write_text(f"[{group}]\nfake-{number} = fake_{number}:main\n")


def warm() -> Line:
    from codomyrmex.cloud import get_client

    calls = 10_000
    best = min(repeat(lambda: get_client("local", root="/nowhere"), number=calls, repeat=5))
    return Line("get_client, warm", best / calls * 1e6, "µs", 10.0)


def one_more_client(rounds: int) -> Line:
    """A client of S3 where there is one already, over what boto3 takes for a session and its client."""
    import boto3
    from codomyrmex.cloud.aws import S3Storage
    from codomyrmex.cloud.common import CloudCredentials

    keys = CloudCredentials(provider="aws", access_key="test", secret_key="test")

    def ours() -> None:
        S3Storage("eu-west-1", credentials=keys).close()

    def by_hand() -> None:
        boto3.session.Session("test", "test", region_name="eu-west-1").client("s3").close()

    our_seconds, other_seconds = alternate([ours, by_hand], rounds)
    detail = f"{our_seconds * 1e3:.1f} ms, by hand {other_seconds * 1e3:.1f} ms"
    return Line("one more S3Storage, over by hand", (our_seconds / other_seconds - 1) * 100, "%", 0.0, detail)


def main() -> None:
    chosen = options(__doc__).parse_args()
    rounds = chosen.rounds or 21
    report(
        "Start-up",
        [*imports(rounds), *look_ups(rounds), *help_texts(rounds), warm(), one_more_client(rounds)],
        chosen.json,
    )


if __name__ == "__main__":
    main()
