"""The lenient face of a client: methods that tell a failure by their result, as the specification has it."""

import copy
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from codomyrmex.cloud.errors import CloudError

F = TypeVar("F", bound=Callable[..., Any])


def lenient(on_failure: Any) -> Callable[[F], F]:
    """Give a method the spec's results on failure (spec section 8) instead of a `CloudError`.

    :param on_failure: what to return: ``False``, ``[]``, ``None``, ``{}``, ``b""``, or a function
        of the error that makes it.

    The error is logged at ERROR by ``codomyrmex.cloud.<provider>`` and kept on ``last_error``;
    with ``strict`` it is raised. Called from another lenient method of the same client it is
    raised too, so that the outer one fails. Wrong arguments (TypeError, ValueError) always raise.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if getattr(self._thread, "in_lenient_call", False):
                return function(self, *args, **kwargs)
            self._thread.in_lenient_call = True
            try:
                result = function(self, *args, **kwargs)
            except CloudError as error:
                self._thread.last_error = error
                if self.strict:
                    raise
                _log(self.provider, function.__name__, error)
                return on_failure(error) if callable(on_failure) else copy.copy(on_failure)
            finally:
                self._thread.in_lenient_call = False
            self._thread.last_error = None
            return result

        call.__lenient__ = decorate  # type: ignore[attr-defined]
        return cast("F", call)

    return decorate


def _log(provider: str, method: str, error: CloudError) -> None:
    import logging

    logger = logging.getLogger(f"codomyrmex.cloud.{provider}")
    where = f"{error.operation or method} {error.resource or ''}".strip()
    logger.error("%s %s failed: %s: %s", provider, where, type(error).__name__, error)
