import io
import json
import os
import sys
from typing import Any, NamedTuple

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.cli import main
from codomyrmex.cloud.plugin import distributions, has_name


class Result(NamedTuple):
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.text.splitlines()]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The local provider's folder for this test."""
    folder = tmp_path / "root"
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", str(folder))
    return folder


@pytest.fixture
def storage(root):
    with get_client("local") as client:
        client.create_bucket("box")
        yield client


@pytest.fixture
def run(root, capfdbinary, monkeypatch):
    """Run ``cloud`` with these arguments, as the console script does."""

    def run_cloud(*arguments, stdin=b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(a) for a in arguments])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Result(int(stop.value.code or 0), out, err.decode())

    return run_cloud


@pytest.fixture
def doctor(run, monkeypatch):
    """Run ``cloud doctor`` without our own plugins, whose SDKs take seconds, unless the test chose which take part."""

    def run_doctor(*arguments) -> Result:
        with monkeypatch.context() as patch:
            if not {"CLOUD_PLUGINS", "CLOUD_IGNORE_PLUGINS"} & os.environ.keys():
                names = {one.name for one in filter(has_name, distributions()) if not one.name.startswith("codomyrmex")}
                patch.setenv("CLOUD_PLUGINS", ",".join(names))
            return run("doctor", *arguments)

    return run_doctor


@pytest.fixture
def findings(doctor):
    """What ``cloud doctor`` finds, as (problem, what) pairs, with the exit code checked."""

    def ask(*arguments) -> list[tuple[str, str]]:
        result = doctor("--json", *arguments)
        pairs = [(finding["problem"], finding["what"]) for finding in result.json["findings"]]
        assert result.code == (1 if pairs else 0)
        return pairs

    return ask


@pytest.fixture
def advice(doctor):
    """The advice of the one thing that ``cloud doctor`` finds."""

    def ask(*arguments) -> str:
        [finding] = doctor("--json", *arguments).json["findings"]
        return finding["advice"]

    return ask
