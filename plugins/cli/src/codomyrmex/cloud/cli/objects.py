"""``cloud ls``, ``stat``, ``cat``, ``rm`` and ``presign``."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import Any

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.buckets import delete_all
from codomyrmex.cloud.cli.output import confirm, printable, settings, show, size_text, stream
from codomyrmex.cloud.cli.signer import signer_for
from codomyrmex.cloud.cli.streams import standard_output
from codomyrmex.cloud.cli.urls import Place, StorageURL, listed
from codomyrmex.cloud.common import ObjectInfo, PresignedRequest
from codomyrmex.cloud.errors import ObjectNotFound
from codomyrmex.cloud.local.signing import Grant, expiry

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@command()
@click.argument("url", type=StorageURL())
@click.option("-r", "--recursive", is_flag=True, help="All objects below, not folder by folder.")
def ls(url: Place, recursive: bool) -> None:
    """List buckets, or the objects under a prefix: cloud ls local://photos/2026/"""
    if not url.bucket:
        stream(({"bucket": name, "url": url.storage.url(name)} for name in url.storage.list_buckets()), _bucket_line)
        return
    found = (
        {"folder": item} if isinstance(item, str) else item
        for item in listed(url.storage, url.bucket, url.key, recursive)
    )
    count = stream(found, _object_line)
    if not count and url.key:
        raise ObjectNotFound(f"nothing under {url}")


def _bucket_line(row: dict[str, str]) -> str:
    return printable(row["url"])


def _object_line(item: ObjectInfo | dict[str, str]) -> str:
    if isinstance(item, dict):
        return f"{'':16} {'':>10} {printable(item['folder'])}"
    modified = f"{item.last_modified.astimezone():%Y-%m-%d %H:%M}" if item.last_modified else ""
    return f"{modified:16} {size_text(item.size):>10} {printable(item.key)}"


@command()
@click.argument("url", type=StorageURL("key"))
def stat(url: Place) -> None:
    """Tell what is known of an object."""
    show(url.storage.stat(url.bucket, url.key))


@command()
@click.argument("url", type=StorageURL("key"))
@click.option("--start", type=click.IntRange(min=0), default=0, help="First byte.", show_default=True)
@click.option("--length", type=click.IntRange(min=0), help="How many bytes at most.")
def cat(url: Place, start: int, length: int | None) -> None:
    """Write an object's data to standard output."""
    with url.storage.open_read(url.bucket, url.key, start=start, length=length) as source:
        shutil.copyfileobj(source, standard_output(), 1024 * 1024)


@command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True, type=StorageURL("bucket"))
@click.option("-r", "--recursive", is_flag=True, help="Everything in the folder of that name.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rm(urls: tuple[Place, ...], recursive: bool, yes: bool) -> None:
    """Remove objects."""
    for url in urls:
        if not (recursive or url.key):
            raise click.UsageError(f"{url} is a bucket; 'cloud rb' removes it, 'cloud rm -r' what is in it")
    if recursive:
        confirm(f"Delete everything under {', '.join(map(str, urls))}?", yes)
    rows = ({"url": str(url), "deleted": _delete_folder(url) if recursive else _delete(url)} for url in urls)
    stream(rows, lambda row: printable(f"{row['url']}: {row['deleted']} deleted"))


def _delete_folder(url: Place) -> int:
    deleted = delete_all(url)
    if url.key and not deleted:
        raise ObjectNotFound(f"nothing under {url.storage.url(url.bucket, url.folder)}")
    return deleted


def _delete(url: Place) -> int:
    if not url.storage.delete_file(url.bucket, url.key):
        raise ObjectNotFound(f"no object {url.key!r} in bucket {url.bucket!r}", resource=str(url))
    return 1


class Duration(click.ParamType):
    """Whole seconds, or a number with ``s``, ``m``, ``h`` or ``d`` behind it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """In seconds."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", value)
        if not match:
            self.fail(f"{value!r} is no time; write 90, 90s, 15m, 2h or 7d", param, ctx)
        return int(match[1]) * _UNITS[match[2] or "s"]


@command()
@click.argument("url", type=StorageURL("key"))
@click.option("--expires", type=Duration(), default="1h", show_default=True, help="For how long: 900, 15m, 7d.")
@click.option("--put", is_flag=True, help="To upload the object, instead of downloading it.")
@click.option("--content-type", default="", help="That the upload must have.")
@click.option("--gateway", metavar="URL", help="Sign for a running 'cloud serve' over this storage.")
def presign(url: Place, expires: int, put: bool, content_type: str, gateway: str | None) -> None:
    """Make a URL by which anyone may fetch (or, with --put, upload) an object."""
    if content_type and not put:
        raise click.UsageError("--content-type goes with --put")
    if gateway is not None and not re.match(r"https?://[^/]", gateway):
        raise click.UsageError(f"{gateway!r} is no URL of a gateway such as http://127.0.0.1:8470")
    if gateway:
        grant = Grant("PUT" if put else "GET", url.bucket, url.key, expiry(expires), content_type)
        made = signer_for(url.storage).request(gateway, grant)
    elif put:
        made = url.storage.generate_presigned_upload(url.bucket, url.key, expires, content_type=content_type or None)
    else:
        made = PresignedRequest("GET", url.storage.generate_presigned_url(url.bucket, url.key, expires), {})
    if settings().json:
        show(made)
    elif put:
        headers = [part for name, value in made.headers.items() for part in ("-H", f"{name}: {value}")]
        click.echo(shlex.join(["curl", "-X", made.method, "--upload-file", "FILE", *headers, made.url]))
    else:
        click.echo(made.url)
