"""What every client is: provider and service, typed errors, an end, a safe pickle; and how one is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from codomyrmex.cloud import _state
from codomyrmex.cloud._in_force import hooks_in_force
from codomyrmex.cloud.common.operations import inherit_operations
from codomyrmex.cloud.errors import CloudError, forget_requests, from_builtin


class CloudClient:
    """The base of every client: `StorageClient`, `ComputeClient`, and any other service's.

    A public method is made an *operation* by `operation`; overriding an operation in a subclass
    keeps it one, so an implementation of `StorageClient` decorates nothing.
    """

    provider: ClassVar[str] = "custom"
    """The first half of the entry point's name, such as ``"aws"``."""
    service: ClassVar[str] = "custom"
    """The second half, such as ``"storage"``."""
    recipe: ClassVar[tuple[str, ...] | None] = None
    """The attributes that, given to the constructor, make this client again in another process.
    Never a secret: credentials are found anew there. None: the client does not pickle."""
    strict: bool = False
    """Whether methods under `lenient` raise, as they do where `get_client` made the client."""
    __operations__: ClassVar[tuple[type, frozenset[str]]]
    _thread: threading.local

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: D102 - a constructor needs no super().__init__()
        if cls.__operations__[0] is not cls:  # a mixin's __init_subclass__ did not call super()
            inherit_operations(cls)
        self = super().__new__(cls)
        self._thread = threading.local()
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inherit_operations(cls)

    @property
    def last_error(self) -> CloudError | None:
        """Why the last `lenient` call of this thread failed; None after a success."""
        return getattr(self._thread, "last_error", None)

    @property
    def native(self) -> Any:
        """The SDK's own client, for what this interface does not cover."""
        return None

    def translate_error(self, error: Exception) -> CloudError | None:
        """The `CloudError` for an SDK's exception, or None to let an unknown exception propagate.

        Every provider with an SDK overrides this, and calls ``super()`` for what it does not know.
        """
        return from_builtin(error)

    def typed_error(self, error: Exception, operation: str, resource: str | None) -> Exception:
        """The error as a `CloudError` that knows its context, or as it is where it is a bug.

        Operations do this by themselves; a provider does where it raises later, such as from a
        file that `open_read` gave.
        """
        typed = error if isinstance(error, CloudError) else self.translate_error(error)
        if typed is None:
            return error
        forget_requests(error)
        typed.provider, typed.service = typed.provider or self.provider, typed.service or self.service
        typed.operation, typed.resource = typed.operation or operation, typed.resource or resource
        return typed

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """What an operation with these arguments is about, for errors and hooks."""
        first = next(iter(arguments.values()), None)
        return first if isinstance(first, str) else None

    @classmethod
    def credential_source(cls) -> str | None:
        """Where this client would find its credentials, with secrets masked, for ``cloud doctor``."""
        return None

    def close(self) -> None:
        """Release connections and files. Safe to call twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.recipe or ())
        return f"{type(self).__name__}({options})"

    def __reduce__(self) -> Any:
        if self.recipe is None:
            raise TypeError(f"{type(self).__name__} does not pickle: its class sets no `recipe`")
        return _rebuild, (type(self), {name: getattr(self, name) for name in self.recipe}, self.strict)


inherit_operations(CloudClient)


def make_client(name: str, make: Callable[..., Any], options: dict[str, Any]) -> Any:
    """``make(**options)``, with credentials from hooks where none are given, and announced to hooks.

    Its failures raise, also where its class is lenient (`CloudClient.strict`); ``strict=False`` leaves that.

    Args:
        name: ``<provider>.<service>``, by which hooks are asked for credentials.
        make: The client's class, or another callable that makes it.
        options: What it takes.

    Raises:
        OperationRefused: A hook could not tell the credentials.
        ProviderLoadError: A hooks plugin cannot be loaded.
    """
    hooks = hooks_in_force() if _state.current.hooks is not None else None
    if hooks and options.get("credentials") is None and (credentials := hooks.credentials(*name.split(".", 1))):
        options["credentials"] = credentials
    try:
        client = make(**options)
    except TypeError as error:
        if hooks and "'credentials'" in str(error):
            raise TypeError(f"{name} takes no credentials; a cloud_credentials hook returns None for it") from error
        raise
    if isinstance(client, CloudClient) and "strict" not in options:
        client.strict = True
    if hooks:
        hooks.created(client)
    return client


def _rebuild(cls: type[CloudClient], options: dict[str, Any], strict: bool) -> Any:
    client = make_client(f"{cls.provider}.{cls.service}", cls, options)  # a vault's hook brings credentials here too
    client.strict = strict
    return client
