"""An Infomaniak newsletter on loopback, for tests: `NewsletterServer`."""

from codomyrmex.cloud.testing.services.newsletter._envelope import error, success
from codomyrmex.cloud.testing.services.newsletter._mail import Mail
from codomyrmex.cloud.testing.services.newsletter._server import NewsletterServer

__all__ = ["Mail", "NewsletterServer", "error", "success"]
