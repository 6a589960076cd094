"""The conformance suite: what every storage does, as tests. `StorageConformance` is all of them.

A test's name is the requirement in words. The requirements are those of
`codomyrmex.cloud.common.StorageClient`, and of the capabilities that a storage claims.
"""

from codomyrmex.cloud.testing.conformance._arguments import Arguments
from codomyrmex.cloud.testing.conformance._buckets import Buckets
from codomyrmex.cloud.testing.conformance._checksums import Checksums
from codomyrmex.cloud.testing.conformance._clients import Clients
from codomyrmex.cloud.testing.conformance._concurrency import Concurrency
from codomyrmex.cloud.testing.conformance._conditions import Conditions
from codomyrmex.cloud.testing.conformance._copies import Copies
from codomyrmex.cloud.testing.conformance._data import ODD_KEYS
from codomyrmex.cloud.testing.conformance._deletes import Deletes
from codomyrmex.cloud.testing.conformance._errors import Errors
from codomyrmex.cloud.testing.conformance._faults import Faults
from codomyrmex.cloud.testing.conformance._files import Files
from codomyrmex.cloud.testing.conformance._hooks import Hooks
from codomyrmex.cloud.testing.conformance._http import Response
from codomyrmex.cloud.testing.conformance._keys import Keys
from codomyrmex.cloud.testing.conformance._listing import Listing
from codomyrmex.cloud.testing.conformance._objects import Objects
from codomyrmex.cloud.testing.conformance._presigned import Presigned
from codomyrmex.cloud.testing.conformance._ranges import Ranges
from codomyrmex.cloud.testing.conformance._secrets import Secrets
from codomyrmex.cloud.testing.conformance._streams import Streams
from codomyrmex.cloud.testing.conformance._topic import Proxied, Topic, Untrusted, not_applicable

__all__ = ["ODD_KEYS", "Proxied", "Response", "StorageConformance", "Topic", "Untrusted", "not_applicable"]


class StorageConformance(  # pytest begins with the last
    Hooks,
    Faults,
    Secrets,
    Clients,
    Concurrency,
    Arguments,
    Errors,
    Checksums,
    Presigned,
    Conditions,
    Deletes,
    Copies,
    Files,
    Streams,
    Ranges,
    Listing,
    Keys,
    Objects,
    Buckets,
):
    """All requirements. A subclass gives the storage, as a fixture for the class::

        class TestAcme(StorageConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def storage(cls):
                with AcmeStorage() as storage:
                    yield storage

    The other fixtures and the settings are those of `Topic`.
    """

    topic = "Others"
