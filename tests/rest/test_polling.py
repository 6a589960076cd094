"""Asking again and again, with an end."""

import math
import time
from itertools import islice

import pytest
from codomyrmex.cloud.rest.polling import WAIT_CHECKS, check_timeout, check_wait, looks, note_on_interrupt, overdue
from support.interrupts import IN_THE_PAUSE, interrupt, notes_of_interrupt


def test_one_looks_at_once_and_once_more_when_the_time_is_over():
    times = list(looks(0.25, first=0.1, longest=0.1))
    assert times[0] < 0.1
    assert times[-1] >= 0.25
    assert len(times) <= 4  # 0, 0.1, 0.2, 0.25


def test_pauses_grow_up_to_the_longest():
    times = list(islice(looks(math.inf, first=0.02, longest=0.03), 5))
    assert times[1] >= 0.02
    assert times[4] >= 0.02 + 3 * 0.03


def test_no_pause_is_longer_than_the_longest_also_at_first():
    assert len(list(looks(1, first=60, longest=0.05))) > 3


def test_without_time_one_looks_once():
    assert len(list(looks(0, first=60, longest=60))) == 1


def test_looking_itself_takes_from_the_time():
    count = 0
    for _ in looks(0.1, first=0.01, longest=0.01):
        count += 1
        time.sleep(0.11)
    assert count == 1


def test_the_message_names_the_state_where_there_is_one():
    assert overdue("server web", 300, "BUILD") == "server web is still in state BUILD after 300 seconds"
    assert overdue("mutation 1", 0.5) == "mutation 1 is still not done after 0.5 seconds"


def wait_for(*things):
    """Wait in nested blocks for what never comes."""
    if things:
        with note_on_interrupt(things[0]):
            wait_for(*things[1:])
    else:
        for _ in looks(60, first=60, longest=60):
            pass


def test_who_interrupts_a_wait_is_told_what_goes_on():
    assert notes_of_interrupt(lambda: wait_for("task 5"), when=IN_THE_PAUSE) == ["the service goes on with task 5"]


def test_it_is_the_interrupt_itself_that_tells():
    stopped = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt) as caught, note_on_interrupt("task 5"):
        raise stopped
    assert caught.value is stopped


def test_nested_waits_tell_each_thing_once():
    notes = notes_of_interrupt(lambda: wait_for("stack 7", "task 5", "task 5"), when=IN_THE_PAUSE)
    assert notes == ["the service goes on with task 5", "the service goes on with stack 7"]


def test_an_interrupt_that_has_other_notes_keeps_them():
    def call():
        with note_on_interrupt("task 5"):
            try:
                interrupt()
            except KeyboardInterrupt as interrupted:
                interrupted.add_note("its file is left")
                raise

    assert notes_of_interrupt(call) == ["its file is left", "the service goes on with task 5"]


def test_a_failure_is_no_interrupt():
    with pytest.raises(ZeroDivisionError) as caught, note_on_interrupt("task 5"):
        1 / 0  # noqa: B018
    assert not hasattr(caught.value, "__notes__")


def test_a_wait_is_true_or_false():
    check_wait(True)
    check_wait(False)
    with pytest.raises(TypeError, match=r"^wait must be True or False, not float; for seconds give timeout=2\.5$"):
        check_wait(2.5)
    with pytest.raises(TypeError, match=r"^wait must be True or False, not NoneType$"):
        check_wait(None)


def test_a_timeout_is_positive_seconds_or_no_end():
    for timeout in (0.1, 300, math.inf):
        check_timeout(timeout)
    for timeout in (0, -5, -0.0, math.nan, -math.inf):
        with pytest.raises(ValueError, match=f"^timeout must be positive seconds, not {timeout}$"):
            check_timeout(timeout)
    for timeout in (True, "5", None, [1]):
        with pytest.raises(TypeError, match=f"^timeout must be a number of seconds, not {type(timeout).__name__}$"):
            check_timeout(timeout)


def test_operations_that_wait_take_both_checks():
    assert dict(WAIT_CHECKS) == {"wait": check_wait, "timeout": check_timeout}
