"""``cloud mb`` and ``cloud rb``."""

from __future__ import annotations

from collections.abc import Iterator

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import confirm, show
from codomyrmex.cloud.cli.urls import Place, StorageURL
from codomyrmex.cloud.errors import CloudError


@command()
@click.argument("url", type=StorageURL("bucket"))
def mb(url: Place) -> None:
    """Make a bucket: cloud mb local://photos"""
    if url.key:
        raise click.UsageError(f"{url} is not a bucket; 'cloud mb {url.storage.url(url.bucket)}' makes that one")
    created = url.storage.ensure_bucket(url.bucket)
    show({"bucket": url.storage.url(url.bucket), "created": created})


@command()
@click.argument("url", type=StorageURL("bucket"))
@click.option("--force", is_flag=True, help="Delete its objects first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rb(url: Place, force: bool, yes: bool) -> None:
    """Remove a bucket, which must be empty."""
    if url.key:
        raise click.UsageError(f"{url} is not a bucket; 'cloud rm -r {url}' removes the objects under it")
    if force:
        confirm(f"Delete bucket {url} and all that is in it?", yes)
        delete_all(url)
    url.storage.delete_bucket(url.bucket)
    show({"bucket": url.storage.url(url.bucket), "deleted": True})


def delete_all(place: Place) -> int:
    """Delete every object in the place's folder. Returns how many; raises if one stays."""
    found = 0

    def keys() -> Iterator[str]:
        nonlocal found
        for info in place.storage.iter_objects(place.bucket, place.folder):
            found += 1
            yield info.key

    failures = place.storage.delete_many(place.bucket, keys())
    if failures:
        key, reason = next(iter(failures.items()))
        raise CloudError(f"{len(failures)} of {found} objects could not be deleted, {key!r} first: {reason}")
    return found
