"""Every `pip install` line of the documents and of messages works for a person who has this repository alone."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from codomyrmex.cloud._catalogue import EXPORTS, PROVIDERS

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/install.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("core/*.md"), *ROOT.glob("plugins/*/*.md"), *ROOT.glob("docs/*.md")])
OURS = "codomyrmex-cloud"


def commands(document):
    """The lines of a document's blocks of code, and its code within text."""
    parts = re.split(r"^```.*$", document.read_text("utf-8"), flags=re.MULTILINE)
    for number, part in enumerate(parts):
        yield from part.splitlines() if number % 2 else re.findall(r"`([^`]+)`", part)


def install_lines(document):
    """What stands after ``pip install``."""
    for command in commands(document):
        for part in command.split("&&"):
            if found := re.search(r"\bpip install\s+(.+)", part, re.DOTALL):
                yield shlex.join(shlex.split(found[1], comments=True))


def lines_of_messages():
    """What our errors and hints say to install."""
    yield from {*PROVIDERS.values(), *EXPORTS.values()}
    for source in sorted(ROOT.glob("*/src/**/*.py")) + sorted(ROOT.glob("plugins/*/src/**/*.py")):
        for name in re.findall(rf"pip install '?({OURS}-[a-z-]*[a-z](?:\[\w+\])?)", source.read_text("utf-8")):
            yield shlex.quote(name)


def needs_wheels(line):
    """Whether pip takes distributions of ours from where the guide's variable leads, not from folders in the line."""
    return not re.search(r"--find-links|-r |-e .*-e ", line)


LINES = {*(line for document in DOCUMENTS for line in install_lines(document)), *lines_of_messages()}
BY_NAME = {line for line in LINES if OURS in line and not re.search(r"(^| )-", line)}


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment with pip, and what builds an editable installation: no line then fetches it."""
    folder = tmp_path_factory.mktemp("reader")
    venv.create(folder, symlinks=os.name != "nt", with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "hatchling", "editables"], check=True)
    return python


@pytest.fixture
def check_line(python, wheels, tmp_path):
    """Have pip say what it would install for this line, read in the repository, and look at that."""

    def check(line):
        arguments = shlex.split(line)
        environment = dict(os.environ)
        if "--find-links" in arguments:
            arguments[arguments.index("--find-links") + 1] = str(wheels)
        if needs_wheels(line):
            environment["PIP_FIND_LINKS"] = f"{wheels} {environment.get('PIP_FIND_LINKS', '')}"
        report = tmp_path / "report.json"
        options = ["--dry-run", "--no-build-isolation", "--quiet", "--report", report]
        command = [python, "-m", "pip", "install", *options, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"pip install {line}\n{done.stderr}"
        for each in json.loads(report.read_text("utf-8"))["install"]:
            name, extras = each["metadata"]["name"], each.get("requested_extras", [])
            assert set(extras) <= set(each["metadata"].get("provides_extra", [])), f"{name} has no such extra"
            assert not name.startswith(OURS) or each["download_info"]["url"].startswith("file:")

    return check


def test_lines_of_all_kinds_are_found():
    assert {"codomyrmex-cloud-aws", "'codomyrmex-cloud-coda[pandas]'"} <= BY_NAME
    assert {"-r workspace.txt", "-q tox", "-e plugins/aws", f"--find-links dist {OURS}-aws"} <= LINES - BY_NAME
    assert {"codomyrmex-cloud-gcp", "'codomyrmex-cloud-infomaniak[openstack]'"} <= set(lines_of_messages())


def test_pip_finds_what_is_named(check_line):
    check_line(" ".join(sorted(BY_NAME)))  # pip says for which of them it found nothing


@pytest.mark.parametrize("line", sorted(LINES - BY_NAME))
def test_pip_takes_the_other_lines(line, check_line):
    check_line(line)


def test_a_document_with_a_line_that_needs_the_wheels_leads_to_the_guide():
    needy = [
        d for d in DOCUMENTS if d != GUIDE and any(OURS in line and needs_wheels(line) for line in install_lines(d))
    ]
    assert ROOT / "docs/aws.md" in needy
    assert [d for d in needy if f"]({os.path.relpath(GUIDE, d.parent)})" not in d.read_text("utf-8")] == []


def test_the_installation_works_as_printed(tmp_path):
    """In a shell of its own, in a copy of the repository, by a Python that has nothing installed."""
    (block,) = [b for b in blocks(ROOT / "README.md", "bash") if "build_wheels" in b]
    assert block in blocks(GUIDE, "bash")
    for part in ("core", "plugins", "scripts"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {k: v for k, v in os.environ.items() if k not in ("PIP_FIND_LINKS", "PYTHONPATH", "VIRTUAL_ENV")}
    bare_python = Path(sys.executable).resolve().parent  # the tests' environment comes after it
    environment["PATH"] = f"{bare_python}{os.pathsep}{environment['PATH']}"
    check = "python -c 'from codomyrmex.cloud import S3Client; print(S3Client.__module__)'"
    command = ["bash", "-e", "-c", f"{block}\n{check}"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"export PIP_FIND_LINKS={tmp_path}/dist" in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == "codomyrmex.cloud.aws._client"


def blocks(document, language):
    """The blocks of code of one language."""
    return re.findall(rf"```{language}\n(.*?)```", document.read_text("utf-8"), re.DOTALL)
