"""CI runs every test: what needs a server, or is slow, is named by one of tox's environments that bring these."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVERS = re.compile(r"\b(swift|moto|moto_server|azurite|azurite_oauth|fake_gcs|openstack_lab)\b")


def paths_of(*environments):
    """The folders and files of tests that these environments run where they are given none."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    commands = "".join(tox[f"testenv:{name}"]["commands"] for name in environments)
    return [ROOT / path for path in re.findall(r"tests/[\w/]+(?:\.py)?", commands.partition("{posargs:")[2])]


def files_with(pattern):
    """The test files in which this is found, or in a conftest.py beside them."""
    files = set()
    for path in (ROOT / "tests").glob("*/*.py"):
        if re.search(pattern, path.read_text(encoding="utf-8")):
            files |= set(path.parent.glob("test_*.py")) if path.name == "conftest.py" else {path}
    return {path for path in files if path.name.startswith("test_")} - {Path(__file__)}


@pytest.mark.parametrize(
    ("pattern", "environments"),
    [(rf"def \w+\(.*{SERVERS.pattern}", ["backends", "openstack"]), (r"mark\.slow", ["backends", "openstack", "slow"])],
    ids=["servers", "slow"],
)
def test_every_test_is_run_by_ci(pattern, environments):
    covered = [path for name in environments for path in paths_of(name)]
    left_out = {
        file.relative_to(ROOT).as_posix()
        for file in files_with(pattern)
        if not any(file.is_relative_to(path) for path in covered)
    }
    assert left_out == set()
    assert files_with(pattern)


def test_ci_begins_with_the_test_command_of_the_readme():
    (command,) = re.findall(r"^\$ (.*tox run -e py)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert command in (ROOT / ".ci/run").read_text(encoding="utf-8")
