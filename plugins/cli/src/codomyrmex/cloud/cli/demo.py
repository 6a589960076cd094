"""``cloud demo``: the main job from end to end on the local provider, each step checked."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request

import click
import codomyrmex.cloud
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.gateway import running
from codomyrmex.cloud.cli.output import settings, show, size_text
from codomyrmex.cloud.cli.signer import signer_for
from codomyrmex.cloud.common import CloudProvider
from codomyrmex.cloud.registry import get_client, providers


@command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False), required=False)
def demo(folder: str | None) -> None:
    """Store the files of FOLDER (default: this project's source code), share one by URL, get all back.

    Everything happens in a temporary folder of this machine, which is removed at the end.
    """
    folder = folder or codomyrmex.cloud.__path__[0]
    files = _files(folder)
    if not files:
        raise click.UsageError(f"{folder} holds no files to store")
    steps = []

    def step(done: str) -> None:
        steps.append(done)
        click.echo(f"{len(steps)}. {done}", err=settings().json)

    installed = ", ".join(f"{info.provider}.{info.service}" for info in providers())
    step(f"providers discovered: {installed}")
    with (
        tempfile.TemporaryDirectory(prefix="cloud-demo-") as root,
        get_client(CloudProvider.LOCAL, root=root) as storage,
    ):
        storage.create_bucket("demo")
        step(f"bucket made: {storage.url('demo')}")
        for key, path in files.items():
            storage.upload_path("demo", key, path)
        total = sum(os.path.getsize(path) for path in files.values())
        here = os.path.relpath(folder)
        step(f"{len(files)} files of {folder if here.startswith('..') else here} uploaded, {size_text(total)}")
        listed = [info.key for info in storage.iter_objects("demo")]
        _check(listed == sorted(files, key=str.encode), "the listing is complete")
        step(f"listed: {len(listed)} objects, from {listed[0]} to {listed[-1]}")
        key = max(files, key=lambda key: os.path.getsize(files[key]))
        with running(storage, signer_for(storage)) as gateway:
            shared = get_client(CloudProvider.LOCAL, root=root, endpoint_url=gateway.endpoint_url)
            url = shared.generate_presigned_url("demo", key, expires_in=60)
            _check(_fetch(url) == _read(files[key]), "the URL gives the object")
            step(f"presigned URL of {key} fetched over HTTP: 200, same bytes")
            _check(_fetch(url.replace("key=", "key=x")) is None, "a changed URL is refused")
            step("the same URL with another key: refused, 403")
        for key, path in files.items():
            copy = os.path.join(root, "copy")
            storage.download_path("demo", key, copy)
            _check(_sha256(copy) == _sha256(path), f"{key} came back unchanged")
        step(f"{len(files)} files downloaded again, SHA-256 verified")
        storage.delete_many("demo", listed)
        storage.delete_bucket("demo")
        step("objects and bucket deleted")
    if settings().json:
        show({"files": len(files), "bytes": total, "verified": True})


def _files(folder: str) -> dict[str, str]:
    """Key to path, of the regular files in ``folder``, hidden ones and byte code left out."""
    found = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path) and not name.startswith("."):
                found[os.path.relpath(path, folder).replace(os.sep, "/")] = path
    return found


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise click.ClickException(f"the demo failed: not true that {what}")


def _fetch(url: str) -> bytes | None:
    """The body, or None where the gateway refuses (403)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy
    try:
        with opener.open(url, timeout=30) as response:
            body: bytes = response.read()
            return body
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 403:
            return None
        raise


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _sha256(path: str) -> str:
    return hashlib.sha256(_read(path)).hexdigest()
