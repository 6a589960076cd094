"""What a newsletter holds, and what becomes of it with time: campaigns that leave, and imports that are done later."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Literal

from codomyrmex.cloud.testing.services._api_server import ApiServer
from codomyrmex.cloud.testing.services.newsletter._mail import Mail
from codomyrmex.cloud.testing.services.newsletter._recipients import recipients
from codomyrmex.cloud.testing.services.newsletter._segmentation import is_in_segment, problems

CREATED = 1767225600
"""When what a test adds was made, in unix seconds: the start of 2026."""
DAY_SECONDS = 86_400
STATUSES = ("active", "bounced", "junk", "unconfirmed", "unsubscribed")
"""Of subscribers."""
CAMPAIGN_STATUSES = (
    "blocked", "canceled", "draft", "scheduled", "scheduled_v1", "sending", "sending_failed", "sending_v1", "sent",
)  # fmt: skip
Record = dict[str, Any]


class NewsletterState(ApiServer):
    """The state of a newsletter. `NewsletterServer` tells of the arguments."""

    def __init__(self, *, token: str | None = None, newsletter_id: int = 12345, port: int = 0) -> None:
        super().__init__(port=port)
        self.token = token or f"test-{uuid.uuid4().hex}"
        """The one that it takes. Each server has its own, so that no client takes one for the other."""
        self.newsletter_id = newsletter_id
        """What the API calls domain."""
        self.next_id = 1
        """The least that the next thing may get. Ids that are there already are left out."""

        self.campaigns: dict[int, Record] = {}
        """By id, as the API gives them with all that it has ``with``."""
        self.groups: dict[int, Record] = {}
        """The mailing lists, by id."""
        self.subscribers: dict[int, Record] = {}
        """By id; ``groups`` are ids, and ``fields`` values by the keys of fields."""
        self.fields: dict[int, Record] = {}
        self.segments: dict[int, Record] = {}
        self.templates: dict[int, Record] = {}
        self.tasks: dict[str, Record] = {}
        """By id; ``asked`` is how often each was asked for."""
        self.outbox: list[Mail] = []
        """What left, one for each time that a campaign did. Call `settle` before where only time passed."""
        self.tests: list[Mail] = []
        """What was sent as a test, each to one address."""
        self.sends: list[tuple[int, int | None]] = []
        """Every request that had a campaign sent or scheduled, in the order they came: its id, and ``started_at``."""
        self.forgotten: list[int] = []
        """The subscribers that were erased, by id."""
        self.credits_left = 500
        """One is used for each address that a campaign leaves to."""

        self.sending_takes = 0.0
        """Seconds for which a campaign that left is still ``sending``; ``math.inf`` for no end."""
        self.campaigns_end_as: Literal["sent", "sending_failed", "blocked"] = "sent"
        """The state in which those end that are due from now on. In the other two, nothing leaves."""
        self.state_lags = False
        """Whether campaigns that were sent or scheduled still say that they are drafts. They leave all the same."""
        self.largest_page = 1000
        """How many items a page has at most, whatever is asked for."""
        self.tells_pages = True
        """Whether lists tell how many pages they have."""
        self.polls_until_done = 0
        """How often a task is asked for while it is still running."""
        self.import_answers: Literal["task", "nothing", "stranger"] = "task"
        """``task``: its id, ``nothing``: no more than success, ``stranger``: an id that is none of a task."""
        self.import_delay = 0.0
        """Seconds until the contacts of an import are there, whatever its task says."""
        self.import_fails: str | None = None
        """Why imports fail; None where they do not."""
        self.upload_answer: Callable[[int], Any] = lambda key: [str(key)]
        """Makes the data of the response to an upload, of the upload's id."""
        self.rate: tuple[int, float] | None = None
        """Requests in seconds; more are 429. None allows any number."""

        self.uploads: dict[int, str] = {}
        """The texts that were uploaded, by id."""
        self._offset = 0.0
        self._departures: dict[int, float] = {}
        """The campaigns that are due, to when."""
        self._unshown: dict[int, Record] = {}
        """What campaigns do not say yet, as the state lags."""
        self._later: list[tuple[float, Callable[[], None]]] = []

    # What a test puts in

    def add_campaign(
        self, status: str = "draft", *, subject: str = "News", campaign_id: int | None = None, **values: Any
    ) -> int:
        """Add a campaign. Returns its id.

        Args:
            status: such as ``sent``. One that is ``scheduled`` leaves at ``started_at``: by default in one day.
            subject: its subject.
            campaign_id: default: a new one.
            values: what else the API has of a campaign, such as ``recipients`` or ``statistics``.

        Raises:
            ValueError: there is no such status, or such a campaign already.
        """
        _check_status(status, CAMPAIGN_STATUSES)
        with self.lock:
            key = self._key(self.campaigns, campaign_id)
            campaign = self.campaigns[key] = new_campaign(key, {"subject": subject}, CREATED)
            campaign |= {"status": status, **values}
            if status == "scheduled":
                campaign["started_at"] = campaign["started_at"] or int(self.now()) + DAY_SECONDS
                self._departures[key] = campaign["started_at"]
            return key

    def add_group(self, name: str = "Readers", *, group_id: int | None = None) -> int:
        """Add a mailing list. Returns its id, by default a new one."""
        with self.lock:
            key = self._key(self.groups, group_id)
            self.groups[key] = {"id": key, "name": name, "updated_at": CREATED}
            return key

    def add_subscriber(
        self, email: str, *groups: int, status: str = "active", subscriber_id: int | None = None, **fields: Any
    ) -> int:
        """Add a contact. Returns its id.

        Args:
            email: its address, which is not checked.
            groups: the ids of mailing lists that it is in.
            status: one of active, bounced, junk, unconfirmed, unsubscribed.
            subscriber_id: default: a new one.
            fields: values by the keys of fields.

        Raises:
            ValueError: there is no such status or mailing list, or such a contact already.
        """
        _check_status(status, STATUSES)
        with self.lock:
            if unknown := set(groups) - self.groups.keys():
                raise ValueError(f"there is no mailing list {', '.join(map(repr, sorted(unknown)))}: see add_group")
            key = self._key(self.subscribers, subscriber_id)
            self.subscribers[key] = {
                "id": key, "email": email, "status": status, "created_at": CREATED, "groups": sorted(groups),
                "fields": fields,
            }  # fmt: skip
            return key

    def add_field(self, name: str, type: str = "text", *, key: str | None = None, field_id: int | None = None) -> int:  # noqa: A002 - the API's word
        """Add a field of subscribers. Returns its id.

        Args:
            name: as users see it.
            type: one of boolean, date_en, date_fr, email, float, number, text.
            key: by which subscribers have its value; default: made of its name.
            field_id: default: a new one.
        """
        with self.lock:
            known = {field["key"] for field in self.fields.values()}
            wanted = key or re.sub(r"\W+", "_", name.lower()).strip("_") or "field"
            numbered = (f"{wanted}_{number}" for number in range(2, len(known) + 3))
            new_key = next(new for new in (wanted, *numbered) if new not in known)
            field_id = self._key(self.fields, field_id)
            self.fields[field_id] = {"id": field_id, "name": name, "key": new_key, "type": type}
            return field_id

    def add_segment(
        self,
        name: str = "Segment",
        members: Iterable[int] | None = None,
        *,
        conditions: Mapping[str, Any] | None = None,
        segment_id: int | None = None,
    ) -> int:
        """Add a segment. Returns its id.

        Args:
            name: its name.
            members: the ids of the subscribers that are in it, whatever its conditions.
            conditions: as the API has them. Without any, and without ``members``, everybody is in it.
            segment_id: default: a new one.
        """
        if wrong := list(problems(dict(conditions or {}))):
            raise ValueError("; ".join(wrong))
        with self.lock:
            key = self._key(self.segments, segment_id)
            self.segments[key] = {"id": key, "name": name, "updated_at": CREATED, "data": dict(conditions or {})}
            if members is not None:
                self.segments[key]["members"] = frozenset(members)
            return key

    def add_template(self, name: str = "Plain", html: str = "<h1>Plain</h1>", *, template_id: int | None = None) -> int:
        """Add a template. Returns its id, by default a new one."""
        with self.lock:
            key = self._key(self.templates, template_id)
            self.templates[key] = {
                "id": key, "domain_id": self.newsletter_id, "name": name, "content": {}, "thumbnail": "", "html": html,
            }  # fmt: skip
            return key

    def add_task(self, task_id: str | None = None) -> str:
        """Add a task, which is executed once it was asked for more than `polls_until_done` times. Returns its id."""
        task_id = task_id or str(uuid.uuid4())
        self.tasks[task_id] = {"asked": 0}
        return task_id

    # What a test looks at

    def members(self, group: int) -> dict[str, Record]:
        """The subscribers of a mailing list, whatever their status, by address."""
        with self.lock:
            self.settle()
            return {s["email"]: s for s in self.subscribers.values() if group in s["groups"]}

    def segment_members(self, segment: int) -> list[Record]:
        """The subscribers that are in a segment now, whatever their status."""
        with self.lock:
            found, today = self.segments[segment], self.now()
            if "members" in found:
                return [s for key, s in self.subscribers.items() if key in found["members"]]
            return [s for s in self.subscribers.values() if is_in_segment(s, found.get("data"), self, today)]

    def mailed(self, campaign: int) -> list[str]:
        """The addresses that a campaign went to so far, each once."""
        return sorted({email for mail in self.outbox if mail.campaign_id == campaign for email in mail.to})

    # Time

    def now(self) -> float:
        """The server's time, in unix seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass at once, such as until a scheduled campaign has left."""
        with self.lock:
            self._offset += seconds
            self.settle()

    def settle(self) -> None:
        """Do what is due by now, as each request does before."""
        with self.lock:
            now = self.now()
            for due, change in [each for each in self._later if each[0] <= now]:
                self._later.remove((due, change))
                change()
            for pending in (self._departures, self._unshown):
                for key in pending.keys() - self.campaigns.keys():  # which were deleted
                    del pending[key]
            for key in [key for key, due in self._departures.items() if due <= now]:
                self._leave(key, self._departures.pop(key))
            if not self.state_lags:
                for key, shown in self._unshown.items():
                    self.campaigns[key] |= shown
                self._unshown.clear()
            for campaign in self.campaigns.values():
                if campaign["status"] == "sending" and campaign["started_at"] is not None:
                    campaign["status"] = "sent" if campaign["started_at"] + self.sending_takes <= now else "sending"

    def later(self, seconds: float, change: Callable[[], None]) -> None:
        """Have something done when so many seconds have passed; at once for 0."""
        self._later.append((self.now() + seconds, change))
        self.settle()

    def send(self, campaign: int, started_at: int | None = None) -> None:
        """Have a campaign leave: at once, or at a time in unix seconds if that is to come."""
        with self.lock:
            is_later = started_at is not None and started_at > self.now()
            self._departures[campaign] = self.now() if started_at is None else started_at
            self._show(campaign, "scheduled" if is_later else "sending", started_at or int(self.now()))
            self.settle()

    def take_back(self, campaign: int) -> bool:
        """Have a scheduled campaign not leave. Returns whether it was scheduled."""
        due = self._departures.pop(campaign, None)
        if due is None and self.campaigns[campaign]["status"] != "scheduled":
            return False
        self._unshown.pop(campaign, None)
        self.campaigns[campaign] |= {"status": "draft", "started_at": None}
        return True

    def mail(self, campaign: int, to: Iterable[str]) -> Mail:
        """A campaign as it would leave to these addresses."""
        found = self.campaigns[campaign]
        return Mail(
            campaign, found["subject"], found["email_from_addr"], found["email_from_name"], found["preheader"],
            found["content"], tuple(sorted(to)), int(self.now()),
        )  # fmt: skip

    def _leave(self, key: int, due: float) -> None:
        """Send a campaign that is due. Its time is the one that was asked for."""
        if self.campaigns_end_as == "sent":
            mail = self.mail(key, recipients(self, self.campaigns[key]["recipients"]))
            self.outbox.append(mail)
            self.credits_left = max(0, self.credits_left - len(mail.to))
        self._show(key, "sending" if self.campaigns_end_as == "sent" else self.campaigns_end_as, int(due))

    def _show(self, key: int, status: str, started_at: int | None) -> None:
        shown = {"status": status, "started_at": started_at}
        if self.state_lags:
            self._unshown[key] = shown
        else:
            self.campaigns[key] |= shown

    # What the API's operations are made of

    def new_key(self, things: Container[int]) -> int:
        """A new id, which is none that is there."""
        while self.next_id in things:
            self.next_id += 1
        self.next_id += 1
        return self.next_id - 1

    def _key(self, things: Container[int], wanted: int | None) -> int:
        if wanted is None:
            return self.new_key(things)
        if wanted in things:
            raise ValueError(f"there is one with the id {wanted} already")
        return wanted


def _check_status(status: str, known: Sequence[str]) -> None:
    if status not in known:
        raise ValueError(f"status is one of {', '.join(known)}, not {status!r}")


def new_campaign(key: int, body: Mapping[str, Any], created_at: int) -> Record:
    """A draft of what a request has of it; a campaign has all keys."""
    defaults = {
        "id": key, "status": "draft", "sending_batch": None, "lang": "en_GB", "subject": "", "preheader": "",
        "email_from_name": "Example", "email_from_addr": "news@example.org", "tracking_link": False,
        "tracking_opening": False, "tracking_utm": None, "unsub_link": None, "force_sended": None, "next_step": "",
        "created_at": created_at, "started_at": None, "recipients": {}, "content": "",
    }  # fmt: skip
    return defaults | campaign_values(body)


def campaign_values(body: Mapping[str, Any]) -> Record:
    """What a campaign has of the body of a request, whose ``content_html`` is its ``content``."""
    names = {"content_html": "content"}
    return {names.get(name, name): value for name, value in body.items()}
