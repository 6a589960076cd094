"""A server that no client trusts."""

import ssl
import urllib.request

import pytest
from codomyrmex.cloud.testing.backends import UntrustedServer


def test_no_client_sends_it_anything():
    with UntrustedServer() as server, pytest.raises(OSError, match=r"self.signed certificate"):
        urllib.request.urlopen(server.endpoint_url, timeout=5)
    assert (server.connections, server.trusted_by) == (1, 0)


def test_a_client_that_asks_for_no_certificate_is_found_out():
    with UntrustedServer() as server, pytest.raises(OSError, match=r"closed|reset"):
        urllib.request.urlopen(server.endpoint_url, timeout=5, context=ssl._create_unverified_context())
    assert (server.connections, server.trusted_by) == (1, 1)


def test_it_ends():
    with UntrustedServer() as server:
        pass
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.endpoint_url, timeout=5)
