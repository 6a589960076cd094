"""Messages where credentials are missing, and what can be a token."""

import pytest
from codomyrmex.cloud.rest.credentials import checked_token, missing


def test_what_is_missing_is_named_with_its_cure():
    assert missing("API token", ["A_TOKEN"], "give api_token") == "no API token: set A_TOKEN, or give api_token"
    assert missing("keys", ["A", "B"], "give credentials") == "no keys: set A and B, or give credentials"


def test_a_token_loses_the_line_end_of_its_file():
    assert checked_token(" abc-1\r\n", "token") == "abc-1"


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "é", "a\x00"])
def test_what_no_header_holds_is_no_token(token):
    with pytest.raises(ValueError, match="api_token is no token: it is empty, or holds"):
        checked_token(token, "api_token")


def test_bytes_are_no_token():
    with pytest.raises(TypeError, match="token is str, not bytes"):
        checked_token(b"abc", "token")
