"""What a shell is offered when Tab is pressed."""

import os
import subprocess
import sys


def complete(*words: str) -> list[str]:
    """The completions of the last of these words behind ``cloud``, as bash gets them."""
    environment = os.environ | {
        "_CLOUD_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("cloud", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "codomyrmex.cloud.cli"], env=environment, capture_output=True, text=True, check=True
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]
