"""Run a Coda by hand: ``python -m codomyrmex.cloud.testing.services.coda``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from codomyrmex.cloud.testing.services import _program
from codomyrmex.cloud.testing.services.coda import VENDOR_RATES, CodaServer, faster


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a document until Ctrl-C or SIGTERM. Returns the exit status."""
    parser = _program.parser_of(
        "codomyrmex.cloud.testing.services.coda",
        "A Coda on loopback, with Coda's rate limits and one document, doc, with one table, Things. It prints what "
        "leads a client to it, and when it ends how many requests were beyond the limits.",
    )
    parser.add_argument("--rows", type=int, default=3, help="rows of the table; default 3")
    parser.add_argument("--faster", type=float, default=1.0, help="how many times shorter the limits' windows are")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds until a write is applied; default 0")
    options = parser.parse_args(arguments)
    if options.faster <= 0:
        parser.error("--faster takes a number above 0")
    coda = CodaServer(port=options.port)
    table = coda.add_table(coda.add_doc("A document", doc_id="doc"), table_id="grid-1")
    table.add_rows({"Name": f"thing {number}", "Count": number, "Tags": ["a", "b"]} for number in range(options.rows))
    coda.rates, coda.delay = faster(VENDOR_RATES, options.faster), options.delay
    status = _program.run(coda, "Coda runs with document doc, table Things")
    print(f"{coda.refused} requests were beyond the limits", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
