"""fsspec's own tests, over a storage of each kind, and before a release over those of all providers.

The bridge knows no provider: it calls the contract, of which the conformance suite shows that all keep it.
"""

import posixpath

import pytest
from fsspec.tests import abstract

from .conftest import make

RELEASE = pytest.mark.release


class Fixtures(abstract.AbstractFixtures):
    @pytest.fixture(
        params=[
            "local",
            "seven",
            pytest.param("aws", id="moto"),
            pytest.param("azure", marks=RELEASE),
            pytest.param("gcp", marks=RELEASE),
        ]
    )
    def fs(self, request, connect):
        return make(connect, request.param)

    @pytest.fixture
    def fs_path(self, bucket):
        return bucket

    @pytest.fixture
    def fs_join(self):
        return posixpath.join

    @pytest.fixture
    def supports_empty_directories(self):
        return False


class TestCopy(Fixtures, abstract.AbstractCopyTests):
    pass


class TestGet(Fixtures, abstract.AbstractGetTests):
    pass


class TestPut(Fixtures, abstract.AbstractPutTests):
    pass


class TestOpen(Fixtures, abstract.AbstractOpenTests):
    pass


class TestPipe(Fixtures, abstract.AbstractPipeTests):
    pass


class SixMethodsFixtures(Fixtures):
    """A storage that lists nothing has no folders, so these tests alone are about what it can do."""

    @pytest.fixture
    def fs(self, six):
        return six

    @pytest.fixture
    def fs_path(self):
        return "box"


class TestOpenOfSixMethods(SixMethodsFixtures, abstract.AbstractOpenTests):
    pass


class TestPipeOfSixMethods(SixMethodsFixtures, abstract.AbstractPipeTests):
    pass
