"""Tell PyInstaller the folders of all services, editable ones too, which the package adds when it is imported."""

from PyInstaller import isolated
from PyInstaller.depend.imphookapi import PreSafeImportModuleAPI


def package_folders() -> list[str]:
    """The folders of the package."""
    import codomyrmex.cloud.infomaniak

    return list(codomyrmex.cloud.infomaniak.__path__)


def pre_safe_import_module(api: PreSafeImportModuleAPI) -> None:
    """Add the folders to those that PyInstaller searches. The package is imported in a process of its own."""
    for folder in isolated.call(package_folders):
        api.append_package_path(folder)
