"""Many objects in memory that does not grow with their number."""

import json

import pytest
from codomyrmex.cloud.transfer import check

from .conftest import write_tree

MOST_MIB = 150


@pytest.fixture
def measured(start):
    def measured(job, *arguments, **options):
        worker = start(job, *arguments, **options)
        (line,) = worker.stdout.read().splitlines()
        assert worker.wait() == 0
        return json.loads(line)

    return measured


def wide_tree(folder, count):
    return write_tree(folder, {f"{n % 100:02}/{n:07}": str(n).encode() for n in range(count)})


def test_ten_times_the_objects_take_no_more_memory(tmp_path, local, measured):
    _ = local("one"), local("two")
    peaks = []
    for count, name in ((300, "one"), (3000, "two")):
        source = wide_tree(tmp_path / f"{count}", count)
        copied, peak = measured(
            "measure", f"folder:{source}", f"local:{tmp_path}/storages/{name}", tmp_path / "journal"
        )
        assert copied == count
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 15
    assert max(peaks) < MOST_MIB


@pytest.mark.release
@pytest.mark.timeout(1800)
def test_100_000_objects_of_a_folder_and_of_a_storage(tmp_path, local, measured):
    source = wide_tree(tmp_path / "source", 100_000)
    one, two = local("one"), local("two")
    journal = tmp_path / "journal"
    for place, source_name in ((one, f"folder:{source}"), (two, f"local:{one.storage.root}")):
        copied, peak = measured("measure", source_name, f"local:{place.storage.root}", journal)
        print(f"{source_name} to {place.name}: {peak:.0f} MiB")
        assert copied == 100_000
        assert peak < MOST_MIB
    assert check(one, two, quick=True).same == 100_000


@pytest.mark.release
@pytest.mark.timeout(1800)
def test_100_000_objects_to_s3(tmp_path, s3_place, measured):
    source = wide_tree(tmp_path / "source", 100_000)
    copied, peak = measured("measure", f"folder:{source}", f"s3:{s3_place.bucket}", tmp_path / "journal")
    print(f"folder to {s3_place.name}: {peak:.0f} MiB")
    assert copied == 100_000
    assert peak < MOST_MIB


@pytest.fixture
def s3_place(request, settle_aws):
    from codomyrmex.cloud.aws import S3Storage
    from codomyrmex.cloud.transfer import Prefix

    settle_aws(request.getfixturevalue("moto_server"))
    with S3Storage() as storage:
        storage.create_bucket("many-objects")
        yield Prefix(storage, "many-objects")
