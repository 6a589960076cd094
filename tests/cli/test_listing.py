"""What ``cloud --help`` and the shell's completion tell of commands, with none of them imported."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from codomyrmex.cloud.cli.listing import OWN_DISTRIBUTION, OWN_LINES
from codomyrmex.cloud.plugin import COMMANDS, entry_points

RUN = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from codomyrmex.cloud.cli import main
main()
"""


def run_python(code, *arguments, **environment):
    """What it prints, and the modules that it names on standard error."""
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    return done.stdout, set(done.stderr.split())


def complete(words, shell="bash"):
    """What the script of a shell reads where these words are on the command line, and the modules imported for it."""
    position = words.rpartition(" ")[2] if shell == "fish" else str(words.count(" "))
    asked = {"_CLOUD_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": position}
    text, modules = run_python(RUN, **asked)
    return text.split("\n")[:-1] if text.strip() else [], modules


def listed(text):
    """The lines of the commands in a help text, by name; what is wrapped is one line again."""
    section = text.partition("\nCommands:\n")[2].partition("\n\n")[0]
    rows = [row.strip().partition("  ") for row in re.sub(r"\n {3,}", " ", section).splitlines()]
    return {name: line.strip() for name, _, line in rows}


@pytest.fixture
def add_command(install_plugin):
    """Install a distribution with this command and Summary, whose module cannot be imported; returns its metadata."""

    def add_command(name, summary="", distribution="acme-cmd"):
        module = distribution.replace("-", "_")
        source, points = "import nothing_of_that_name", {"commands": {name: f"{module}:command"}}
        return install_plugin(distribution, source, points, summary=summary) / f"{module}-1.0.dist-info" / "METADATA"

    return add_command


def test_every_command_of_this_distribution_has_a_line_and_nothing_else_has():
    own = [entry.name for entry in entry_points(COMMANDS) if entry.distribution == OWN_DISTRIBUTION]
    assert sorted(OWN_LINES) == sorted(own)


def test_lines_of_our_own_fit_80_columns_beside_a_long_name(run, add_command, monkeypatch):
    add_command("a-command-of-thirty-characters")
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("--help").lines
    assert [f"  {name:30}  {line}" for name, line in OWN_LINES.items() if f"  {name:30}  {line}" not in lines] == []


def test_a_plugins_command_is_listed_with_the_summary_of_its_distribution(run, add_command):
    add_command("zone", "DNS zones of Acme, from the shell")
    commands = listed(run("--help").text)
    assert commands["zone"] == "DNS zones of Acme, from the shell"
    assert list(commands) == sorted(commands)


def test_a_long_summary_is_wrapped_and_not_cut(run, add_command, monkeypatch):
    summary = " ".join(f"word{number}" for number in range(60))
    add_command("zone", summary)
    monkeypatch.setenv("COLUMNS", "80")
    text = run("--help").text
    assert listed(text)["zone"] == summary
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("", ""),
        ("Summary:\n", ""),
        ("Summary: UNKNOWN\n", ""),
        ("Summary: two\n        lines\n", "two lines"),
        ("Summary: a \x1b[31mred\x07\tbell\n", r"a \x1b[31mred\x07 bell"),
        ("Summary: \N{RIGHT-TO-LEFT OVERRIDE}elif\n", r"\u202eelif"),
        ("Summary: one\nSummary: another\n", "one"),
        ("Summary: für Zürich\n", "für Zürich"),
    ],
)
def test_what_metadata_has_for_a_summary_does_no_harm(run, add_command, field, line):
    metadata = add_command("zone")
    metadata.write_text(f"Name: acme-cmd\n{field}Version: 1.0\n\nSummary: of the text below\n", encoding="utf-8")
    assert listed(run("--help").text)["zone"] == line


@pytest.mark.parametrize("change", [Path.unlink, lambda metadata: metadata.write_bytes(b"Summary: Ren\xe9\n")])
def test_metadata_that_changes_meanwhile_does_no_harm(run, add_command, change):
    metadata = add_command("zone", "DNS zones of Acme")
    assert "zone" in {entry.name for entry in entry_points(COMMANDS)}  # read now, and not again for the help
    change(metadata)
    assert listed(run("--help").text)["zone"] == ""


def test_a_name_that_two_distributions_offer_is_listed_as_such(run, add_command):
    add_command("zone", "DNS zones of Acme")
    add_command("zone", "Time zones", "other-cmd")
    add_command("ls", "List what ls does not", "third-cmd")
    commands = listed(run("--help").text)
    assert commands["zone"] == commands["ls"] == "offered more than once; see cloud doctor"


def test_the_doctor_is_listed_as_ours_whoever_else_offers_it(run, add_command):
    add_command("doctor", "Another doctor")
    assert listed(run("--help").text)["doctor"] == OWN_LINES["doctor"]


def test_a_line_of_ours_is_for_our_own_command_alone(run, add_command):
    add_command("zone", "A newer command line", OWN_DISTRIBUTION)  # in front of this one
    add_command("ls", "Files of Acme")
    commands = listed(run("--help").text)
    assert (commands["zone"], commands["ls"]) == ("A newer command line", "Files of Acme")
    assert "cp" not in commands


def imported_beside_python(modules):
    """The packages of these that are not in the standard library, not ours, and not in a bare interpreter."""
    bare = run_python("import sys; print(*sys.modules, file=sys.stderr)")[1]
    ours_and_python = {"codomyrmex", *sys.stdlib_module_names, *packages_of(bare)}
    return packages_of(modules) - ours_and_python


def packages_of(modules):
    """Their first parts."""
    return {name.partition(".")[0] for name in modules}


def command_modules():
    """The modules of all commands but the one that lists them."""
    return {entry.value.partition(":")[0] for entry in entry_points(COMMANDS)} - {"codomyrmex.cloud.cli.app"}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_no_command_and_click_alone(add_command, option):
    add_command("zone", "DNS zones of Acme")
    text, modules = run_python(RUN, option)
    assert ("DNS zones of Acme" in text) is (option == "--help")
    assert modules & command_modules() == set()
    assert imported_beside_python(modules) == {"click"}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("cloud ", None),  # all
        ("cloud z", {"zone", "zip"}),
        ("cloud pr", {"presign", "providers"}),
        ("cloud --json pr", {"presign", "providers"}),
        ("cloud --v", {"--version"}),
        ("cloud nothing", set()),
    ],
)
def test_completion_of_names_and_options_imports_no_command_and_click_alone(add_command, words, offered):
    add_command("zone")
    add_command("zip", distribution="other-cmd")
    lines, modules = complete(words)
    names = {entry.name for entry in entry_points(COMMANDS)} if offered is None else offered
    assert set(lines) == {f"plain,{name}" for name in names}
    assert modules & command_modules() == set()
    assert imported_beside_python(modules) == {"click"}


def test_completion_tells_of_each_command_what_help_tells(add_command):
    add_command("zone", "DNS zones of Acme")
    assert complete("cloud zo", "zsh")[0] == ["plain", "zone", "DNS zones of Acme"]
    assert complete("cloud ls", "zsh")[0] == ["plain", "ls", OWN_LINES["ls"]]
    assert complete("cloud zo", "fish")[0] == ["plain,zone\tDNS zones of Acme"]


def test_completion_goes_on_below_a_command(install_plugin):
    source = """
import click

@click.group()
def zone() -> None: ...

@zone.command()
@click.option("--name")
@click.argument("kind", type=click.Choice(["primary", "secondary"]))
def make(name: str, kind: str) -> None: ...

@zone.command()
def move() -> None: ...
"""
    install_plugin("acme-cmd", source, {"commands": {"zone": "acme_cmd:zone"}})
    assert complete("cloud zone m")[0] == ["plain,make", "plain,move"]
    assert complete("cloud zone make --n")[0] == ["plain,--name"]
    assert complete("cloud zone make s")[0] == ["plain,secondary"]
    assert complete("cloud completion ")[0] == ["plain,bash", "plain,zsh", "plain,fish"]
