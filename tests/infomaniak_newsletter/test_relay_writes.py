"""Every fault of the network and of gateways, in every exchange of a write: it is done once, and told truly."""

from functools import partial

import pytest
from support import relay as faults

from .relayed import WRITES, connect, one_client, succeeded


def each(writes, names):
    """The cases of these writes with each of these faults."""
    return {f"{method}, {name}": partial(one_client, WRITES[method], name) for method in writes for name in names}


def test_without_a_fault_every_write_succeeds(matrix):
    def case(write, service, relay):
        with connect(relay) as client:
            result = write.call(client, service.ids)
        if not succeeded(result) or write.effects(service) != 1:
            yield f"{result!r}, done {write.effects(service)} times"

    matrix.check({name: partial(case, write) for name, write in WRITES.items()})


def test_a_write_is_done_once_at_most(matrix):
    matrix.check(each(WRITES, faults.MOST_HARM))


@pytest.mark.slow
@pytest.mark.parametrize("once", [True, False])
def test_a_write_is_done_once_at_most_whatever_breaks(matrix, once):
    matrix.check(each((method for method, write in WRITES.items() if write.once is once), faults.ALL))
