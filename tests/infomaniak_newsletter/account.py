"""The account of the tests: every newsletter of theirs takes the same token."""

from codomyrmex.cloud.testing.services import NewsletterServer

TOKEN = "x7Kq-0f3c9d1e5a7b4c2d8e6f-a1b2c3d4e5f6"
DOMAIN = 12345


def make_newsletter():
    """One of which campaigns that were sent stay ``sending``, with a template."""
    server = NewsletterServer(token=TOKEN, newsletter_id=DOMAIN)
    server.sending_takes = float("inf")
    server.add_template("Plain", "<h1>Plain</h1>", template_id=5)
    return server
