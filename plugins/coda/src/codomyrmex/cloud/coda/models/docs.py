"""Documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from codomyrmex.cloud.coda.models._base import List, Model, Reference


@dataclass(frozen=True, kw_only=True)
class Icon(Model):
    """The icon of a document or page."""

    name: str
    type: str
    browser_link: str


@dataclass(frozen=True, kw_only=True)
class DocSize(Model):
    """How large a document is. One above the limit (125 MB) is closed to the API."""

    total_row_count: int
    table_and_view_count: int
    page_count: int
    over_api_size_limit: bool


@dataclass(frozen=True, kw_only=True)
class Doc(Model):
    """A document."""

    id: str
    type: str
    name: str
    href: str
    browser_link: str
    owner: str
    """The owner's e-mail address."""
    owner_name: str
    created_at: datetime
    updated_at: datetime
    workspace: Reference
    folder: Reference
    workspace_id: str | None = None
    """Deprecated by Coda; use ``workspace.id``."""
    folder_id: str | None = None
    """Deprecated by Coda; use ``folder.id``."""
    icon: Icon | None = None
    doc_size: DocSize | None = None
    source_doc: Reference | None = None
    """What it was copied from."""
    published: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, kw_only=True)
class DocList(List[Doc]):
    """Documents."""

    items: list[Doc] = field(hash=False)
