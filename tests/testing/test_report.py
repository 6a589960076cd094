"""What ``pytest --cloud-report DIR`` writes."""

import re
from html.parser import HTMLParser

import pytest

ONE = "class TestIt(Local): pass"
VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Checks that what is opened is closed."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.tags = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_tells_of_storage_and_requirements(one):
    assert one.code == 0
    assert one.report["versions"].keys() == {"codomyrmex-cloud", "codomyrmex-cloud-testing", "Python"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one.report["made"])
    storage = one.storage
    assert (storage["name"], storage["provider"]) == ("It", "local")
    assert storage["class"].endswith("LocalStorage")
    assert "LISTING" in storage["capabilities"]
    assert "SERVER_SIDE_COPY" not in storage["capabilities"]
    assert storage["summary"] == {"passed": 2}
    url, inside = storage["requirements"]
    assert url["requirement"] == "The URL of an object leads back to it"
    assert url["topic"] == "Objects"
    assert (inside["requirement"], inside["case"]) == ("A range is read", "inside")
    assert inside["test"] == "test_it.py::TestIt::test_a_range_is_read[inside]"
    assert inside["outcome"] == "passed"
    assert inside["seconds"] >= 0


def test_the_terminal_says_where_it_is(one):
    assert "conformance report: report/conformance.html" in one.text


def test_no_report_is_written_unless_asked_for(run_suite):
    run = run_suite(ONE, "-k", "leads_back", report=None)
    assert run.code == 0
    assert run.report == {}
    assert "conformance report" not in run.text


def test_no_report_is_written_where_the_suite_did_not_run(run_suite):
    run = run_suite("def test_other(): pass")
    assert run.code == 0
    assert run.report == {}
    assert "no test of the conformance suite ran" in run.text


def test_a_folder_that_cannot_be_written_is_told_before_the_tests(run_suite):
    run = run_suite(ONE, "-k", "leads_back", report="test_it.py")
    assert run.code == 4
    assert "--cloud-report" in run.text
    assert "Traceback" not in run.text


FAILING = """
class Broken(LocalStorage):
    def delete_file(self, bucket, key):
        raise ValueError("<script>alert(1)</script>")

class TestBroken(Local):
    title = "<b>Broken</b>"
    known_defects = {"test_only_the_object_of_that_key_is_deleted": "see <issue>"}

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls):
        with Broken("root") as storage:
            yield storage

class TestWhole(Local):
    pass
"""


@pytest.fixture(scope="module")
def one(run_suite):
    """A run of two tests that pass."""
    return run_suite(ONE, "-k", "leads_back or (range_is_read and inside)")


@pytest.fixture(scope="module")
def both(run_suite):
    return run_suite(FAILING, "-k", "deleted or deleting or listing_is_said or range_is_read")


def test_a_failure_is_told_with_its_reason(both):
    broken, whole = both.report["storages"]
    failed = [entry for entry in broken["requirements"] if entry["outcome"] == "failed"]
    assert broken["summary"]["failed"] == len(failed) > 0
    assert "ValueError: <script>alert(1)</script>" in {entry["reason"] for entry in failed}
    assert "failed" not in whole["summary"]


def test_the_page_needs_nothing_beside_itself(both):
    page = Balance()
    page.feed(both.page)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe"}
    assert re.findall(r"https?://", both.page) == []


def test_the_page_shows_text_as_text(both):
    assert "<script>" not in both.page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in both.page
    assert "&lt;b&gt;Broken&lt;/b&gt;" in both.page
    assert "see &lt;issue&gt;" in both.page


def test_the_page_has_topics_by_storages(both):
    matrix = both.page[both.page.index("<table") : both.page.index("</table>")]
    for text in ("Ranges", "Deletes", "Listing", "LISTING", "&lt;b&gt;Broken&lt;/b&gt;", "Whole"):
        assert text in matrix
    assert re.search(r"\d+ failed", matrix)
    assert "1 known defect" in matrix


def test_links_of_the_page_lead_somewhere(both):
    targets = set(re.findall(r'href="#([^"]+)"', both.page))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', both.page))


def test_a_teardown_that_fails_is_a_failure(run_suite):
    run = run_suite(
        """
        class TestIt(Local):
            @pytest.fixture
            def key(self):
                yield "key"
                raise RuntimeError("cannot be removed")
        """,
        "-k",
        "empty_object_exists",
    )
    assert run.outcome("test_an_empty_object_exists") == ("failed", "RuntimeError: cannot be removed")


def test_workers_of_xdist_report_together(run_suite):
    run = run_suite(ONE, "-n", "2", "-k", "range_is_read")
    assert run.code == 0
    assert run.storage["summary"] == {"passed": 12}
    assert run.storage["provider"] == "local"
