"""mypy over the sources of every distribution, and over what stands for its users' code.

python scripts/check_types.py [options of mypy]
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
USERS = ("tests/packaging/typing_cases.py", "tests/packaging/typing_of_providers.py")


def main() -> int:
    sources = [p.relative_to(ROOT).as_posix() for p in (ROOT / "core/src", *sorted(ROOT.glob("plugins/*/src")))]
    # mypy's settings know no pattern for folders that hold packages; a new plugin must need no entry there
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(sources)}
    command = [sys.executable, "-m", "mypy", *sys.argv[1:], *sources, *USERS]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
