"""What the documents say of the newsletter in this process is true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from codomyrmex.cloud.testing.services import NewsletterServer

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/testing.md").read_text("utf-8")
README = (ROOT / "plugins/testing/README.md").read_text("utf-8")
SECTION = PAGE.partition("### The newsletter\n")[2].partition("\n## ")[0]
ATTRIBUTES = SECTION.partition("| Attribute | Default |")[2].partition("\n\n")[0]


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "pytest-xdist"])
@pytest.mark.parametrize("document", [SECTION, README], ids=["page", "readme"])
def test_the_examples_pass(document, workers, tmp_path):
    examples = [e for e in re.findall(r"```python.*?\n(.*?)```", document, re.DOTALL) if "newsletter_server" in e]
    assert examples
    for number, example in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(example, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"{sum(e.count('def test_') for e in examples)} passed", done.stdout)


def test_the_page_tells_all_that_a_test_may_use():
    server = NewsletterServer()
    public = {name for name in {*vars(server), *vars(NewsletterServer), *dir(server)} if not name.startswith("_")}
    internal = {
        "contract", "root", "released", "connections", "faults", "lock", "count_request", "handle", "respond",
        "refusal", "later", "mail", "new_key", "take_back", "uploads",
    }  # fmt: skip
    part = PAGE.partition("## Services in this process\n")[2].partition("\n## ")[0]
    assert [name for name in sorted(public - internal) if not re.search(rf"`{name}[`(]", part)] == []


def test_the_page_tells_the_defaults_that_hold():
    server = NewsletterServer()
    for name, default in re.findall(r"^\| `(\w+)` \| `?([^|`]+?)`? \|", ATTRIBUTES, re.MULTILINE):
        if name != "upload_answer":
            assert str(getattr(server, name)) == default.strip('"'), name
