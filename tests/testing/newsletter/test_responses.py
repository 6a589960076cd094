"""What the newsletter in this process answers is what the vendor's document describes, where that is right."""

import copy
import time

import pytest
from codomyrmex.cloud.testing.services.newsletter import _contract as contract
from codomyrmex.cloud.testing.services.newsletter._operations import HANDLERS
from jsonschema import Draft202012Validator
from support import newsletter_document as vendor

pytestmark = pytest.mark.skipif(
    not vendor.DOCUMENT.file.is_file(),
    reason="the vendor's document is not at hand: CLOUD_REFERENCE names no folder with it",
)
NULLABLE = {
    ("78d6c681_Campaign", "started_at"): "a draft has no time",
    ("78d6c681_Campaign", "tracking_utm"): "requests may have null there",
    ("087adaad_AsyncTask", "finished_at"): "a task that runs has no end",
}
OBJECTS = {
    ("78d6c681_Campaign", "recipients"): "requests have an object there, and it requires keys of it",
    ("78d6c681_Campaign", "tracking_utm"): "requests have an object there",
    ("78d6c681_Segment", "data"): "requests have an object there",
}
"""Where the document is wrong, by schema and property, and why."""
CONDITIONS = {"closure": "OR", "conds": []}


@pytest.fixture(scope="module")
def document():
    content = copy.deepcopy(vendor.DOCUMENT.content)
    schemas = content["components"]["schemas"]
    for schema, name in OBJECTS:
        schemas[schema]["properties"][name] = {"type": "object"}
    for schema, name in NULLABLE:
        declared = schemas[schema]["properties"][name]
        declared["type"] = [declared["type"], "null"]
    # of credits/details real clients read an object; the document has a list of text
    details = content["paths"]["/1/newsletters/{domain}/credits/details"]["get"]["responses"]["200"]["content"]
    details["application/json"]["schema"]["allOf"][1]["properties"]["data"] = {"type": "object"}
    return content


@pytest.fixture
def ids(server):
    server.add_field("City", field_id=1)
    group = server.add_group(group_id=1)
    server.add_subscriber("ada@example.org", group, subscriber_id=1, City="Bern", city="Bern")
    server.add_subscriber("bob@example.org", group, subscriber_id=2, status="unsubscribed")
    server.add_segment("Some", members=[1], segment_id=1)
    server.add_template(template_id=1)
    server.add_task("5cb09b3c-d03a-11eb-b8bc-0242ac130003")
    server.add_campaign(recipients={"all_subscribers": True}, campaign_id=1, tracking_utm={"utm_source": "x"})
    server.add_campaign("scheduled", campaign_id=2)
    server.send(server.add_campaign(recipients={"all_subscribers": True}, campaign_id=3))
    server.uploads[1] = "eve@example.org,Basel\n"
    return {"domain": server.newsletter_id, "task_uuid": "5cb09b3c-d03a-11eb-b8bc-0242ac130003", "campaign": 1}


CAMPAIGN = {
    "subject": "s", "email_from_addr": "a@example.org", "email_from_name": "n", "lang": "en_GB", "content_html": "<p>",
}  # fmt: skip
BODIES = {
    "create_campaign": CAMPAIGN, "update_campaign": CAMPAIGN, "test": {"email": "a@example.org"},
    "schedule": {"started_at": int(time.time()) + 9999}, "create_group": {"name": "n"}, "update_group": {"name": "n"},
    "assign": {"subscriber_ids": [1]}, "unassign": {"subscriber_ids": [1]},
    "create_subscriber": {"email": "new@example.org", "groups": [1, "New"], "fields": {"city": "Bern"}},
    "filter_subscribers": {"filter": {"status": "all"}}, "upload": {"content": "a@example.org"},
    "import_subscribers": {"upload_id": 1, "fields": [{"type": "email", "name": "email"}, 1], "groups": [1]},
    "unsubscribe": {"select": {"all": True}}, "update_subscriber": {"status": "unsubscribed"},
    "create_segment": {"name": "n", "data": CONDITIONS}, "update_segment": {"name": "n", "data": CONDITIONS},
    "create_field": {"name": "n", "type": "text"}, "update_field": {"name": "n"},
}  # fmt: skip
QUERIES = {"campaign": "with=recipients,content,statistics,advanced_statistics", "subscriber": "with=groups"}
OF_CAMPAIGN = {"cancel": 2, "activity": 3, "links": 3}


def test_every_operation_of_the_table_is_there():
    assert HANDLERS.keys() == {operation.name for operation in contract.OPERATIONS}


@pytest.mark.parametrize("operation", contract.OPERATIONS, ids=lambda operation: operation.name)
def test_a_response_is_as_the_document_describes_it(server, call, ids, document, operation):
    path = contract.full_path(operation)
    ids["campaign"] = OF_CAMPAIGN.get(operation.name, 1)
    url = path.format(**{**dict.fromkeys(("group", "subscriber", "segment", "field", "template"), 1), **ids})
    known = operation.query.split()
    query = [each for name, each in QUERIES.items() if "with" in known and name in path]
    query += ["page=1&per_page=2"] if "page" in known else []
    status, content = call(operation.method, f"{url}?{'&'.join(query)}" if query else url, BODIES.get(operation.name))
    assert (status, server.violations) == (operation.ok, []), content
    steps = ["paths", path, operation.method.lower(), "responses", str(status), "content", "application/json", "schema"]
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    problems = Draft202012Validator({**document, "$ref": f"#/{pointer}"}).iter_errors(content)
    assert [f"{list(problem.path)}: {problem.message}" for problem in problems] == []


@pytest.mark.parametrize("exceptions", [NULLABLE, OBJECTS])
def test_no_exception_is_more_than_the_document_needs(document, exceptions):
    """The document does not say so already."""
    schemas = vendor.DOCUMENT.content["components"]["schemas"]
    for schema, name in exceptions:
        assert document["components"]["schemas"][schema]["properties"][name] != schemas[schema]["properties"][name]


def test_an_error_is_as_the_document_describes_it(server, call, document):
    status, content = call("GET", "campaigns/9")
    schema = {**document, "$ref": "#/components/schemas/ErrorResponse"}
    assert status == 404
    assert list(Draft202012Validator(schema).iter_errors(content)) == []
