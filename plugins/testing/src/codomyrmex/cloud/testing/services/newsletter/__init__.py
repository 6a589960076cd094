"""An Infomaniak newsletter on loopback: `NewsletterServer`."""

from codomyrmex.cloud.testing.services.newsletter._server import NewsletterServer

__all__ = ["NewsletterServer"]
