"""What can be the URL of a service."""

import pytest
from codomyrmex.cloud.rest.endpoints import split_endpoint


@pytest.mark.parametrize("url", ["https://api.example.com", "http://127.0.0.1:8080/v1/", "https://[::1]:9"])
def test_a_scheme_and_a_host_are_an_endpoint(url):
    assert split_endpoint(url, "endpoint_url", "https://x").geturl() == url


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "ftp://api.example.com", "https://", "file:///etc", "https:///v1"]
)
def test_anything_else_is_none(url):
    with pytest.raises(ValueError, match=r"endpoint_url is http:// or https:// and a host, such as https://x$"):
        split_endpoint(url, "endpoint_url", "https://x")


@pytest.mark.parametrize("url", ["https://user@host", "https://user:hush@host", "https://:hush@host", "https://@host"])
def test_a_password_is_refused_and_not_told(url):
    with pytest.raises(ValueError, match="endpoint_url holds a user or password") as caught:
        split_endpoint(url, "endpoint_url", "https://x")
    assert "hush" not in str(caught.value)
