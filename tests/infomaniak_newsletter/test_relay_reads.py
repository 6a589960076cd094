"""Every fault of the network and of gateways, in every exchange of a read: the truth, or an error."""

from functools import partial

import pytest
from support import relay as faults
from support.matrix import broken_reads

from .relayed import READS, broken_read


def test_a_read_gives_the_truth_or_an_error(matrix):
    matrix.check(broken_reads(broken_read, READS, faults.FEW))


@pytest.mark.slow
def test_a_read_gives_the_truth_or_an_error_whatever_breaks(matrix):
    matrix.check(broken_reads(broken_read, READS, faults.ALL))


def without(key):
    return faults.changed(lambda content: {name: value for name, value in content.items() if name != key})


def having(**values):
    return faults.changed(lambda content: content | values)


ODD = {
    "no data": without("data"),
    "data null": having(data=None),
    "data a number": having(data=7),
    "data false": having(data=False),
    "data an object of nothing": having(data={}),
}
ODD_PAGES = {
    "pages a text": having(pages="1"),
    "pages true": having(pages=True),
    "items that are none": having(data=[7, None]),
}


def test_an_answer_without_what_it_is_asked_for_is_no_result(matrix):
    cases = {
        f"{method}, {name}": partial(broken_read, read, fault, False)
        for method, read in READS.items()
        for name, fault in (ODD | (ODD_PAGES if read.pages else {})).items()
    }
    matrix.check(cases)
