"""The lenient face of a client: methods that tell a failure by their result, as the specification has it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from codomyrmex.cloud.errors import CloudError

P = ParamSpec("P")
R = TypeVar("R")

_lenient: ContextVar[object] = ContextVar("client inside a lenient call", default=None)


def lenient(on_failure: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a method the spec's results on failure (spec section 8) instead of a `CloudError`.

    :param on_failure: what to return: ``False``, ``[]``, ``None``, ``{}``, ``b""``, or a function
        of the error that makes it.

    The error is logged at ERROR by ``codomyrmex.cloud.<provider>`` and kept on ``last_error``;
    with ``strict`` it is raised. Called from another lenient method of the same client it is
    raised too, so that the outer one fails. Wrong arguments (TypeError, ValueError) always raise.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            self: Any = args[0]
            if _lenient.get() is self:
                return function(*args, **kwargs)
            token = _lenient.set(self)
            try:
                result = function(*args, **kwargs)
            except CloudError as error:
                self._thread.last_error = error
                if self.strict:
                    raise
                _log(self.provider, function.__name__, error)
                return cast("R", on_failure(error) if callable(on_failure) else copy.copy(on_failure))
            finally:
                _lenient.reset(token)
            self._thread.last_error = None
            return result

        call.__lenient__ = True  # type: ignore[attr-defined]
        return call

    return decorate


def _log(provider: str, method: str, error: CloudError) -> None:
    import logging

    logger = logging.getLogger(f"codomyrmex.cloud.{provider}")
    where = f"{error.operation or method} {error.resource or ''}".strip()
    logger.error("%s %s failed: %s: %s", provider, where, type(error).__name__, error)
