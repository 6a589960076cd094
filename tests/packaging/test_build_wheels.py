"""scripts/build_wheels.py: the folder of wheels, and the line that makes pip find it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def build_wheels(tmp_path):
    """Run the script into this folder, with this value of PIP_FIND_LINKS; returns the lines that it prints."""

    def run(folder, find_links=""):
        command = [sys.executable, ROOT / "scripts/build_wheels.py", folder]
        environment = {**os.environ, "PIP_FIND_LINKS": find_links}
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    return run


def exported(line):
    """The places of an ``export`` line, as a shell and then pip read it."""
    export, assignment = shlex.split(line)
    name, _, value = assignment.partition("=")
    assert (export, name) == ("export", "PIP_FIND_LINKS")
    return value.split()


def test_the_last_lines_are_to_be_pasted(build_wheels, tmp_path):
    *_, export, example = build_wheels("made/dist")
    assert export == f"export PIP_FIND_LINKS={tmp_path}/made/dist"
    assert example == "pip install codomyrmex-cloud-aws"
    assert len(list((tmp_path / "made/dist").glob("*.whl"))) == len(list(ROOT.glob("plugins/*/pyproject.toml"))) + 1


def test_places_named_already_are_kept(build_wheels, tmp_path):
    others = ["/opt/wheels", "https://example.org/a'b"]
    for before in (others, [str(tmp_path / "dist"), *others], [*others, str(tmp_path / "dist")]):
        assert exported(build_wheels(tmp_path / "dist", " ".join(before))[-2]) == [str(tmp_path / "dist"), *others]


def test_a_folder_with_spaces_in_its_path_is_one_place(build_wheels, tmp_path):
    folder = tmp_path / "my wheels"
    assert exported(build_wheels(folder, "/opt/wheels")[-2]) == [folder.as_uri(), "/opt/wheels"]


def test_older_wheels_of_ours_are_deleted_and_no_other(build_wheels, tmp_path):
    older, strange = tmp_path / "codomyrmex_cloud_aws-0.0.1-py3-none-any.whl", tmp_path / "acme-0.0.1-py3-none-any.whl"
    older.touch()
    strange.touch()
    build_wheels(tmp_path)
    assert not older.exists()
    assert strange.exists()
