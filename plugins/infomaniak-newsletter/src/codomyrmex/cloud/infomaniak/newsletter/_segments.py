"""The part of the client for what else a newsletter has: segments, fields and templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codomyrmex.cloud.common import CloudClient, lenient, operation
from codomyrmex.cloud.infomaniak.newsletter import params
from codomyrmex.cloud.infomaniak.newsletter._calls import BY_ID, IS_IT_THERE, SUBSCRIBERS_PER_PAGE, Calls, filters


class Segments(CloudClient):
    """Segments, fields and templates."""

    _calls: Calls

    @lenient([])
    @operation(effect="list")
    def list_segments(self, *, search: str | None = None) -> list[dict[str, Any]]:
        """All segments: contacts chosen by conditions."""
        return list(self._calls.walk("segments", query=filters(search=search)))

    @lenient(None)
    @operation(effect="read")
    def get_segment(self, segment_id: int) -> dict[str, Any] | None:
        """A segment."""
        return self._calls.get("segments/{}", segment_id)

    @lenient(None)
    @operation(effect="write")
    def create_segment(self, name: str, conditions: Mapping[str, Any]) -> dict[str, Any] | None:
        """Make a segment.

        :param conditions: as the service's API has them, ``{"closure": "OR", "conds": [{"closure":
            "AND", "conds": [{"type": "meta", "meta_id": 1, "operator": "=", "value": "x"}]}]}``.
        """
        return self._calls.write("POST", "segments", body={"name": name, "data": conditions}, unsure=IS_IT_THERE)

    @lenient(None)
    @operation(effect="write")
    def update_segment(
        self, segment_id: int, *, name: str | None = None, conditions: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Change a segment's name or conditions."""
        body = {key: value for key, value in {"name": name, "data": conditions}.items() if value is not None}
        if not body:
            raise TypeError("nothing to change: give name or conditions")
        return self._calls.write("PUT", "segments/{}", segment_id, body=body)

    @lenient(False)
    @operation(effect="delete")
    def delete_segment(self, segment_id: int) -> bool:
        """Delete a segment; its contacts stay."""
        return self._calls.do("DELETE", "segments/{}", segment_id)

    @lenient([])
    @operation(effect="read")
    def get_segment_contacts(
        self, segment_id: int, *, status: params.SegmentContactStatus | None = None, search: str | None = None
    ) -> list[dict[str, Any]]:
        """All contacts that are in a segment now; with ``status`` those in this state."""
        query = {**BY_ID, **filters(status=params.one_of(status, params.SegmentContactStatus), search=search)}
        return list(self._calls.walk("segments/{}/subscribers", segment_id, per_page=SUBSCRIBERS_PER_PAGE, query=query))

    @lenient([])
    @operation(effect="list")
    def list_fields(self, *, search: str | None = None) -> list[dict[str, Any]]:
        """All fields that contacts have beside their address, each with ``id``, ``key`` and ``name``."""
        return list(self._calls.walk("fields", query=filters(search=search)))

    @lenient(None)
    @operation(effect="write")
    def create_field(self, name: str, type: params.FieldType = "text") -> dict[str, Any] | None:  # noqa: A002 - the API's word
        """Make a field."""
        return self._calls.write("POST", "fields", body={"name": name, "type": type}, unsure=IS_IT_THERE)

    @lenient(None)
    @operation(effect="write")
    def update_field(self, field_id: int, *, name: str) -> dict[str, Any] | None:
        """Give a field another name."""
        return self._calls.write("PUT", "fields/{}", field_id, body={"name": name})

    @lenient(False)
    @operation(effect="delete")
    def delete_field(self, field_id: int) -> bool:
        """Delete a field, with its values of all contacts."""
        return self._calls.do("DELETE", "fields/{}", field_id)

    @lenient([])
    @operation(effect="list")
    def list_templates(self) -> list[dict[str, Any]]:
        """All templates."""
        return list(self._calls.walk("templates"))

    @lenient(None)
    @operation(effect="read")
    def get_template_html(self, template_id: int) -> str | None:
        """A template's content."""
        return self._calls.data("templates/{}/html", template_id, kinds=(str,))
