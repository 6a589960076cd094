"""Many cases of one kind, several at once: each with a service of its own, behind a relay of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.testing.services._api_server import ApiServer
from codomyrmex.cloud.testing.services._http import listening

from .relay import ALL, OUTLASTED, Fault, Relay, relaying

AT_ONCE = 24
"""Most cases wait, for a pause or for an answer that does not come."""
Case = Callable[[Any, Relay], Iterable[str]]
"""Gives what is wrong with a service behind a relay."""


class Matrix:
    """Runs cases. ``make`` gives a fresh service, and ``judge`` what is wrong with one after its case."""

    def __init__(self, make: Callable[[], ApiServer], judge: Callable[[Any], Iterable[str]]) -> None:
        self._make, self._judge = make, judge

    @contextmanager
    def place(self) -> Iterator[tuple[Any, Relay]]:
        """A fresh service, and a relay before it.

        At their own ports: a request may still be on its way when its client has given up and the case is over, and
        must not reach the service of another.
        """
        service = self._make()
        with listening(service) as server, relaying(server.server_port) as relay:
            service.url = relay.url + service.root  # for its links
            yield service, relay

    def wrong(self, case: Case) -> list[str]:
        """What is wrong in one case."""
        with self.place() as (service, relay):
            return [*case(service, relay), *self._judge(service)]

    def check(self, cases: Mapping[str, Case]) -> None:
        """Fail with all that is wrong in any case."""
        assert cases, "no cases"
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = zip(cases, pool.map(self.wrong, cases.values()), strict=True)
            wrong = list(chain.from_iterable((f"{name}: {what}" for what in all_of_it) for name, all_of_it in found))
        assert not wrong, f"wrong in {len(wrong)} places:\n" + "\n".join(wrong)


def told(call: Callable[[], Any]) -> tuple[Any, CloudError | None, str | None]:
    """What a call returned; or the error of the tree that it raised; or what else it raised, which is wrong."""
    try:
        return call(), None, None
    except CloudError as error:
        return None, error, None
    except Exception as error:  # what no client may raise
        return None, None, f"raised {error!r}"


def not_broken(relay: Relay, fault: Fault) -> Iterator[str]:
    """That no exchange was broken, so that a case shows nothing.

    On a busy machine a client that is to wait in vain may give up before the relay has its request.
    """
    if not relay.broken and fault.ending != "stall":
        yield "the exchange was not broken"


def broken_reads(case: Callable[..., Iterable[str]], reads: Mapping[str, Any], names: Iterable[str]) -> dict[str, Case]:
    """The cases of these reads with each of these faults: ``case(read, fault, must)``, of `truth_or_error`."""
    return {
        f"{method}, {name}": partial(case, read, ALL[name], name in OUTLASTED)
        for method, read in reads.items()
        for name in names
    }


def truth_or_error(
    read: Callable[[], Any], relay: Relay, fault: Fault, request: str, kind: type[CloudError], *, must: bool
) -> Iterator[str]:
    """What is wrong with a read of which one exchange is broken.

    :param read: gives the same each time, where nothing is broken.
    :param kind: of the errors that it may raise.
    :param must: whether the true result is to come all the same.
    """
    truth = read()
    relay.arm(fault, request)
    result, error, stranger = told(read)
    if stranger or (must and error):
        yield stranger or f"gave up: {error!r}"
    elif error and not isinstance(error, kind):
        yield f"no {kind.__name__}: {error!r}"
    elif not error and result != truth:
        yield f"made up {result!r}"
    yield from not_broken(relay, fault)


def repeated(
    call: Callable[[], Any],
    effects: Callable[[], int],
    judge: Callable[[CloudError], Iterable[str]],
    succeeded: Callable[[Any], bool],
) -> Iterator[str]:
    """What is wrong with a write, called as by a program that repeats what is ``retryable``, three times at most.

    :param effects: how often it was carried out so far.
    :param judge: what else is wrong with an error.
    :param succeeded: whether a result tells all that a success tells.
    """
    for attempt in range(1, 4):
        before = effects()
        result, error, stranger = told(call)
        now = effects()
        if now > 1:
            yield f"done {now} times after attempt {attempt}: {error or result!r}"
            return
        if stranger:
            yield stranger
            return
        if error is None:
            if now != 1:
                yield f"told a success, and it is not done: {result!r}"
            if not succeeded(result):
                yield f"told a success that is none: {result!r}"
            return
        if getattr(error, "maybe_executed", None) is False and now > before:
            yield f"told that it is not done, and it is: {error!r}"
        yield from judge(error)
        if not error.retryable:
            return
