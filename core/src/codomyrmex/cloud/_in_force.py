"""The hooks in force, for those who tell and ask them."""

from codomyrmex.cloud import _state
from codomyrmex.cloud._announcing import Observer, is_inside
from codomyrmex.cloud._entry_points import HOOKS


def hooks_in_force() -> Observer | None:
    """The hooks to tell, which are loaded on first use; None where there are none, and inside a hook.

    Raises:
        ProviderLoadError: A hooks plugin cannot be loaded.
    """
    hooks = (registry := _state.current).hooks
    if hooks is None or is_inside("hook"):
        return None
    if hooks is not False:
        return hooks
    if _state.entry_points(HOOKS):
        from codomyrmex.cloud.hooks import installed  # it imports pluggy, so only where there are hooks

        return installed()
    with registry.lock:
        if registry.hooks is False:  # nobody registered any meanwhile
            registry.hooks = None
        return registry.hooks
