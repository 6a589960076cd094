"""The account, links, and what becomes of writes."""

from __future__ import annotations

from dataclasses import dataclass

from codomyrmex.cloud.coda.models._base import Model, Reference


@dataclass(frozen=True, kw_only=True)
class User(Model):
    """Whose token it is."""

    name: str
    login_id: str
    """The e-mail address."""
    type: str
    scoped: bool
    """Whether the token is restricted to a document or table."""
    token_name: str
    href: str
    workspace: Reference
    picture_link: str | None = None


@dataclass(frozen=True, kw_only=True)
class ApiLink(Model):
    """What a link of the browser leads to."""

    type: str
    href: str
    browser_link: str | None = None
    resource: Reference


@dataclass(frozen=True, kw_only=True)
class MutationStatus(Model):
    """Whether a write was applied."""

    completed: bool
    warning: str | None = None
