"""Storage URLs as arguments: parsed once, and completed by the shell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem
from codomyrmex.cloud.common import ObjectInfo, StorageClient
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.registry import open_storage, providers


class Place(NamedTuple):
    """A storage URL of the command line, opened."""

    storage: StorageClient
    bucket: str
    key: str

    @property
    def folder(self) -> str:
        """The prefix of what is inside, when the key is taken for a folder's: ``a`` holds ``a/b``, not ``ab``."""
        return self.key if not self.key or self.key.endswith("/") else f"{self.key}/"

    def __str__(self) -> str:
        return self.storage.url(self.bucket, self.key)


class StorageURL(click.ParamType):
    """``scheme://bucket/key``. ``needs`` says how much of it must be there."""

    name = "url"

    def __init__(self, needs: str = "") -> None:
        self.needs = needs

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Open the storage; a URL with a part missing is a usage error."""
        if isinstance(value, Place):
            return value
        if "://" not in value:
            self.fail(f"{value!r} is no storage URL such as local://bucket/key", param, ctx)
        storage = open_storage(value)
        place = Place(storage, *storage.split_url(value))
        if self.needs in ("bucket", "key") and not place.bucket:
            self.fail(f"{value!r} names no bucket; write {storage.url('BUCKET')}", param, ctx)
        if self.needs == "key" and not place.key:
            self.fail(f"{value!r} names no object; write {storage.url(place.bucket, 'KEY')}", param, ctx)
        return place

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Schemes, then buckets, then keys."""
        try:
            return [CompletionItem(url, type="plain") for url in islice(candidates(incomplete), 100)]
        except (CloudError, ValueError):
            return []


class PathOrURL(StorageURL):
    """A storage URL, a file or folder of this machine, or ``-`` for standard input or output."""

    name = "path or url"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """URLs, and files by the shell's own completion."""
        items = super().shell_complete(ctx, param, incomplete)
        return items if "://" in incomplete else [*items, CompletionItem(incomplete, type="file")]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place | str:  # type: ignore[override]
        """A Place for a URL, else the path as it is."""
        return super().convert(value, param, ctx) if "://" in value else value


def candidates(incomplete: str) -> Iterator[str]:
    """The URLs that ``incomplete`` may become."""
    scheme, separator, rest = incomplete.partition("://")
    if not separator:
        yield from (f"{s}://" for info in providers() for s in info.schemes if s.startswith(scheme))
        return
    storage = open_storage(incomplete)
    bucket, key = storage.split_url(incomplete)
    if "/" not in rest:
        yield from (storage.url(name) + "/" for name in storage.list_buckets() if name.startswith(bucket))
    else:
        for item in one_level(storage, bucket, key):
            yield storage.url(bucket, item if isinstance(item, str) else item.key)


def one_level(storage: StorageClient, bucket: str, prefix: str) -> Iterator[ObjectInfo | str]:
    """What a folder view shows: the objects directly under ``prefix``, and each deeper level once, as
    a text that ends in ``/``. Skips over what lies deeper without reading it.
    """
    folder, after = "", ""
    while True:
        for info in storage.iter_objects(bucket, prefix, start_after=after):
            head, deeper, _ = info.key[len(prefix) :].partition("/")
            if not deeper:
                yield info
            elif prefix + head + "/" != folder:
                folder = prefix + head + "/"
                yield folder
                after = folder + "\U0010ffff"  # the last character there is
                break
        else:
            return


def listed(storage: StorageClient, bucket: str, prefix: str, recursive: bool) -> Iterator[ObjectInfo | str]:
    """Objects (and folders, unless ``recursive``) under ``prefix``."""
    return storage.iter_objects(bucket, prefix) if recursive else one_level(storage, bucket, prefix)
