"""The suite as a third party sees it: what it selects, what may be changed, what it leaves behind."""

import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from codomyrmex.cloud import testing
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.testing import Proxied, StorageConformance

from .upstream import Upstream

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "acme"


class TestAcme(StorageConformance):
    """The example of the documentation, a storage of six methods."""

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, tmp_path_factory):
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(EXAMPLE)
            from acme_storage import AcmeStorage

            with AcmeStorage(tmp_path_factory.mktemp("acme")) as storage:
                yield storage
            del sys.modules["acme_storage"]


def test_what_is_not_claimed_is_said_and_must_be_unsupported(run_suite):
    run = run_suite(
        """
        class WithoutListing(LocalStorage):
            capabilities = LocalStorage.capabilities - {Capability.LISTING}

            def iter_objects(self, bucket, prefix="", *, start_after=""):
                self._unsupported("list objects")

        class TestIt(Local):
            @pytest.fixture(scope="class")
            @classmethod
            def storage(cls):
                with WithoutListing("root") as storage:
                    yield storage
        """,
        "-k",
        "listing",
    )
    assert run.code == 0
    assert run.outcome("test_a_listing_is_complete_at_any_length") == ("not claimed", "LISTING")
    assert run.outcome("test_listing_is_said_to_be_unsupported") == ("passed", "")


def test_what_is_claimed_has_no_test_of_its_absence(run_suite):
    run = run_suite("class TestIt(Local): pass", "-k", "listing_is_said")
    assert run.outcome("test_listing_is_said_to_be_unsupported") == ("not applicable", "LISTING is claimed")


def test_a_fixture_that_is_not_given_is_said_to_be_missing(run_suite):
    run = run_suite("class TestIt(Local): pass", "-k", "forbidden_listing")
    outcome, reason = run.outcome("test_a_forbidden_listing_is_no_empty_listing")
    assert outcome == "not applicable"
    assert "`denied`" in reason


def test_a_known_defect_must_fail_and_is_told_with_its_reason(run_suite):
    run = run_suite(
        """
        class Blind(LocalStorage):
            def exists(self, bucket, key):
                return False

        class TestIt(Local):
            known_defects = {
                "test_an_empty_object_exists": "the emulator sees nothing (its issue 7)",
                "test_a_range_is_read[inside]": "it says the same of this",
            }

            @pytest.fixture(scope="class")
            @classmethod
            def storage(cls):
                with Blind("root") as storage:
                    yield storage
        """,
        "-k",
        "empty_object_exists or range_is_read",
    )
    assert run.outcome("test_an_empty_object_exists") == ("known defect", "the emulator sees nothing (its issue 7)")
    outcome, reason = run.outcome("test_a_range_is_read[inside]")
    assert outcome == "failed"  # the defect is no more
    assert "it says the same of this" in reason
    assert run.outcome("test_a_range_is_read[whole]") == ("passed", "")
    assert run.code == 1


def test_a_known_defect_of_a_test_that_is_none_is_refused():
    with pytest.raises(TypeError, match="test_nothing"):
        type("TestIt", (StorageConformance,), {"known_defects": {"test_nothing": "no such test"}})


def test_an_unsupported_key_that_is_none_is_refused():
    with pytest.raises(TypeError, match="a typing error"):
        type("TestIt", (StorageConformance,), {"unsupported_keys": {"a typing error": "no such key"}})


def test_a_memory_limit_that_shows_nothing_is_refused():
    with pytest.raises(TypeError, match="stream_memory"):
        type("TestIt", (StorageConformance,), {"stream_memory": StorageConformance.stream_size})


SOME = "listing_is_complete or key_is_kept or ensuring"

UNSUPPORTED = """
class Short(LocalStorage):
    def upload_stream(self, bucket, key, stream, **options):
        {body}
        return super().upload_stream(bucket, key, stream, **options)

    def upload_file(self, bucket, key, data, content_type=None):
        self.upload_stream(bucket, key, io.BytesIO(data))

import io
from codomyrmex.cloud.errors import InvalidRequest

class TestIt(Local):
    unsupported_keys = {{"1,024 letters": "255 at most (its manual, Names)"}}

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls):
        with Short("root") as storage:
            yield storage
"""
REFUSE = "if len(key) > 255: raise InvalidRequest('the key is too long')"


def test_a_key_that_is_said_to_be_unsupported_must_be_refused(run_suite):
    run = run_suite(UNSUPPORTED.format(body=REFUSE), "-k", "any_key_is_kept")
    outcome, reason = run.outcome("test_any_key_is_kept_as_it_is[1,024 letters]")
    assert outcome == "not applicable"
    assert "255 at most (its manual, Names)" in reason
    run = run_suite(UNSUPPORTED.format(body="pass"), "-k", "any_key_is_kept")
    outcome, reason = run.outcome("test_any_key_is_kept_as_it_is[1,024 letters]")
    assert outcome == "failed"
    assert "DID NOT RAISE" in reason


def test_nothing_is_left_behind(run_suite):
    run = run_suite("class TestIt(Local): page_size = 20", "-k", SOME)
    assert run.code == 0
    with LocalStorage(run.folder / "root") as storage:
        assert storage.list_buckets() == []


def test_a_bucket_that_is_given_keeps_what_was_in_it(run_suite, tmp_path):
    with LocalStorage(tmp_path / "root") as storage:
        storage.create_bucket("ours")
        storage.upload_file("ours", "kept", b"data")
        run = run_suite(
            """
            class TestIt(Local):
                page_size = 20

                @pytest.fixture(scope="class")
                @classmethod
                def bucket(cls):
                    return "ours"

                @pytest.fixture(scope="class")
                @classmethod
                def new_bucket(cls):
                    not_applicable("the account has one bucket")
            """,
            "-k",
            SOME,
            folder=tmp_path,
        )
        assert run.code == 0
        assert run.outcome("test_ensuring_a_bucket_makes_it_once") == ("not applicable", "the account has one bucket")
        assert [info.key for info in storage.iter_objects("ours")] == ["kept"]


def test_a_back_end_that_is_missing_is_told_and_is_no_failure(run_suite):
    run = run_suite(
        """
        class TestIt(Local):
            @pytest.fixture(scope="class")
            @classmethod
            def storage(cls):
                pytest.skip("the server is not installed; run: acme install")
        """,
        "-k",
        "range_is_read",
    )
    assert run.code == 0
    assert run.storage["name"] == "It"
    assert run.outcome("test_a_range_is_read[whole]") == (
        "not run",
        "the server is not installed; run: acme install",
    )


def test_a_storage_that_cannot_be_made_is_a_failure_of_all(run_suite):
    run = run_suite(
        """
        class TestIt(StorageConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def storage(cls):
                raise OSError("no route")
        """,
        "-k",
        "range_is_read",
    )
    assert {entry["outcome"] for entry in run.storage["requirements"]} == {"failed"}
    assert run.outcome("test_a_range_is_read[whole]")[1] == "OSError: no route"


def test_a_class_without_a_storage_is_told_what_is_missing(run_suite):
    run = run_suite("class TestIt(StorageConformance): pass", "-k", "range_is_read")
    assert run.code == 1
    assert "fixture 'storage' not found" in run.outcome("test_a_range_is_read[whole]")[1]


def test_tests_may_be_added_and_replaced(run_suite):
    run = run_suite(
        """
        class TestIt(Local):
            title = "Ours, in a cellar"

            def test_the_cellar_is_dry(self, storage):
                pass

            def test_any_range_of_an_empty_object_is_empty(self):
                raise RuntimeError("replaced")
        """,
        "-k",
        "cellar or empty_object_is_empty",
    )
    assert run.storage["name"] == "Ours, in a cellar"
    assert run.entry("test_the_cellar_is_dry")["topic"] == "Others"
    replaced = run.entry("test_any_range_of_an_empty_object_is_empty")
    assert (replaced["topic"], replaced["reason"]) == ("Ranges", "RuntimeError: replaced")


def test_a_failure_shows_what_was_compared(run_suite):
    run = run_suite(
        """
        class TestIt(Local):
            @pytest.fixture(scope="class")
            @classmethod
            def storage(cls):
                class Wrong(LocalStorage):
                    def read_range(self, bucket, key, start=0, length=None):
                        return b"wrong"
                with Wrong("root") as storage:
                    yield storage
        """,
        "-k",
        "range_is_read and inside",
    )
    assert "b'wrong' == b'3456'" in run.outcome("test_a_range_is_read[inside]")[1]


def test_a_client_behind_a_proxy_ends_with_the_block_and_the_proxy_after_it(tmp_path):
    class Client(LocalStorage):
        def __init__(self, url):
            super().__init__(tmp_path)
            self.url = f"{url}/echo"

        def close(self):
            super().close()
            with urlopen(self.url, timeout=5) as response:
                assert response.status == 200

    with Upstream() as upstream:
        with Proxied.before(upstream.endpoint_url, Client) as proxied:
            assert proxied.storage.url == f"{proxied.proxy.endpoint_url}/echo"
            assert proxied.proxy.requests == []
        assert [request.path for request in proxied.proxy.requests] == ["/echo"]
        with pytest.raises(URLError):
            urlopen(proxied.storage.url, timeout=5)


def test_a_test_run_that_does_not_use_the_suite_does_not_import_it(tmp_path):
    pytest_of_its_own = """
import sys
import pytest

class Look:
    def pytest_sessionfinish(self):
        heavy = ("asyncio", "requests", "h11", "codomyrmex.cloud.common", "codomyrmex.cloud.testing.conformance")
        print("imported:", [name for name in heavy if name in sys.modules])

pytest.main(["-q", "-p", "no:cacheprovider"], plugins=[Look()])
"""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", pytest_of_its_own], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "imported: []" in done.stdout


def test_public_names_are_found_on_first_use():
    assert all(getattr(testing, name) for name in testing.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = testing.nothing
