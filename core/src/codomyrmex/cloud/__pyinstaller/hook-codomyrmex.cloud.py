"""Freeze the installed plugins, which no import of the program names, and the metadata that they are found by."""

from PyInstaller import isolated
from PyInstaller.depend.imphookapi import PostGraphAPI
from PyInstaller.utils.hooks import copy_metadata

# codomyrmex.cloud imports these by names that it computes
hiddenimports = [
    f"codomyrmex.cloud.{name}" for name in ("_loading", "common", "errors", "hooks", "local", "plugin", "registry")
]


def installed() -> list[tuple[str, str]]:
    """Module and distribution of each plugin that is found here, whatever settings leave out."""
    from codomyrmex.cloud.plugin import installed_plugins

    return [(e.metadata.module if e.metadata else e.value, e.distribution) for e in installed_plugins()]


def hook(hook_api: PostGraphAPI) -> None:
    """Add the plugins of every kind, but for those that the program's author excludes."""
    plugins = {plugin for plugin in isolated.call(installed) if not is_excluded(plugin[0], hook_api.analysis.excludes)}
    hook_api.add_imports(*sorted({module for module, _ in plugins}))
    for distribution in sorted({distribution for _, distribution in plugins}):
        hook_api.add_datas(copy_metadata(distribution))


def is_excluded(module: str, excludes: list[str]) -> bool:
    """Whether ``--exclude-module`` names a module, or a package that it is in."""
    return any(f"{module}.".startswith(f"{name}.") for name in excludes)
