"""Several requests at a time."""

import threading
import time
import weakref

import pytest
from codomyrmex.cloud.rest.parallel import THREADS, in_order


class Gauge:
    """Counts how many are at work."""

    def __init__(self):
        self._lock = threading.Lock()
        self.now = self.most = self.begun = 0

    def __enter__(self):
        with self._lock:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_):
        with self._lock:
            self.now -= 1


def test_results_come_in_order_whoever_is_done_first():
    def work(n):
        time.sleep(0.02 if n % 5 == 0 else 0)
        return n * n

    assert list(in_order(work, range(40))) == [n * n for n in range(40)]


def test_so_many_are_at_work_and_no_more():
    gauge = Gauge()
    together = threading.Barrier(THREADS, timeout=20)

    def work(_):
        with gauge:
            together.wait()

    list(in_order(work, range(3 * THREADS)))
    assert gauge.most == THREADS


def test_together_they_hold_no_more_than_they_may():
    held, most = 0, 0

    def items():
        nonlocal held, most
        for _ in range(20):
            held += 10
            most = max(most, held)
            yield 10

    for _ in in_order(lambda item: item, items(), memory_of=lambda item: item, memory=35):
        held -= 10
    assert most <= 40  # one more is read before it waits


def test_an_item_that_is_larger_than_the_memory_goes_alone():
    gauge = Gauge()

    def work(item):
        with gauge:
            time.sleep(0.01)
        return item

    assert list(in_order(work, [9, 9, 9], memory_of=lambda item: item, memory=5)) == [9, 9, 9]
    assert gauge.most == 1


def test_what_was_given_back_may_be_taken_again():
    together = threading.Barrier(THREADS, timeout=20)  # with less memory than theirs they would wait for ever
    for _ in in_order(lambda _: together.wait(), range(5 * THREADS), memory_of=lambda _: 10, memory=10 * THREADS):
        pass


def test_items_are_not_read_far_ahead_of_the_work():
    read, released = [], threading.Event()

    def items():
        for n in range(100):
            read.append(n)
            yield n

    reader = threading.Thread(target=lambda: list(in_order(lambda _: released.wait(20), items())))
    reader.start()
    end = time.monotonic() + 10
    while len(read) <= THREADS and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.3)  # for those that should not be read
    ahead = len(read)
    released.set()
    reader.join()
    assert THREADS < ahead <= THREADS + 2
    assert len(read) == 100


def test_no_item_is_held_while_the_next_one_is_read():
    class Item:
        pass

    items = []

    def made():
        item = Item()
        items.append(weakref.ref(item))
        return item

    def reading():
        yield made()
        end = time.monotonic() + 5
        while items[0]() is not None and time.monotonic() < end:
            time.sleep(0.01)
        assert items[0]() is None
        yield made()

    assert len(list(in_order(lambda item: None, reading()))) == 2


def test_the_first_error_ends_it_and_what_was_begun_is_waited_for():
    gauge = Gauge()

    def work(n):
        with gauge:
            time.sleep(0.05)
            if n == 3:
                raise ValueError("the fourth")

    results = in_order(work, range(1000))
    with pytest.raises(ValueError, match="the fourth"):
        list(results)
    assert gauge.now == 0
    assert gauge.begun < 50


def test_who_stops_early_leaves_nothing_at_work():
    gauge = Gauge()

    def work(_):
        with gauge:
            time.sleep(0.05)

    results = in_order(work, range(1000))
    next(results)
    results.close()
    assert gauge.now == 0
    assert gauge.begun < 50
