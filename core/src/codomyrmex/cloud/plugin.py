"""What providers, and tools over them, build on beside the contracts of `codomyrmex.cloud.common`.

Files of this machine:

- `atomic_write`, `sync_folder`, `CHUNK`, `Progress`

Arguments that no service could take:

- `CHECKS`, `check_bucket`, `check_key`

Clients:

- `make_client`: as `get_client` makes one, of a class that is at hand
- `hooks_in_force`: for what takes one request for many objects where nobody watches each

What is installed:

- `entry_points`, `load`, `left_out`, `EntryPoint`
- `installed_plugins`, `distributions`, `choose`: for diagnosis, what settings leave out, and copies, included
- the groups `PROVIDERS`, `SCHEMES`, `EXPORTS`, `HOOKS`, `COMMANDS`
- `exported_names`, `find_export`: the names that plugins export, as ``from codomyrmex.cloud import ...`` has them

Clients of REST services find more in codomyrmex-cloud-rest.
"""

from codomyrmex.cloud._entry_points import COMMANDS as COMMANDS
from codomyrmex.cloud._entry_points import EXPORTS as EXPORTS
from codomyrmex.cloud._entry_points import HOOKS as HOOKS
from codomyrmex.cloud._entry_points import PROVIDERS as PROVIDERS
from codomyrmex.cloud._entry_points import SCHEMES as SCHEMES
from codomyrmex.cloud._entry_points import EntryPoint as EntryPoint
from codomyrmex.cloud._entry_points import choose as choose
from codomyrmex.cloud._entry_points import distributions as distributions
from codomyrmex.cloud._entry_points import left_out as left_out
from codomyrmex.cloud._files import CHUNK as CHUNK
from codomyrmex.cloud._files import Progress as Progress
from codomyrmex.cloud._files import atomic_write as atomic_write
from codomyrmex.cloud._files import sync_folder as sync_folder
from codomyrmex.cloud._loading import exported_names as exported_names
from codomyrmex.cloud._loading import find_export as find_export
from codomyrmex.cloud._loading import load as load
from codomyrmex.cloud._state import entry_points as entry_points
from codomyrmex.cloud._state import hooks_in_force as hooks_in_force
from codomyrmex.cloud._state import installed_plugins as installed_plugins
from codomyrmex.cloud.common._checks import CHECKS as CHECKS
from codomyrmex.cloud.common._checks import check_bucket as check_bucket
from codomyrmex.cloud.common._checks import check_key as check_key
from codomyrmex.cloud.common.client import make_client as make_client
