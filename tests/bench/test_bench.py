"""The benchmarks run, in little: what they say is for bench/README.md."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def run(tmp_path, program, *arguments):
    """What it prints, and the results it writes."""
    results = tmp_path / "results.json"
    command = [sys.executable, str(BENCH / program), "--rounds", "1", "--json", str(results), *arguments]
    without_valgrind = {**os.environ, "PATH": ""}
    done = subprocess.run(command, env=without_valgrind, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(results.read_text())["results"]


@pytest.mark.slow
@pytest.mark.usefixtures("moto_server")  # skips where moto is not installed
def test_s3_measures_every_operation_of_the_clients_asked_for(tmp_path):
    few = ["--objects", "20", "--large", "20000000"]
    printed, results = run(tmp_path, "s3.py", "--server", "moto", "--only", "ours,boto3", *few)
    assert "| S3Storage, 16 threads |" in printed
    assert [(found["client"], found["operation"]) for found in results] == [
        (client, operation)
        for client in ("ours", "boto3")
        for operation in ("put", "get", "list", "put_large", "get_large")
    ]
    assert all(found["wall"] > 0 for found in results)


@pytest.mark.slow
@pytest.mark.usefixtures("moto_server")  # skips where moto is not installed
def test_transfer_compares_what_was_copied_and_measures_every_client(tmp_path):
    printed, results = run(tmp_path, "transfer.py", "--server", "moto", "--only", "4,dask-2", "--objects", "20")
    assert "| cloud, 4 threads " in printed
    assert [(found["client"], found["operation"]) for found in results] == [
        (client, operation) for client in ("4", "dask-2") for operation in ("put", "get", "sync")
    ]
    assert all(found["wall"] > 0 for found in results)


@pytest.mark.slow
def test_s3_cost_compares_every_call_with_the_same_by_hand(tmp_path):
    printed, results = run(tmp_path, "s3_cost.py")
    assert [found["what"] for found in results if found["target"]] == [
        "AWS: upload_file, over by hand",
        "AWS: download_file, over by hand",
        "AWS: stat, over by hand",
        "AWS: delete_file, over by hand",
        "AWS: listing of 1,000, over by hand",
        "other stores: upload_file, over verified by hand",
        "other stores: download_file, over verified by hand",
        "other stores: stat, over by hand",
        "other stores: delete_file, over by hand",
        "other stores: listing of 1,000, over by hand",
    ]
    assert all(found["detail"] in printed for found in results)


@pytest.mark.slow
def test_startup_measures_help_alone_and_with_many_distributions(tmp_path):
    _, results = run(tmp_path, "startup.py")
    help_texts = [found for found in results if found["what"] == "cloud --help, CPU"]
    assert [found["detail"] for found in help_texts] == ["", "300 distributions"]
    assert all(found["value"] > 0 for found in help_texts)


@pytest.mark.slow
def test_coda_compares_with_what_the_limits_allow(tmp_path):
    printed, results = run(tmp_path, "coda.py", "--rounds", "1")
    ours = [found for found in results if found["what"].endswith("ours")]
    assert len(ours) == 2
    assert all(found["detail"].endswith(" 0 refused") and found["detail"] in printed for found in ours)


@pytest.mark.slow
@pytest.mark.usefixtures("azurite", "fake_gcs")  # skips where they are not installed
@pytest.mark.parametrize("program", ["azure_cost.py", "gcs_cost.py"])
def test_calls_of_other_storages_are_compared_with_the_same_by_hand(tmp_path, program):
    printed, results = run(tmp_path, program)
    assert len([found for found in results if found["target"]]) == 5
    assert all(found["detail"] in printed for found in results)
