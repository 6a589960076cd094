"""``cloud doctor``: what is wrong with what is installed, which credentials would be used, what pip can install.

- `installed`: the distributions: copies, leftovers, files that two of them own, names in settings
- `declared`: their entry points, by metadata alone
- `imported`: what they name, imported in processes that may crash or hang; `examination` is run there
- `command`: all of this, told
"""

from codomyrmex.cloud.cli.doctor.command import doctor

__all__ = ["doctor"]
