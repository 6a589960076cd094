"""Freeze the installed plugins, which no import of the program names, and the metadata that they are found by."""

from importlib.metadata import EntryPoint, entry_points

from PyInstaller.depend.imphookapi import PostGraphAPI
from PyInstaller.utils.hooks import copy_metadata

# codomyrmex.cloud imports these by names that it computes
hiddenimports = [
    f"codomyrmex.cloud.{name}" for name in ("_loading", "common", "errors", "hooks", "local", "plugin", "registry")
]

GROUPS = [f"codomyrmex.cloud.{kind}" for kind in ("providers", "schemes", "exports", "hooks", "commands")]


def hook(hook_api: PostGraphAPI) -> None:
    """Add the plugins of every kind, but for those that the program's author excludes."""
    plugins = [entry for group in GROUPS for entry in entry_points(group=group)]
    plugins = [entry for entry in plugins if not is_excluded(entry, hook_api.analysis.excludes)]
    hook_api.add_imports(*sorted({entry.module for entry in plugins}))
    for distribution in sorted({entry.dist.name for entry in plugins if entry.dist}):
        hook_api.add_datas(copy_metadata(distribution))


def is_excluded(entry: EntryPoint, excludes: list[str]) -> bool:
    """Whether ``--exclude-module`` names the module of an entry point, or a package that it is in."""
    return any(f"{entry.module}.".startswith(f"{name}.") for name in excludes)
