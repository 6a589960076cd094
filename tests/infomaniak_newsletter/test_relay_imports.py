"""What an import tells of a contact is so, whatever breaks."""

from functools import partial

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError
from codomyrmex.cloud.testing.services.newsletter import NewsletterServer
from support import relay as faults
from support.matrix import not_broken, told

from .relayed import connect


def imported(many: bool, request: str, name: str, service: NewsletterServer, relay):
    """A case: an exchange of an import is broken. What it says of each contact is so."""
    good = [{"email": f"{n}@example.org", "firstname": "x"} for n in range(25 if many else 6)]
    bad = [{"email": "none"}, {"email": "a@refused.example"}]
    relay.arm(faults.ALL[name], request)
    with connect(relay) as client:
        result, raised, stranger = told(
            lambda: client.import_contacts(service.ids.group, [*good, *bad], timeout=2, settle=0.3)
        )
    members = service.members(service.ids.group)
    yield from not_broken(relay, faults.ALL[name])
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
