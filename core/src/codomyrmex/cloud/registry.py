"""Find providers and make clients.

A provider is an entry point of group ``codomyrmex.cloud.providers`` named ``<provider>.<service>``
that gives a class (or any callable) which takes the options and returns a client. Only the one
that is asked for is imported, so a broken plugin stops its own look-up and no other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from codomyrmex.cloud import _state
from codomyrmex.cloud._entry_points import PROVIDERS, SCHEMES, EntryPoint
from codomyrmex.cloud._loading import API_VERSION as API_VERSION
from codomyrmex.cloud._loading import check_version, find
from codomyrmex.cloud.common.client import make_client
from codomyrmex.cloud.common.resources import CloudProvider, ResourceType
from codomyrmex.cloud.errors import DuplicateProviderError, ProviderNotFoundError

if TYPE_CHECKING:
    from codomyrmex.cloud.common.storage import StorageClient

Factory = Callable[..., Any]


class ProviderInfo(NamedTuple):
    """An installed or registered provider; nothing of it has been imported."""

    provider: str
    service: str
    distribution: str | None
    """None for one made known by `register`."""
    version: str | None
    schemes: tuple[str, ...]
    """The URL schemes that lead to it."""
    target: str
    """What its entry point names, ``module:object``."""


# __init__.pyi says which class it gives for which provider and service
def get_client(
    provider: CloudProvider | str, service: ResourceType | str = ResourceType.STORAGE, **options: Any
) -> Any:
    """A new client for one service of one provider, such as ``get_client(CloudProvider.AWS)``.

    :param options: what the provider's class takes, such as ``region_name`` or ``credentials``.

    Type checkers know the class of each provider of this project, and of others the contract of their storage,
    compute and serverless clients. Raises ProviderNotFoundError when nothing offers it (and says what to install), and
    ProviderLoadError when what offers it cannot be imported, is there twice, or is built for
    another `API_VERSION`.
    """
    name = _name(provider, service)
    return make_client(name, _state.current.factories.get(name) or load_provider(provider, service), options)


def open_storage(url: str, **options: Any) -> StorageClient:
    """The storage that ``url`` leads to by its scheme: ``open_storage("s3://bucket/key")``.

    Bucket and key are the caller's to use: ``storage.split_url(url)`` gives them. ``options`` and
    errors are those of `get_client`; ValueError if it is no URL.
    """
    if not isinstance(url, str):
        raise TypeError(f"a storage URL is str, not {type(url).__name__}")
    scheme, separator, _ = url.partition("://")
    if not (scheme and separator):
        raise ValueError(f"not a storage URL: {url!r}; it looks like s3://bucket/key")
    factory = _factory(name := _provider_of(scheme.lower()))
    make = functools.partial(factory.from_url, url) if hasattr(factory, "from_url") else factory
    return cast("StorageClient", make_client(name, make, options))


def providers() -> list[ProviderInfo]:
    """Every provider there is now, by name: what was installed meanwhile too. Imports none of them."""
    registered = _state.current.registered
    entries = [entry for entry in _state.entry_points(PROVIDERS, refresh=True) if entry.name not in registered]
    owners = _installed_schemes() | {scheme: {name: None} for scheme, name in _state.current.schemes.items()}

    def info(name: str, distribution: str | None, version: str | None, target: str) -> ProviderInfo:
        provider, _, service = name.partition(".")
        default = (provider,) if service == ResourceType.STORAGE.value else ()
        schemes = tuple(scheme for scheme, names in owners.items() if name in names)
        return ProviderInfo(provider, service, distribution, version, schemes or default, target)

    infos = [info(e.name, e.distribution, e.version, e.value) for e in entries]
    for name, factory in registered.items():
        named = factory if hasattr(factory, "__qualname__") else type(factory)  # a partial's repr may hold secrets
        infos.append(info(name, None, None, f"{named.__module__}:{named.__qualname__}"))
    return sorted(infos, key=lambda i: f"{i.provider}.{i.service}")


def register(name: str, factory: Factory, *, scheme: str | None = None, replace: bool = False) -> None:
    """Make a provider known to this process, without an entry point.

    :param name: ``<provider>.<service>``, such as ``"acme.storage"``.
    :param scheme: the URL scheme that leads to it; the provider's name does without it.
    :param replace: take the place of one of that name; else DuplicateProviderError.
    """
    if not isinstance(name, str):
        raise TypeError(f"a provider is registered by a str, '<provider>.<service>', not {name!r}")
    provider, _, service = name.partition(".")
    if not provider or not service or not callable(factory):
        raise ValueError(f"a provider is registered as '<provider>.<service>' with a callable, not {name!r}")
    registry = _state.current
    installed = [str(e) for e in _state.entry_points(PROVIDERS) if e.name == name]
    if not replace and (name in registry.registered or installed):
        owner = f"by {installed[0]}" if installed else "by register()"
        raise DuplicateProviderError(f"{name!r} is taken {owner}; register(..., replace=True) takes its place")
    if scheme and not replace and (scheme in registry.schemes or scheme in _installed_schemes()):
        raise DuplicateProviderError(f"{scheme}:// is taken; register(..., replace=True) takes its place")
    check_version(name, getattr(factory, "API_VERSION", API_VERSION))
    registry.registered[name] = registry.factories[name] = factory
    if scheme:
        registry.schemes[scheme] = name


def unregister(name: str) -> None:
    """Undo `register`; an installed provider of that name is found again. LookupError if it was not."""
    registry = _state.current
    if name not in registry.registered:
        raise ProviderNotFoundError(f"{name!r} was not registered")
    del registry.registered[name], registry.factories[name]
    registry.schemes = {scheme: owner for scheme, owner in registry.schemes.items() if owner != name}


@contextmanager
def isolated() -> Iterator[None]:
    """Run a block, such as a test, with a fresh registry and fresh hooks; the previous ones return at its end.

    Inside, installed providers, exported names and hooks are found anew, and what was registered outside is
    unknown. What the block registers, in `register` or in `hooks.register`, ends with it, also when it raises.
    Blocks nest. A block holds for all threads of the process, so no two of them may overlap. Modules stay imported.
    """
    outer, _state.current = _state.current, _state.Registry()
    try:
        yield
    finally:
        _state.current = outer


def load_provider(provider: CloudProvider | str, service: ResourceType | str) -> Factory:
    """The class (or other callable) that makes the clients of a provider; errors as `get_client`'s."""
    are_names = all(isinstance(n, str) and n for n in (getattr(name, "value", name) for name in (provider, service)))
    if not are_names or isinstance(provider, ResourceType) or isinstance(service, CloudProvider):
        raise TypeError(f"a provider (CloudProvider, str), then a service (ResourceType, str), not {provider, service}")
    return _factory(_name(provider, service))


def _name(provider: CloudProvider | str, service: ResourceType | str) -> str:
    return f"{getattr(provider, 'value', provider)}.{getattr(service, 'value', service)}"


def _factory(name: str) -> Factory:
    factory: Factory | None = find(PROVIDERS, name, _state.current.factories)
    if factory is None:
        from codomyrmex.cloud._missing import about_provider

        raise ProviderNotFoundError(about_provider(name))
    return factory


def _provider_of(scheme: str) -> str:
    """The name of the provider that a URL scheme leads to, installed or not."""
    registry, default = _state.current, f"{scheme}.storage"
    if scheme in registry.schemes:
        return registry.schemes[scheme]
    if scheme not in _installed_schemes() and default not in registry.factories:
        _state.entry_points(SCHEMES, refresh=True)
    owners = _installed_schemes().get(scheme, {})
    if len(owners) > 1:
        claims = " and ".join(f"to {name} by {entry}" for name, entry in owners.items())
        raise DuplicateProviderError(f"{scheme}:// leads {claims}; uninstall all but one")
    return next(iter(owners), default)


def _installed_schemes() -> dict[str, dict[str, EntryPoint]]:
    """For each URL scheme its providers, of which there should be one. A scheme's entry point names
    the same object as its provider's.
    """
    names = {(e.distribution, e.value): e.name for e in _state.entry_points(PROVIDERS)}
    schemes: dict[str, dict[str, EntryPoint]] = {}
    for entry in _state.entry_points(SCHEMES):
        if name := names.get((entry.distribution, entry.value)):
            schemes.setdefault(entry.name, {})[name] = entry
    return schemes
