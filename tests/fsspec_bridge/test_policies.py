"""A refusal is none of the errors that fsspec leaves out."""

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.fsspec import filesystem_class
from codomyrmex.cloud.hooks import hookimpl


class Refuse:
    def __init__(self, *effects):
        self.effects = effects

    @hookimpl
    def cloud_before_operation(self, operation):
        if operation.effect in self.effects:
            raise OperationRefused("no")


@pytest.fixture
def fs():
    fs = filesystem_class("local")()
    fs.makedirs("box")
    fs.pipe("box/folder/file", b"data")
    fs.invalidate_cache()
    return fs


@pytest.mark.parametrize(
    "look",
    [
        lambda fs, to: list(fs.walk("box")),
        lambda fs, to: fs.find("box", maxdepth=2),
        lambda fs, to: fs.find(""),
        lambda fs, to: fs.du("box", maxdepth=2),
        lambda fs, to: fs.disk_usage(""),
        lambda fs, to: fs.glob("box/*"),
        lambda fs, to: fs.get("box/", to, recursive=True, maxdepth=2),
    ],
)
def test_a_refused_listing_is_not_empty(fs, look, tmp_path):
    hooks.register(Refuse("list"))
    with pytest.raises(PermissionError, match="refused by"):
        look(fs, str(tmp_path / "out"))


def test_walking_tells_all_folders_and_what_is_missing_is_empty(fs):
    assert list(fs.walk("box")) == [("box", ["folder"], []), ("box/folder", [], ["file"])]
    assert list(fs.walk("box/nothing")) == []


def test_a_refused_folder_is_not_said_to_be_made(fs):
    hooks.register(Refuse("read"))
    with pytest.raises(OperationRefused):
        fs.makedirs("box/x", exist_ok=True)
