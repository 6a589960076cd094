"""Secrets out of texts."""

import pytest
from codomyrmex.cloud.rest.redaction import ending, redact, redact_parameters


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer a-secret!", "Bearer ***!"),
        (b"Bearer a-secret!", b"Bearer ***!"),
        ("nothing", "nothing"),
        (b"", b""),
        (b"\xff\xfea-secret\x00", b"\xff\xfe***\x00"),
    ],
)
def test_secrets_are_taken_out_of_text_and_bytes(text, shown):
    assert redact(text, "a-secret") == shown


def test_several_secrets_and_none():
    assert redact("key and sécret", "key", "", "sécret") == "*** and ***"
    assert redact("key", "") == "key"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://h/c/b?sv=1&sig=a%2Bb%3D&se=2 failed", "https://h/c/b?sv=1&sig=***&se=2 failed"),
        ("('GET', 'https://h/?SIG=abc')", "('GET', 'https://h/?SIG=***')"),
        ("?sig=one and ?sig=two", "?sig=*** and ?sig=***"),
        ("?design=blue&sig=", "?design=blue&sig="),
    ],
)
def test_parameters_of_urls_are_hidden_wherever_they_stand(text, shown):
    assert redact_parameters(text, "sig") == shown


def test_several_parameters():
    shown = redact_parameters("https://h/?X-Amz-Signature=ab&x=1&X-Amz-Security-Token=cd", "X-Amz-Signature",
                              "X-Amz-Security-Token")  # fmt: skip
    assert shown == "https://h/?X-Amz-Signature=***&x=1&X-Amz-Security-Token=***"


def test_of_a_key_its_end_is_shown_unless_that_is_most_of_it():
    assert ending("AKIAIOSFODNN7EXAMPLE") == "****MPLE"
    assert ending("short") == "****"
