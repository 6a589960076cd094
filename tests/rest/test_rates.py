"""Rate limits kept on this side."""

import gc
import threading
import time

from codomyrmex.cloud.rest.rates import Rate, Turns, shared


def test_a_request_counts_from_its_answer_on():
    turns = Turns(Rate(1, 0.5))
    with turns.turn():
        time.sleep(0.4)  # the service may count it only now
    answered = time.monotonic()
    with turns.turn():
        assert time.monotonic() - answered >= 0.5


def test_a_request_on_its_way_counts_too():
    turns = Turns(Rate(1, 60))
    done = threading.Event()

    def ask():
        with turns.turn():
            done.set()

    with turns.turn():
        threading.Thread(target=ask, daemon=True).start()
        assert not done.wait(0.3)


def test_a_request_that_is_longer_on_its_way_than_a_window_counts_from_its_answer():
    turns = Turns(Rate(2, 0.3))
    with turns.turn():
        time.sleep(0.4)
        with turns.turn():  # which forgets the other, as that began before the window
            pass
    assert turns.count() == 2


def test_answers_in_any_order_leave_the_window_in_order():
    turns = Turns(Rate(5, 60))
    with turns.turn():
        time.sleep(0.02)
        with turns.turn():
            time.sleep(0.02)
        counted = [item.timestamp for item in turns.items]
        assert counted == sorted(counted)


def test_what_left_the_window_is_forgotten():
    turns = Turns(Rate(5, 0.05))
    for _ in range(5):
        with turns.turn():
            pass
    time.sleep(0.1)
    with turns.turn():
        assert turns.count() == 1


def test_a_request_that_fails_counts():
    turns = Turns(Rate(2, 60))
    try:
        with turns.turn():
            raise ValueError
    except ValueError:
        pass
    with turns.turn():
        pass
    assert turns.count() == 2


def test_clients_of_one_token_and_service_share_a_limiter_while_one_of_them_lives():
    rate = Rate(5, 1)
    limiter = shared(Turns, rate, "https://a", "token")
    assert shared(Turns, Rate(5, 1), "https://a", "token") is limiter
    others = [
        shared(Turns, rate, "https://a", "another"),
        shared(Turns, rate, "https://b", "token"),
        shared(Turns, Rate(6, 1), "https://a", "token"),
    ]
    assert limiter not in others
    with limiter.turn():
        pass
    del limiter
    gc.collect()
    assert shared(Turns, rate, "https://a", "token").count() == 0
