"""Every fault of the network and of gateways, in every exchange: nothing is done twice, and no success is made up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from codomyrmex.cloud import errors as tree
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakConflictError
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient, InfomaniakOutcomeUnknownError
from support import relay as faults
from support.matrix import Matrix, repeated, told
from support.newsletter import vendor
from support.newsletter.server import DOMAIN, TOKEN, Newsletter, error

WHEN = int(time.time()) + 86_400
CONDITIONS = {"closure": "OR", "conds": []}
_THOUSANDS = count(1)


def make() -> Newsletter:
    """A newsletter with two of each thing, whose ids no other has: what was sent is on record by them."""
    service = Newsletter()
    service._ids = count(1000 * next(_THOUSANDS))
    campaign, scheduled = service.add_campaign(), service.add_campaign("scheduled")
    group, other = service.add_group(), service.add_group("Others")
    subscriber = service.add_subscriber("ada@example.org", other)
    service.add_subscriber("bob@example.org", other)
    service.add_subscriber("eve@example.org", other)
    service.create_segment({}, {"name": "s", "data": CONDITIONS})
    service.create_segment({}, {"name": "t", "data": CONDITIONS})
    service.create_field({}, {"name": "f"})
    service.create_field({}, {"name": "g"})
    service.tasks["5cb09b3c"] = {"asked": 0}
    service.effects.clear()
    service.ids = SimpleNamespace(
        campaign=campaign, scheduled=scheduled, group=group, other=other, subscriber=subscriber,
        segment=min(service.segments), field=min(service.fields),
    )  # fmt: skip
    return service


def violations(service: Newsletter) -> list[str]:
    return [*service.violations, *vendor.DOCUMENT.problems(service.requests)]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, Matrix(make, violations).ready() as ready:
        patch.setenv("CLOUD_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield ready


def connect(relay, **options) -> InfomaniakNewsletterClient:
    defaults = {"timeout": 1.0, "requests_per_minute": None, "retry_budget": 1.5, "strict": True}
    return InfomaniakNewsletterClient(TOKEN, DOMAIN, base_url=relay.url, **{**defaults, **options})


class Write(NamedTuple):
    """A method that changes something, as it is called here."""

    operation: str
    """The contract's name."""
    request: str
    """Its request line."""
    call: Callable[[InfomaniakNewsletterClient, Any], Any]
    """With the client, and the ids of what there is."""
    once: bool = False
    """Whether to do it again does more."""

    def effects(self, service: Newsletter) -> int:
        """How often it was carried out."""
        return len(service.changed(self.operation))


WRITES = {
    "send_campaign": Write("schedule", "PUT .*/schedule ", lambda c, i: c.send_campaign(i.campaign), once=True),
    "schedule_campaign": Write(
        "schedule", "PUT .*/schedule ", lambda c, i: c.schedule_campaign(i.campaign, WHEN), once=True
    ),
    "unschedule_campaign": Write("cancel", "PUT ", lambda c, i: c.unschedule_campaign(i.scheduled), once=True),
    "create_campaign": Write(
        "create_campaign", "POST ", lambda c, i: c.create_campaign("s", "a@example.org", "n", "<p>", i.group), once=True
    ),
    "update_campaign": Write("update_campaign", "PUT ", lambda c, i: c.update_campaign(i.campaign, subject="s")),
    "duplicate_campaign": Write("duplicate", "POST ", lambda c, i: c.duplicate_campaign(i.campaign), once=True),
    "delete_campaign": Write("delete_campaign", "DELETE ", lambda c, i: c.delete_campaign(i.campaign)),
    "send_test": Write("test", "POST ", lambda c, i: c.send_test(i.campaign, "a@example.org"), once=True),
    "create_mailing_list": Write("create_group", "POST ", lambda c, i: c.create_mailing_list("n"), once=True),
    "update_mailing_list": Write("update_group", "PUT ", lambda c, i: c.update_mailing_list(i.group, name="n")),
    "delete_mailing_list": Write("delete_group", "DELETE ", lambda c, i: c.delete_mailing_list(i.group)),
    "manage_contact": Write("assign", "POST ", lambda c, i: c.manage_contact(i.group, i.subscriber, "subscribe")),
    "manage_contact out of it": Write(
        "unassign", "POST ", lambda c, i: c.manage_contact(i.other, i.subscriber, "unsubscribe")
    ),
    "create_contact": Write("create_subscriber", "POST ", lambda c, i: c.create_contact("x@example.org")),
    "create_contact that is there": Write(
        "create_subscriber", "POST ", lambda c, i: c.create_contact("ada@example.org", fields={"f": "x"})
    ),
    "update_contact": Write(
        "update_subscriber", "PUT ", lambda c, i: c.update_contact(i.subscriber, status="unsubscribed")
    ),
    "delete_contact": Write("delete_subscriber", "DELETE ", lambda c, i: c.delete_contact(i.subscriber)),
    "forget_contact": Write("forget", "DELETE ", lambda c, i: c.forget_contact(i.subscriber)),
    "unsubscribe_contacts": Write("unsubscribe", "PUT ", lambda c, i: c.unsubscribe_contacts([i.subscriber])),
    "create_segment": Write("create_segment", "POST ", lambda c, i: c.create_segment("n", CONDITIONS), once=True),
    "update_segment": Write("update_segment", "PUT ", lambda c, i: c.update_segment(i.segment, name="n")),
    "delete_segment": Write("delete_segment", "DELETE ", lambda c, i: c.delete_segment(i.segment)),
    "create_field": Write("create_field", "POST ", lambda c, i: c.create_field("n"), once=True),
    "update_field": Write("update_field", "PUT ", lambda c, i: c.update_field(i.field, name="n")),
    "delete_field": Write("delete_field", "DELETE ", lambda c, i: c.delete_field(i.field)),
}
DISPATCHES = ("send_campaign", "schedule_campaign")
SAY_YES = {
    "send_campaign", "schedule_campaign", "unschedule_campaign", "delete_campaign", "send_test", "delete_mailing_list",
    "manage_contact", "manage_contact out of it", "delete_contact", "forget_contact", "delete_segment", "delete_field",
    "unsubscribe_contacts",
}  # fmt: skip
"""What tells no more than that it is done, so that an answer with nothing in it may be its success."""
SAYS_NOTHING = {f"{name}, not executed" for name in faults.EMPTY if "no length" not in name}


def succeeded(result: Any) -> bool:
    """Whether a result tells what a success tells."""
    return result is True or (isinstance(result, dict) and ("task_id" in result or isinstance(result.get("id"), int)))


def wrong_error(write: Write, sure: bool, raised: tree.CloudError):
    """What is wrong with the error of a write. ``sure``: whether it says that nothing was done."""
    if not isinstance(raised, InfomaniakCloudError):
        yield f"no InfomaniakCloudError: {raised!r}"
    elif write.once and not sure:
        yield from wrong_unknown(raised)


def wrong_unknown(raised: tree.CloudError):
    """What is wrong with an error that must say that nobody knows whether it was done."""
    if not isinstance(raised, InfomaniakOutcomeUnknownError):
        yield f"no InfomaniakOutcomeUnknownError: {raised!r}"
    elif not isinstance(raised, getattr(tree, "OutcomeUnknown", ())) or isinstance(
        raised, ConnectionError | TimeoutError
    ):
        yield f"of other kinds: {type(raised).__mro__}"
    if raised.retryable or not getattr(raised, "maybe_executed", False):
        yield f"invites to repeat it, or tells not that it may be done: {raised!r}"


def one_client(write: Write, name: str, service: Newsletter, relay):
    """A case: the exchange of a write is broken."""
    relay.arm(faults.ALL[name], write.request)
    with connect(relay) as client:
        judge, effects = partial(wrong_error, write, name == "429"), lambda: write.effects(service)
        yield from repeated(lambda: write.call(client, service.ids), effects, judge, succeeded)
    if not relay.broken:
        yield "the exchange was not broken"


def each(writes, names):
    """The cases of these writes with each of these faults."""
    return {
        f"{method}, {name}": partial(one_client, WRITES[method], name)
        for method in writes
        for name in names
        if method not in SAY_YES or name not in SAYS_NOTHING
    }


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


# Sending, now or later


def obstinate(method: str, name: str, lags: bool, several: int, service: Newsletter, relay):
    """A case: a campaign is sent although it went wrong, by one client, by another, by eight of them at once."""
    call, campaign = WRITES[method].call, service.ids.campaign
    service.state_lags = lags
    if fault := faults.ALL.get(name):
        relay.arm(fault, "PUT ")
    clients = [connect(relay) for _ in range(several)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: told(lambda: call(clients[n % several], service.ids)), range(8)))
    outcomes += [told(lambda: call(clients[0], service.ids)) for _ in range(2)]
    with connect(relay) as restarted:
        outcomes.append(told(lambda: call(restarted, service.ids)))
    for client in clients:
        client.close()
    sends = [key for key, _ in service.sends].count(campaign)
    successes = [result for result, raised, stranger in outcomes if not raised and not stranger]
    yield from (stranger for _, _, stranger in outcomes if stranger)
    if sends > 1 or len(successes) > 1 or (successes and not sends):
        yield f"sent {sends} times, and {len(successes)} times told so: {outcomes}"
    if fault is None and not sends:
        yield f"not sent: {outcomes}"
    for _, raised, _ in outcomes:
        if raised and not raised.retryable and not isinstance(raised, InfomaniakConflictError):
            yield from wrong_unknown(raised)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("nothing", "429", *faults.FEW[:3]), id="few"),
        pytest.param([name for name in faults.ALL if name not in SAYS_NOTHING], id="all", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("several", [1, 8])
def test_eight_threads_send_a_campaign_once(matrix, names, several):
    matrix.check(
        {
            f"{method}, {name}, {'lags' if lags else 'up to date'}": partial(obstinate, method, name, lags, several)
            for method in DISPATCHES
            for name in names
            for lags in (False, True)
        }
    )


def test_a_refusal_that_is_cut_is_no_success(matrix):
    """The service refuses with status 200 too; without its headers' end that looks like a success without a body."""

    def case(write, name, service, relay):
        service.fail(write.operation, error(400, "not now")._replace(status=200))
        relay.arm(faults.ALL[name], write.request)
        with connect(relay) as client:
            result, raised, stranger = told(lambda: write.call(client, service.ids))
        if stranger or (not raised and not write.effects(service)):
            yield stranger or f"told a success: {result!r}"

    names = [name for name in faults.CUTS if name.startswith("end") and ("header" in name or "line" in name)]
    matrix.check(
        {f"{method}, {name}": partial(case, write, name) for method, write in WRITES.items() for name in names[::4]}
    )


PROGRAM = """
import os
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient
c = InfomaniakNewsletterClient(
    os.environ["TOKEN"], os.environ["DOMAIN"], base_url=os.environ["URL"], timeout=30, requests_per_minute=None,
    strict=True,
)
{call}
"""


def test_a_program_that_was_killed_and_runs_again_sends_nothing_twice(matrix):
    def case(call, fault, lags, service, relay):
        service.state_lags = lags
        relay.arm(faults.ALL[fault], "PUT ")
        environment = os.environ | {"TOKEN": TOKEN, "DOMAIN": str(DOMAIN), "URL": relay.url}
        command = [sys.executable, "-c", PROGRAM.replace("{call}", call.format(service.ids.campaign, WHEN))]
        with subprocess.Popen(command, env=environment) as process:
            while not relay.broken and process.poll() is None:
                time.sleep(0.01)
            while faults.ALL[fault].executed and not service.sends and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        for _ in range(2):
            again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
            known = "OutcomeUnknownError" in again.stderr or "ConflictError" in again.stderr
            if again.returncode == 0 or not known:
                yield f"it was not told that this may be sent already: {again.stderr[-300:]}"
        if len(service.sends) != faults.ALL[fault].executed:
            yield f"sent {len(service.sends)} times"

    calls = {"send": "c.send_campaign({})", "schedule": "c.schedule_campaign({}, {})"}
    matrix.check(
        {
            f"{name}, {fault}, {'lags' if lags else 'up to date'}": partial(case, call, fault, lags)
            for name, call in calls.items()
            for fault in ("stall before the answer", "stall before the request")
            for lags in (False, True)
        }
    )


# Importing


def imported(many: bool, request: str, name: str, service: Newsletter, relay):
    """A case: an exchange of an import is broken. What it says of each contact is so."""
    good = [{"email": f"{n}@example.org", "firstname": "x"} for n in range(25 if many else 6)]
    bad = [{"email": "none"}, {"email": "a@refused.example"}]
    relay.arm(faults.ALL[name], request)
    with connect(relay) as client:
        result, raised, stranger = told(
            lambda: client.import_contacts(service.ids.group, [*good, *bad], timeout=2, settle=0.3)
        )
    members = service.members(service.ids.group)
    if not relay.broken:
        yield "the exchange was not broken"
    if stranger or raised:
        if not isinstance(raised, InfomaniakCloudError):
            yield stranger or f"no InfomaniakCloudError: {raised!r}"
        return
    failed = {each["email"] for each in result["failed"]}
    if failed & members.keys():
        yield f"told that these failed, which are in: {failed & members.keys()}"
    if result["imported"] != len(members) or result["imported"] + len(failed) != len(good) + len(bad):
        yield f"told of {result['imported']}, and {len(members)} are in; {len(failed)} failed"


FEW = {"a contact": "POST .*/subscribers "}
MANY = {
    "the fields": "GET .*/fields", "the upload": "POST .*/upload ", "the import": "POST .*/import ",
    "the task": "GET .*/tasks/", "the members": "POST .*/filter",
}  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(faults.FEW, id="few"),
        pytest.param([name for name in faults.ALL if name not in faults.FEW], id="all others", marks=pytest.mark.slow),
    ],
)
def test_what_an_import_tells_of_a_contact_is_so(matrix, names):
    names = [name for name in names if "at accept" not in name]
    matrix.check(
        {
            f"{what}, {name}": partial(imported, many, request, name)
            for many, requests in ((False, FEW), (True, MANY))
            for what, request in requests.items()
            for name in names
        }
    )


# Reads


class Read(NamedTuple):
    """A method that reads, as it is called here."""

    call: Callable[[InfomaniakNewsletterClient, Any], Any]
    request: str = "GET "
    pages: bool = False
    """Whether it is a list of several pages."""


SECOND_PAGE = "(GET|POST) .*[?&]page=2"
READS = {
    "list_campaigns": Read(lambda c, i: c.list_campaigns(), pages=True),
    "get_campaign": Read(lambda c, i: c.get_campaign(i.campaign)),
    "get_campaign_statistics": Read(lambda c, i: c.get_campaign_statistics(i.campaign)),
    "get_campaign_links": Read(lambda c, i: c.get_campaign_links(i.campaign)),
    "get_campaign_activity": Read(lambda c, i: c.get_campaign_activity(i.campaign), pages=True),
    "list_mailing_lists": Read(lambda c, i: c.list_mailing_lists(), pages=True),
    "get_mailing_list": Read(lambda c, i: c.get_mailing_list(i.group)),
    "get_list_contacts": Read(lambda c, i: c.get_list_contacts(i.other), pages=True),
    "get_list_contacts, second page": Read(lambda c, i: c.get_list_contacts(i.other), SECOND_PAGE),
    "list_contacts": Read(lambda c, i: c.list_contacts(), pages=True),
    "list_contacts, second page": Read(lambda c, i: c.list_contacts(), SECOND_PAGE),
    "get_contact": Read(lambda c, i: c.get_contact(i.subscriber)),
    "list_segments": Read(lambda c, i: c.list_segments(), pages=True),
    "get_segment": Read(lambda c, i: c.get_segment(i.segment)),
    "get_segment_contacts": Read(lambda c, i: c.get_segment_contacts(i.segment), pages=True),
    "list_fields": Read(lambda c, i: c.list_fields(), pages=True),
    "list_templates": Read(lambda c, i: c.list_templates()),
    "get_template_html": Read(lambda c, i: c.get_template_html(5)),
    "get_credits": Read(lambda c, i: c.get_credits()),
    "get_task_status": Read(lambda c, i: c.get_task_status("5cb09b3c")),
    "validate_connection": Read(lambda c, i: c.validate_connection()),
}
PASSING = {
    name for name in (*faults.CUTS, *faults.PASSES, *faults.STALLS, *faults.REFUSALS)
    if name[:3] not in ("301", "307", "408", "499")
}  # fmt: skip
"""What a read outlasts."""


def broken_read(read: Read, fault: faults.Fault, must: bool, service: Newsletter, relay):
    """A case: an exchange of a read is broken. ``must``: whether the true result is to come all the same."""
    service.largest_page = 1
    with connect(relay, retry_budget=2) as client:
        truth = read.call(client, service.ids)
    relay.arm(fault, read.request)
    with connect(relay, retry_budget=2) as client:
        result, raised, stranger = told(lambda: read.call(client, service.ids))
    if stranger or (must and raised):
        yield stranger or f"gave up: {raised!r}"
    elif raised and not isinstance(raised, InfomaniakCloudError):
        yield f"no InfomaniakCloudError: {raised!r}"
    elif not raised and result != truth:
        yield f"made up {result!r}"
    if not relay.broken:
        yield "the exchange was not broken"


def test_a_read_gives_the_truth_or_an_error(matrix):
    matrix.check(
        {
            f"{method}, {name}": partial(broken_read, read, faults.ALL[name], name in PASSING)
            for method, read in READS.items()
            for name in faults.FEW
        }
    )


@pytest.mark.slow
def test_a_read_gives_the_truth_or_an_error_whatever_breaks(matrix):
    matrix.check(
        {
            f"{method}, {name}": partial(broken_read, read, fault, name in PASSING)
            for method, read in READS.items()
            for name, fault in faults.ALL.items()
        }
    )


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
