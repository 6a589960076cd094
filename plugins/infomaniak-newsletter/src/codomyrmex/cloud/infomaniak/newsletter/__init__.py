"""Infomaniak's newsletter: campaigns, mailing lists and contacts, as `InfomaniakNewsletterClient`."""

from codomyrmex.cloud.infomaniak.newsletter._history import RESEND_AFTER
from codomyrmex.cloud.infomaniak.newsletter.client import InfomaniakNewsletterClient
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError

__all__ = ["RESEND_AFTER", "InfomaniakNewsletterClient", "InfomaniakOutcomeUnknownError"]
