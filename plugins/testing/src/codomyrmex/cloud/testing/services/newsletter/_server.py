"""An Infomaniak newsletter on loopback: real HTTP, state that is kept, pages of lists, rate limits, tasks, faults.

It accepts what its vendor's document allows, and more than a good service would: a campaign is sent as often as
it is asked to, and each time is counted.
"""

import csv
import io
import threading
import time
import uuid
from collections import deque
from itertools import count
from typing import Any

from codomyrmex.cloud.testing.services._api_server import ApiServer, Refused
from codomyrmex.cloud.testing.services._http import ReceivedRequest, Response
from codomyrmex.cloud.testing.services.newsletter import _contract as contract

TOKEN = "x7Kq-0f3c9d1e5a7b4c2d8e6f-a1b2c3d4e5f6"
DOMAIN = 12345
CREATED = 1767225600


def success(data: Any, result: str = "success", **more: Any) -> dict[str, Any]:
    return {"result": result, "data": data, **more}


CODES = {
    401: "not_authorized",
    403: "access_denied",
    404: "object_not_found",
    400: "bad_request",
    500: "unexpected_error",
}


def error(status: int, description: str = "because", *causes: tuple[str, str], headers=None, code=None) -> Response:
    """The service's envelope of an error; ``causes`` are arguments and what is wrong with each."""
    found: dict[str, Any] = {"code": code or CODES.get(status, "validation_failed"), "description": description}
    if causes:
        found["errors"] = [{"description": text, "context": {"attribute": name}} for name, text in causes]
    return Response(status, {"result": "error", "error": found}, headers or {})


class NewsletterServer(ApiServer):
    """The state of the service, and what it does with each request."""

    contract = contract

    def __init__(self) -> None:
        super().__init__()
        self.rate: tuple[int, float] | None = None
        self._sent_at: deque[float] = deque()
        self.largest_page = 1000
        self.tells_pages = True
        self._ids = count(1)
        self.campaigns: dict[int, dict[str, Any]] = {}
        self.sends: list[tuple[int, int | None]] = []
        """Every time a campaign was sent or scheduled, with its time if it has one."""
        self.state_lags = False
        """Whether a campaign that was sent still says that it is a draft."""
        self.tests: list[tuple[int, str]] = []
        self.groups: dict[int, dict[str, Any]] = {}
        self.subscribers: dict[int, dict[str, Any]] = {}
        self.forgotten: list[int] = []
        self.fields: dict[int, dict[str, Any]] = {}
        self.segments: dict[int, dict[str, Any]] = {}
        self.templates = {5: {"id": 5, "domain_id": DOMAIN, "name": "Plain", "content": {}, "thumbnail": ""}}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.polls_until_done = 0
        """How often a task is asked for while it is still running."""
        self.import_answers = "task"
        """``task``: its id, ``nothing``: no more than success, ``stranger``: an id that is none of a task."""
        self.import_delay = 0.0
        self.import_fails: str | None = None
        self.upload_answer = lambda key: [str(key)]
        self._uploads: dict[int, str] = {}

    # For tests

    def add_campaign(self, status: str = "draft", **more: Any) -> int:
        key = self._free(self.campaigns)
        self.campaigns[key] = self._campaign(key, {"subject": "News"}) | {"status": status, **more}
        return key

    def add_group(self, name: str = "Readers") -> int:
        key = self._free(self.groups)
        self.groups[key] = {"id": key, "name": name, "updated_at": CREATED}
        return key

    def add_subscriber(self, email: str, *groups: int, status: str = "active", **fields: Any) -> int:
        key = self._free(self.subscribers)
        self.subscribers[key] = {
            "id": key, "email": email, "status": status, "created_at": CREATED, "groups": list(groups),
            "fields": fields,
        }  # fmt: skip
        return key

    def members(self, group: int) -> dict[str, dict[str, Any]]:
        """The subscribers of a group, by address."""
        with self.lock:
            return {s["email"]: s for s in self.subscribers.values() if group in s["groups"]}

    # What a request does

    def respond(self, request: ReceivedRequest, found) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "the token is not known")
        self._count()
        if found is None:
            self.violations.append(f"no such operation: {request.method} {request.target}")
            return error(404, "no such operation")
        if wrong := contract.problems(
            request.method, request.target, request.headers.get("content-type"), request.body
        ):
            self.violations.append(f"{request.method} {request.target}: {wrong}")
            return error(422, "; ".join(wrong))
        operation, parts = found
        ids = {name: part if name == "task_uuid" else int(part) for name, part in parts.items()}
        if ids.pop("domain", DOMAIN) != DOMAIN:
            return error(403, "not yours")
        body = request.json if request.body else {}
        result = getattr(self, operation.name)(request.query, body, *ids.values())
        return result if isinstance(result, Response) else Response(operation.ok, result)

    def _count(self) -> None:
        if self.rate and not self.count_request(self.rate, self._sent_at):
            raise Refused(error(429, "too many requests"))

    def domain(self, query, body):
        return success({"id": DOMAIN, "name": "example.org"})

    # Campaigns

    def list_campaigns(self, query, body):
        return self._page(self.campaigns.values(), query, "subject")

    def create_campaign(self, query, body):
        key = self._free(self.campaigns)
        self.campaigns[key] = self._campaign(key, body)
        return self._made("create_campaign", self.campaigns, key)

    def get_campaign(self, query, body, key):
        campaign = self._find(self.campaigns, key)
        extra = {"recipients", "content", "statistics", "advanced_statistics"}
        hidden = extra - set(query.get("with", "").split(","))
        return success({name: value for name, value in campaign.items() if name not in hidden})

    def update_campaign(self, query, body, key):
        return self._change("update_campaign", self.campaigns, key, body)

    def delete_campaign(self, query, body, key):
        return self._delete("delete_campaign", self.campaigns, key)

    def duplicate(self, query, body, key):
        copied = self.add_campaign(subject=self._find(self.campaigns, key)["subject"])
        return self._made("duplicate", self.campaigns, copied)

    def test(self, query, body, key):
        self._find(self.campaigns, key)
        self.tests.append((key, body["email"]))
        self.effects.append(("test", key))
        return success(True)

    def schedule(self, query, body, key):
        campaign = self._find(self.campaigns, key)
        started = body.get("started_at")
        self.sends.append((key, started))
        self.effects.append(("schedule", key))
        if not self.state_lags:
            campaign.update(status="scheduled" if started else "sending", started_at=started or int(time.time()))
        return success(True)

    def cancel(self, query, body, key):
        campaign = self._find(self.campaigns, key)
        if campaign["status"] != "scheduled":
            raise Refused(error(400, "the campaign is not scheduled"))
        campaign["status"] = "draft"
        self.effects.append(("cancel", key))
        return success(True)

    def links(self, query, body, key):
        self._find(self.campaigns, key)
        return success([{"url": "https://example.org/", "clicks": 2}])

    def activity(self, query, body, key):
        self._find(self.campaigns, key)
        return self._page([{"email": s["email"], "opened": 1} for s in self.subscribers.values()], query)

    def _campaign(self, key, body):
        return {
            "id": key, "status": "draft", "created_at": CREATED, "started_at": None, "preheader": "", "next_step": "",
            "recipients": {}, "content": body.get("content_html"), "subscribers_count": 3,
            "statistics": {"open_rate": 0.5}, "advanced_statistics": {"by_day": []}, **body,
        }  # fmt: skip

    # Groups

    def list_groups(self, query, body):
        return self._page(self.groups.values(), query, "name")

    def create_group(self, query, body):
        return self._made("create_group", self.groups, self.add_group(body["name"]))

    def get_group(self, query, body, key):
        return success(self._find(self.groups, key))

    def update_group(self, query, body, key):
        return self._change("update_group", self.groups, key, body)

    def delete_group(self, query, body, key):
        return self._delete("delete_group", self.groups, key)

    def group_subscribers(self, query, body, key):
        self._find(self.groups, key)
        return self._page(self.members(key).values(), query, "email")

    def assign(self, query, body, key):
        return self._move("assign", body, key, lambda groups: sorted({*groups, key}))

    def unassign(self, query, body, key):
        return self._move("unassign", body, key, lambda groups: [g for g in groups if g != key])

    def _move(self, operation, body, key, change):
        self._find(self.groups, key)
        moved = [self._find(self.subscribers, s) for s in body["subscriber_ids"]]
        for subscriber in moved:
            self._change(operation, self.subscribers, subscriber["id"], {"groups": change(subscriber["groups"])})
        return success(moved)

    # Subscribers

    def list_subscribers(self, query, body):
        wanted = query.get("filter[status]", "active")
        found = [s for s in self.subscribers.values() if wanted in ("all", s["status"])]
        return self._page(found, query, "email")

    def create_subscriber(self, query, body):
        if not acceptable(body["email"]):
            raise Refused(error(422, "validation failed", ("email", "validation.email")))
        return success(self._upsert(body["email"], body.get("fields", {}), body.get("groups", [])))

    def _upsert(self, email, fields, groups):
        if unknown := [g for g in groups if isinstance(g, int) and g not in self.groups]:
            raise Refused(error(422, "validation failed", ("groups", f"no group {unknown[0]}")))
        known = next((k for k, s in self.subscribers.items() if s["email"].lower() == email.lower()), None)
        key = known or self.add_subscriber(email)
        subscriber = self.subscribers[key]
        new = {
            "fields": {**subscriber["fields"], **fields}, "groups": sorted({*subscriber["groups"], *groups}),
        }  # fmt: skip
        if known is None:
            self.effects.append(("create_subscriber", key))
            subscriber |= new
        else:
            self._change("create_subscriber", self.subscribers, key, new)
        return subscriber

    def filter_subscribers(self, query, body):
        wanted = body.get("filter", {})
        groups, status = set(wanted.get("groups", ())), wanted.get("status", "active")
        found = [s for s in self.subscribers.values() if groups & set(s["groups"]) and status in ("all", s["status"])]
        return self._page(found, query)

    def get_subscriber(self, query, body, key):
        return success(self._find(self.subscribers, key))

    def update_subscriber(self, query, body, key):
        return self._change("update_subscriber", self.subscribers, key, body)

    def delete_subscriber(self, query, body, key):
        return self._delete("delete_subscriber", self.subscribers, key)

    def forget(self, query, body, key):
        answer = self._delete("forget", self.subscribers, key)
        self.forgotten.append(key)
        return answer

    def unsubscribe(self, query, body):
        for key in body["select"]["include"]:
            self._change("unsubscribe", self.subscribers, key, {"status": "unsubscribed"})
        return success(self._task(), "asynchronous")

    def upload(self, query, body):
        key = self._free(self._uploads)
        self._uploads[key] = body["content"]
        return success(self.upload_answer(key))

    def import_(self, query, body):
        """Takes the rows of an upload whose address is acceptable, and never says which those are."""
        columns = body["fields"]
        text = io.StringIO(self._uploads[body["upload_id"]])
        rows = list(csv.reader(text, delimiter=body["csv_separator"], quotechar=body["csv_enclosure"]))
        known = {s["email"].lower(): s for s in self.subscribers.values()}

        def apply():
            with self.lock:
                for row in rows:
                    if acceptable(row[0]):
                        subscriber = known.get(row[0].lower()) or self.subscribers[self.add_subscriber(row[0])]
                        subscriber["fields"] |= dict(zip(map(self._column, columns[1:]), row[1:], strict=True))
                        subscriber["groups"] = sorted({*subscriber["groups"], *body["groups"]})

        if not self.import_fails:
            if self.import_delay:
                threading.Timer(self.import_delay, apply).start()
            else:
                apply()
        if self.import_answers == "nothing":
            return {"result": "success"}
        return success(self._task() if self.import_answers == "task" else str(uuid.uuid4()), "asynchronous")

    def _column(self, column):
        """The key of a column's field, which is made if it is new."""
        if isinstance(column, int):
            return self.fields[column]["key"]
        return self.create_field({}, column)["data"]["key"]

    # Segments, fields, templates

    def list_segments(self, query, body):
        return self._page(self.segments.values(), query, "name")

    def create_segment(self, query, body):
        key = self._free(self.segments)
        self.segments[key] = {"id": key, "updated_at": CREATED, "subscribed_count": 0, **body}
        return self._made("create_segment", self.segments, key)

    def get_segment(self, query, body, key):
        return success(self._find(self.segments, key))

    def update_segment(self, query, body, key):
        return self._change("update_segment", self.segments, key, body)

    def delete_segment(self, query, body, key):
        return self._delete("delete_segment", self.segments, key)

    def segment_subscribers(self, query, body, key):
        self._find(self.segments, key)
        return self._page(self.subscribers.values(), query)

    def list_fields(self, query, body):
        return self._page(self.fields.values(), query)

    def create_field(self, query, body):
        key = self._free(self.fields)
        self.fields[key] = {"id": key, "name": body["name"], "key": body["name"].lower().replace(" ", "_")}
        return self._made("create_field", self.fields, key)

    def update_field(self, query, body, key):
        return self._change("update_field", self.fields, key, body)

    def delete_field(self, query, body, key):
        field = self._find(self.fields, key)
        self._delete("delete_field", self.fields, key)
        return success(field)

    def list_templates(self, query, body):
        return self._page(self.templates.values(), query)

    def template_html(self, query, body, key):
        self._find(self.templates, key)
        return success("<h1>Plain</h1>")

    # The account

    def credits(self, query, body):
        return success({"total": 500})

    def task(self, query, body, key):
        task = self._find(self.tasks, key)
        task["asked"] += 1
        over = task["asked"] > self.polls_until_done
        status = ("failed" if self.import_fails else "executed") if over else "running"
        shown = {
            "uuid": key, "status": status, "created_at": CREATED, "updated_at": CREATED, "executed_at": CREATED,
            "finished_at": CREATED if over else None, "response": {"result": "success"},
        }  # fmt: skip
        return success(shown | ({"error": {"description": self.import_fails}} if self.import_fails and over else {}))

    def _task(self):
        key = str(uuid.uuid4())
        self.tasks[key] = {"asked": 0}
        return key

    # What they are made of

    def _find(self, things, key):
        if key not in things:
            raise Refused(error(404, f"no {key}"))
        return things[key]

    def _free(self, things):
        """A new id, which is none that a test gave."""
        return next(key for key in self._ids if key not in things)

    def _made(self, operation, things, key):
        self.effects.append((operation, key))
        return success(things[key])

    def _change(self, operation, things, key, values):
        thing = self._find(things, key)
        before = dict(thing)
        thing.update(values)
        if thing != before:
            self.effects.append((operation, key))
        return success(thing)

    def _delete(self, operation, things, key):
        self._find(things, key)
        del things[key]
        self.effects.append((operation, key))
        return success(True)

    def _page(self, items, query, searched=None):
        """One page of a list, with the numbers of pages where ``page`` is asked for."""
        found = list(items)
        if text := query.get("filter[search]"):
            found = [item for item in found if text in item[searched]]
        size = min(int(query.get("per_page", 15)), self.largest_page)
        page = int(query["page"])
        shown = found[(page - 1) * size : page * size]
        if not self.tells_pages:
            return success(shown)
        pages = max(1, -(-len(found) // size))
        return success(shown, total=len(found), page=page, pages=pages, items_per_page=size)


def acceptable(email: str) -> bool:
    """The service knows addresses that no pattern finds wrong."""
    return "@" in email and not email.endswith("@refused.example")
