"""``cloud serve``."""

from __future__ import annotations

import ipaddress

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.gateway import Gateway, endpoint, listening
from codomyrmex.cloud.cli.output import settings, show
from codomyrmex.cloud.cli.signer import signer_for
from codomyrmex.cloud.cli.urls import Place, StorageURL


@command()
@click.argument("url", type=StorageURL(), default="local://")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="0: any free one.")
def serve(url: Place, host: str, port: int) -> None:
    """Answer signed URLs over a storage, and show it in a browser, until interrupted.

    It answers what 'cloud presign local://...' signs, and for any other storage what
    'cloud presign --gateway' signs. The page whose URL it prints leads to every object.
    """
    if not _is_loopback(host):
        raise click.UsageError(f"{host} is not a loopback address; signed URLs over plain HTTP stay on this machine")
    signer = signer_for(url.storage)
    with listening(host, port) as server:
        gateway = server.wsgi_app = Gateway(url.storage, signer, endpoint(server))
        look = gateway.look_url(url.bucket, url.key)
        if settings().json:
            show({"endpoint": gateway.endpoint_url, "look": look})
        else:
            click.echo(f"{url.storage!r} is served at {gateway.endpoint_url}\nLook: {look}\nStop with Ctrl-C.")
            if getattr(url.storage, "endpoint_url", gateway.endpoint_url) != gateway.endpoint_url:
                click.echo(f"For 'cloud presign': export CLOUD_LOCAL_ENDPOINT={gateway.endpoint_url}")
        server.serve()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
