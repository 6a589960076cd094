"""Texts that headers cannot hold."""

import pytest
from codomyrmex.cloud.rest.headers import decode_text, encode_text
from hypothesis import example, given
from hypothesis import strategies as st


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
@example("")
@example(" spaces ")
@example("line\nend")
@example("=?utf-8?b?bm8=?=")
@example("Ameise 蟻")
def test_any_text_comes_back_by_a_header_of_visible_ascii(text):
    value = encode_text(text)
    assert all(" " <= character <= "~" for character in value)
    assert value == value.strip()
    assert decode_text(value) == text


@pytest.mark.parametrize("text", ["plain", "a b", "?=", "100%", "a;b,c"])
def test_what_a_header_holds_goes_as_it_is(text):
    assert encode_text(text) == text


def test_what_would_be_taken_for_a_word_goes_as_one():
    assert encode_text("x=?") == "=?utf-8?b?eD0/?="


def test_words_in_capitals_are_read_too():
    assert decode_text("a =?UTF-8?B?YQ==?=") == "a a"


@pytest.mark.parametrize("value", ["=?utf-8?b?A?=", "=?utf-8?q?=61?=", "=?iso-8859-1?b?YQ==?=", "=?utf-8?b?!?="])
def test_what_other_programs_wrote_stays(value):
    assert decode_text(value) == value
