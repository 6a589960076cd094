"""What a page of the documentation says of a server of ours, and its examples, which are tests."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/testing-programs.md").read_text("utf-8")
README = (ROOT / "plugins/testing/README.md").read_text("utf-8")


def section(heading: str) -> str:
    """What stands below a heading of the page, such as ``## Coda``, up to the next one that is as high or higher."""
    level = heading.partition(" ")[0]
    below = PAGE.partition(f"{heading}\n")[2]
    return re.split(rf"^#{{2,{len(level)}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def check_examples_pass(document: str, fixture: str, folder: Path, *options: str) -> None:
    """Run the examples that ask for a fixture, with these options of pytest. All their tests must pass."""
    examples = [e for e in re.findall(r"```python.*?\n(.*?)```", document, re.DOTALL) if fixture in e]
    assert examples
    for number, example in enumerate(examples):
        (folder / f"test_{number}.py").write_text(example, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"{sum(e.count('def test_') for e in examples)} passed", done.stdout)


def not_told(server: object, internal: set[str], text: str) -> list[str]:
    """The public names of a server, but for these internal ones, that a text does not tell of."""
    public = {name for name in {*vars(server), *dir(server)} if not name.startswith("_")}
    return [name for name in sorted(public - internal) if not re.search(rf"`{name}[`(]", text)]


def defaults(text: str) -> list[tuple[str, str]]:
    """The attributes with their defaults, of the table of these."""
    table = text.partition("| Attribute | Default |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \| `?([^|`]+?)`? \|", table, re.MULTILINE)
