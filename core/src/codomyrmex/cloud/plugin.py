"""What providers, and tools over them, build on beside the contracts of `codomyrmex.cloud.common`.

Files of this machine:

- `atomic_write`, `sync_folder`, `CHUNK`, `Progress`

Arguments that no service could take:

- `CHECKS`, `check_bucket`, `check_key`

Clients:

- `make_client`: as `get_client` makes one, of a class that is at hand
- `hooks_in_force`: for what takes one request for many objects where nobody watches each

What is installed:

- `entry_points`, `load`, `load_error`, `left_out`, `EntryPoint`
- `installed_plugins`, `distributions`, `has_name`, `choose`: for diagnosis; what settings leave out, damaged metadata
  and further copies are among them
- the groups `PROVIDERS`, `SCHEMES`, `EXPORTS`, `HOOKS`, `COMMANDS`
- `exported_names`, `find_export`: the names that plugins export, as ``from codomyrmex.cloud import ...`` has them

Clients of REST services find more in codomyrmex-cloud-rest.
"""

from codomyrmex.cloud._entry_points import (  # noqa: I001 - names as in __all__
    COMMANDS, EXPORTS, HOOKS, PROVIDERS, SCHEMES, EntryPoint, choose, distributions, has_name, left_out,
)  # fmt: skip
from codomyrmex.cloud._files import CHUNK, Progress, atomic_write, sync_folder
from codomyrmex.cloud._in_force import hooks_in_force
from codomyrmex.cloud._loading import exported_names, find_export, load, load_error
from codomyrmex.cloud._state import entry_points, installed_plugins
from codomyrmex.cloud.common._checks import CHECKS, check_bucket, check_key
from codomyrmex.cloud.common.client import make_client

__all__ = [
    "CHECKS", "CHUNK", "COMMANDS", "EXPORTS", "HOOKS", "PROVIDERS", "SCHEMES", "EntryPoint", "Progress", "atomic_write",
    "check_bucket", "check_key", "choose", "distributions", "entry_points", "exported_names", "find_export", "has_name",
    "hooks_in_force", "installed_plugins", "left_out", "load", "load_error", "make_client", "sync_folder",
]  # fmt: skip
