"""Run a newsletter by hand: ``python -m codomyrmex.cloud.testing.services.newsletter``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from codomyrmex.cloud.testing.services import _program
from codomyrmex.cloud.testing.services.newsletter import NewsletterServer

LISTS = {
    "Readers": {"ada@example.org": "Ada", "grace@example.org": "Grace", "alan@example.org": "Alan"},
    "Press": {"grace@example.org": "Grace", "desk@example.com": "Desk"},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a newsletter with some lists and contacts until Ctrl-C or SIGTERM. Returns the exit status."""
    options = _program.parser_of(
        "codomyrmex.cloud.testing.services.newsletter",
        "An Infomaniak newsletter on loopback, which mails nothing. It prints what leads a client to it.",
    ).parse_args(arguments)
    server = NewsletterServer(port=options.port)
    server.add_field("firstname")
    contacts: dict[str, int] = {}
    for name, people in LISTS.items():
        group = server.add_group(name)
        for email, firstname in people.items():
            if email not in contacts:
                contacts[email] = server.add_subscriber(email, firstname=firstname)
            server.subscribers[contacts[email]]["groups"].append(group)
    draft = server.add_campaign(subject="News", recipients={"groups": {"include": [min(server.groups)]}})
    about = f"A newsletter runs with the lists {' and '.join(LISTS)}, and the draft {draft} for the first"
    return _program.run(server, about)


if __name__ == "__main__":
    sys.exit(main())
