"""Objects far larger than the memory that moving them takes."""

import subprocess
import sys
from pathlib import Path

import pytest
from codomyrmex.cloud.testing.backends import AzuriteOnDisk

MOVE = """
import sys
sys.path.append(sys.argv[3])
from support.memory import peak_memory
from codomyrmex.cloud.azure import AzureStorage
from codomyrmex.cloud.testing.conformance._data import stream
size = int(sys.argv[1])
with AzureStorage() as storage:
    storage.ensure_bucket("large")
    storage.upload_stream("large", "key", stream(1))
    before = peak_memory()
    assert storage.upload_stream("large", "key", stream(size)).size == size
    assert storage.download_path("large", "key", sys.argv[2]).size == size
    with storage.open_read("large", "key") as file:
        while file.read(1 << 20):
            pass
    print(peak_memory() - before)
"""


@pytest.mark.release
def test_a_gibibyte_moves_in_little_memory(tmp_path, monkeypatch):
    if reason := AzuriteOnDisk.missing():
        pytest.skip(reason)
    with AzuriteOnDisk() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-c", MOVE, str(1024**3), str(tmp_path / "file"), Path(__file__).parents[1]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 256  # MiB
