import io
import json
import sys
from typing import Any, NamedTuple

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.cli import main


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
