"""Ctrl-C where a test wants it: in the pause between two looks, or while an answer is waited for."""

import signal
import socket
import sys
import threading
from contextlib import contextmanager, nullcontext

import pytest
from codomyrmex.cloud.rest.polling import looks


def _main_thread_is_in(function):
    code, main = function.__code__, threading.main_thread().ident
    return lambda: sys._current_frames()[main].f_code is code


IN_THE_PAUSE = _main_thread_is_in(looks)
IN_A_REQUEST = _main_thread_is_in(socket.SocketIO.readinto)
"""Of what waits for an answer by the standard library. The service must be silent, or it may be over too soon."""


@contextmanager
def _interrupt(when):
    """SIGINT goes to the main thread, once, as soon as ``when()`` is true."""
    ended = threading.Event()

    def watch():
        while not ended.wait(0.01):
            if when():
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def notes_of_interrupt(call, *, when=None):
    """The notes of the KeyboardInterrupt that leaves a call.

    :param when: a function that is asked again and again whether to interrupt; left out, the call does that itself.
    """
    with pytest.raises(KeyboardInterrupt) as caught, _interrupt(when) if when else nullcontext():
        call()
    return getattr(caught.value, "__notes__", [])


def interrupt(*_):
    """A callback that interrupts who calls it."""
    signal.raise_signal(signal.SIGINT)
