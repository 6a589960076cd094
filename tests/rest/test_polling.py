"""Asking again and again, with an end."""

import math
import time
from itertools import islice

from codomyrmex.cloud.rest.polling import looks, overdue


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
