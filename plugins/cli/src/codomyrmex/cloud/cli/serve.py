"""``cloud serve``."""

from __future__ import annotations

import ipaddress
import os

import click
import platformdirs
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.gateway import Gateway, endpoint, listening
from codomyrmex.cloud.cli.output import settings, show
from codomyrmex.cloud.cli.urls import Place, StorageURL
from codomyrmex.cloud.errors import ServiceUnavailable
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.local.signing import Signer, signing_key


@command()
@click.argument("url", type=StorageURL(), default="local://")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="0: any free one.")
def serve(url: Place, host: str, port: int) -> None:
    """Answer signed URLs over a storage, and show it in a browser, until interrupted.

    The URLs of 'cloud presign local://...' are answered. For other storages, which sign their
    own, the page that this prints leads to every object.
    """
    if not _is_loopback(host):
        raise click.UsageError(f"{host} is not a loopback address; signed URLs over plain HTTP stay on this machine")
    try:
        with listening(host, port) as server:
            gateway = server.wsgi_app = Gateway(url.storage, Signer(_key(url)), endpoint(server))
            look = gateway.look_url(url.bucket, url.key)
            if settings().json:
                show({"endpoint": gateway.endpoint_url, "look": look})
            else:
                click.echo(f"{url.storage!r} is served at {gateway.endpoint_url}\nLook: {look}\nStop with Ctrl-C.")
            server.serve()
    except OSError as error:
        raise ServiceUnavailable(f"cannot listen on {host}:{port}: {error.strerror or error}; try --port 0") from error


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _key(url: Place) -> bytes:
    """The local provider's own key for it, so that its presigned URLs are answered; else the user's."""
    if isinstance(url.storage, LocalStorage):
        return signing_key(url.storage.root)
    return signing_key(os.path.join(platformdirs.user_data_dir("codomyrmex-cloud", appauthor=False), "gateway"))
