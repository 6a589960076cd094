"""``python -m codomyrmex.cloud.cli``."""

from codomyrmex.cloud.cli import main

main()
