"""What the documents say is true of the code beside them."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path

import click
import pytest
from codomyrmex.cloud import errors, hooks
from codomyrmex.cloud.cli.app import EXIT_CODES, cloud
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.plugin import COMMANDS, EXPORTS, HOOKS, PROVIDERS, SCHEMES, entry_points

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("core/*.md"), *ROOT.glob("plugins/*/*.md"), *DOCS.glob("*.md")])


def page(name: str) -> str:
    return (DOCS / name).read_text()


def test_every_hook_is_documented():
    names = [name for name in vars(hooks._Specifications) if name.startswith("cloud_")]
    assert len(names) == 5
    assert [name for name in names if f"`{name}(" not in page("hooks.md")] == []


def test_every_command_is_documented():
    names = cloud.list_commands(click.Context(cloud))
    assert [name for name in names if f"`cloud {name}" not in page("cli.md")] == []


def test_every_exit_code_is_documented():
    for code, meaning in re.findall(r"^  (\d+)  (.*)$", EXIT_CODES, re.MULTILINE):
        assert f"| {code} | {meaning} |" in page("cli.md")


def test_every_capability_is_documented():
    assert [c.name for c in Capability if f"`{c.name}`" not in page("storage.md")] == []


def test_every_group_of_entry_points_is_documented():
    assert [g for g in (PROVIDERS, SCHEMES, EXPORTS, HOOKS, COMMANDS) if f"`{g}`" not in page("providers.md")] == []


def test_every_setting_of_the_environment_is_documented():
    sources = [p for folder in ("core", "plugins") for p in (ROOT / folder).rglob("src/**/*.py")]
    used = {name for p in sources for name in re.findall(r'environ(?:\.get\(|\[)\s*"([A-Z_]+)"', p.read_text())}
    documented = "".join(p.read_text() for p in DOCS.glob("*.md"))
    assert used
    assert [name for name in used if f"`{name}`" not in documented] == []


def test_the_page_on_errors_includes_the_whole_tree():
    start, end = map(int, re.search(r"errors\.py:(\d+):(\d+)", page("errors.md")).groups())
    lines = Path(errors.__file__).read_text().splitlines()
    assert lines[start - 1].strip() == "CloudError"
    assert lines[end - 1].strip().startswith(("└──", "├──"))
    assert lines[end].strip() == ""


@pytest.fixture
def newcomer(tmp_path):
    """Run a command in a folder with a copy of docs/, with a local provider and a Python that hold nothing yet."""
    shutil.copytree(DOCS, tmp_path / "docs")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"CLOUD_LOCAL_ROOT": str(tmp_path / "root")}
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"}
    return partial(subprocess.run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)


def blocks_of_the_readme(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_the_readmes_first_examples_run_when_pasted_into_an_interpreter(newcomer):
    start, transfer = blocks_of_the_readme("python")[:2]
    done = newcomer([sys.executable, "-i", "-q"], input=start + transfer)
    assert "Error" not in done.stderr, done.stderr
    assert "2026/hello.txt 5 text/plain\nb'hello'\nhttp://" in done.stdout
    assert "copied" in done.stdout


def test_the_readmes_shell_lines_run_in_order(newcomer):
    [block] = [block for block in blocks_of_the_readme("bash") if "cloud mb" in block]
    assert block.endswith("\ncloud serve\n")  # which runs until it is stopped
    done = newcomer(["bash", "-e", "-c", block.removesuffix("cloud serve\n")])
    assert "docs/index.md" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("http://127.0.0.1:8470/")


def test_the_example_of_the_first_page_runs_and_is_the_readmes(tmp_path):
    example = DOCS / "examples" / "start.py"
    done = subprocess.run(
        [sys.executable, example], capture_output=True, text=True, check=True, env={"CLOUD_LOCAL_ROOT": str(tmp_path)}
    )
    assert done.stdout.splitlines()[0] == "2026/hello.txt 5 text/plain"
    assert "b'hello'" in done.stdout
    assert example.read_text().strip() in (ROOT / "README.md").read_text()


def distributions() -> dict[str, str]:
    """Each name with the folder."""
    projects = [ROOT / "core", *sorted((ROOT / "plugins").iterdir())]
    read = {p: tomllib.loads((p / "pyproject.toml").read_text())["project"]["name"] for p in projects}
    return {name: project.relative_to(ROOT).as_posix() for project, name in read.items()}


def test_the_readme_lists_every_distribution_with_its_folder():
    table = (ROOT / "README.md").read_text()
    assert [name for name, folder in distributions().items() if f"[{name}]({folder})" not in table] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_distributions_that_a_document_names_exist(document):
    named = set(re.findall(r"codomyrmex-cloud(?:-[a-z]+)*", document.read_text()))
    assert named - distributions().keys() - {"codomyrmex-cloud-acme"} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_of_the_documents_lead_somewhere(document):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    assert [t for t in targets if not (document.parent / t).exists()] == []


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert [p.name for p in DOCS.glob("*.md") if f": {p.name}\n" not in navigation] == []


def test_entry_points_of_this_workspace_are_installed():
    assert {e.name for e in entry_points(COMMANDS)} >= {"ls", "cp", "demo"}
