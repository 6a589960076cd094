"""What PyInstaller needs to know, to freeze a program with clients of Infomaniak's services."""


def get_hook_dirs() -> list[str]:
    """The folders of the hooks, for PyInstaller, which finds this function by its entry point."""
    return list(__path__)
