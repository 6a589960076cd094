"""What the documents say is true of the code beside them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from codomyrmex.cloud import errors, hooks
from codomyrmex.cloud._index import COMMANDS, EXPORTS, HOOKS, PROVIDERS, SCHEMES, entry_points
from codomyrmex.cloud.cli.app import EXIT_CODES, cloud
from codomyrmex.cloud.common import Capability

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


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


def test_the_example_of_the_first_page_runs_and_is_the_readmes(tmp_path):
    example = DOCS / "examples" / "start.py"
    done = subprocess.run(
        [sys.executable, example], capture_output=True, text=True, check=True, env={"CLOUD_LOCAL_ROOT": str(tmp_path)}
    )
    assert done.stdout.splitlines()[0] == "2026/hello.txt 5 text/plain"
    assert "b'hello'" in done.stdout
    assert example.read_text().strip() in (ROOT / "README.md").read_text()


def test_the_readme_lists_every_distribution_with_its_folder():
    table = (ROOT / "README.md").read_text()
    for project in (ROOT / "core", *sorted((ROOT / "plugins").iterdir())):
        name = tomllib.loads((project / "pyproject.toml").read_text())["project"]["name"]
        assert f"[{name}]({project.relative_to(ROOT)})" in table


@pytest.mark.parametrize("document", sorted(p for p in ROOT.glob("*.md")), ids=lambda p: p.name)
def test_links_of_the_documents_lead_somewhere(document):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    assert [t for t in targets if not (ROOT / t).exists()] == []


def test_entry_points_of_this_workspace_are_installed():
    assert {e.name for e in entry_points(COMMANDS)} >= {"ls", "cp", "demo"}
