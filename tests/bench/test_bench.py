"""The benchmarks run, in little: what they say is for bench/README.md."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def run(tmp_path, program, *arguments):
    """What it prints, and the results it writes."""
    results = tmp_path / "results.json"
    command = [sys.executable, str(BENCH / program), *arguments, "--json", str(results)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(results.read_text())["results"]


@pytest.mark.slow
def test_s3_measures_every_operation_of_the_clients_asked_for(tmp_path):
    few = ["--objects", "20", "--large", "20000000", "--rounds", "1"]
    printed, results = run(tmp_path, "s3.py", "--server", "moto", "--only", "ours,boto3", *few)
    assert [line.split("|")[1].strip() for line in printed.splitlines()[4:6]] == [
        "S3Storage, 16 threads",
        "boto3, 16 threads",
    ]
    assert len(results) == 10
    assert all(found["wall"] > 0 for found in results)


@pytest.mark.slow
def test_s3_cost_compares_every_call_with_the_same_by_hand(tmp_path):
    printed, results = run(tmp_path, "s3_cost.py", "--rounds", "1", "--no-valgrind")
    assert len(results) == 12
    assert all(found["detail"] in printed for found in results)
