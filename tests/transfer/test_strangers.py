"""Storages of strangers: of six methods, and with a listing."""

import pytest
from codomyrmex.cloud.transfer import Prefix, TransferFailed, check, copy, sync

from .conftest import errors, read_tree
from .strangers import Lister


def test_a_copy_needs_six_methods_of_its_target(tree, stranger):
    assert copy(tree, stranger).copied == 8
    assert stranger.storage.objects == {f"in/{key}": data for key, data in read_tree(tree).items()}


def test_what_such_a_target_lost_is_found_by_reading_it_back(tree, stranger):
    stranger.storage.loses = "in/z"
    with pytest.raises(TransferFailed, match="keeps 2 bytes of the 3") as failed:
        copy(tree, stranger)
    assert errors(failed.value.summary) == {"z": "IntegrityError"}
    stranger.storage.loses = ""
    stranger.storage.spoils = "in/a"
    with pytest.raises(TransferFailed, match="keeps other data") as failed:
        copy(tree, stranger)
    assert errors(failed.value.summary) == {"a": "IntegrityError"}


def test_a_storage_that_cannot_list_is_no_source(stranger, tmp_path):
    with pytest.raises(TransferFailed, match="cannot list objects"):
        copy(stranger, tmp_path / "out")


def test_one_that_lists_takes_part_in_everything(tree, lister, local, tmp_path):
    sync(tree, lister)
    assert check(tree, lister).ok
    assert sync(lister, tmp_path / "out").copied == 8
    assert read_tree(tmp_path / "out") == read_tree(tree)
    assert sync(lister, local("one")).copied == 8
    lister.storage.upload_file("box", "in/extra", b"")
    assert sync(tree, lister, delete=True).deleted == 1
    assert sync(lister, local("one"), checksum=True).same == 8


@pytest.fixture
def lister():
    return Prefix(Lister(), "box", "in")
