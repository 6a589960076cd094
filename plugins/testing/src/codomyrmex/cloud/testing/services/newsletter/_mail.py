"""What leaves a newsletter: `Mail`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mail:
    """A campaign as it left, or a test of one."""

    campaign_id: int
    subject: str
    sender_email: str
    sender_name: str
    preheader: str
    content_html: str
    to: tuple[str, ...]
    """The addresses that get it, each once, in alphabetical order."""
    sent_at: int
    """In unix seconds, by the server's clock."""
