"""Every fault of the network and of gateways, in every exchange of a read: the truth, or an error."""

from functools import partial

import pytest
from support import relay as faults
from support.matrix import broken_reads

from .relayed import READS, Read, broken_read


def test_a_read_gives_the_truth_or_an_error(matrix):
    matrix.check(broken_reads(broken_read, READS, faults.FEW))


@pytest.mark.slow
def test_a_read_gives_the_truth_or_an_error_whatever_breaks(matrix):
    matrix.check(broken_reads(broken_read, READS, faults.ALL))


def test_the_download_of_an_export_is_whole_or_an_error(matrix):
    """What it holds can be anything, so a gateway's success in its place cannot be told from it."""
    read = Read("", lambda c: c.export_page("doc", "canvas-1"), "GET /blobs/")
    names = [name for name in (*faults.CUTS, *faults.STALLS, *faults.REFUSALS) if "at accept" not in name]
    names = [name for name in names if name[:3] not in ("301", "307")][1::2]  # it may follow those
    matrix.check({name: partial(broken_read, read, faults.ALL[name], False) for name in names})
