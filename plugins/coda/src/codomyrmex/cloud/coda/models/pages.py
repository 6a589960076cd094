"""Pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from codomyrmex.cloud.coda.models._base import List, Model, Person, Reference
from codomyrmex.cloud.coda.models.docs import Icon


@dataclass(frozen=True, kw_only=True)
class Image(Model):
    """The cover of a page; sizes in pixels."""

    browser_link: str
    type: str | None = None
    width: float | None = None
    height: float | None = None


@dataclass(frozen=True, kw_only=True)
class Page(Model):
    """A page of a document."""

    id: str
    type: str
    name: str
    href: str
    browser_link: str
    content_type: str
    """``canvas``, ``embed`` or ``syncPage``."""
    is_hidden: bool
    is_effectively_hidden: bool
    """Whether it or a page above it is hidden."""
    children: list[Reference] = field(hash=False)
    subtitle: str | None = None
    icon: Icon | None = None
    image: Image | None = None
    parent: Reference | None = None
    authors: list[Person] = field(default_factory=list, hash=False)
    created_at: datetime | None = None
    created_by: Person | None = None
    updated_at: datetime | None = None
    updated_by: Person | None = None


@dataclass(frozen=True, kw_only=True)
class PageList(List[Page]):
    """Pages."""

    items: list[Page] = field(hash=False)


@dataclass(frozen=True, kw_only=True)
class PageExport(Model):
    """An export of a page's content. It is ready when there is a ``download_link``, good for 5 minutes."""

    id: str
    status: str
    href: str
    download_link: str | None = field(default=None, repr=False)  # whoever has it may read the page
    error: str | None = None
