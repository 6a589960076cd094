"""What every storage refuses at once: TypeError for a wrong type, ValueError for what can be nowhere."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any


def check_bucket(name: Any) -> None:
    """Raise unless ``name`` can be a bucket anywhere: 1 to 255 bytes, no slash, no control character."""
    _check_text("bucket", name)
    if not 1 <= len(name.encode()) <= 255 or "/" in name or name in (".", "..") or not name.isprintable():
        raise ValueError(f"not a bucket name: {_short(name)}; 1 to 255 bytes, without '/' and control characters")


def check_key(key: Any) -> None:
    """Raise unless ``key`` is a key: 1 to 1,024 bytes of UTF-8."""
    _check_text("key", key)
    if not 1 <= len(key.encode()) <= 1024:
        raise ValueError(f"not a key: {_short(key)}; 1 to 1,024 bytes of UTF-8")


def _check_text(what: str, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be str, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} is not encodable as UTF-8: {_short(value)}") from None


def _check_header(value: Any) -> None:
    """A content type or ETag: text that can stand in an HTTP header."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"a content type or ETag must be str, not {type(value).__name__}")
    if value and not (value.isascii() and value.isprintable()):
        raise ValueError(f"a content type or ETag is printable ASCII, not {_short(value)}")


def _check_none_match(value: Any) -> None:
    if value not in (None, "*"):
        raise ValueError(f'if_none_match takes "*" (write only if there is no such object), not {_short(str(value))}')


def _check_data(data: Any) -> None:
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"data must be bytes, not {type(data).__name__}; for a file use upload_path")


def _check_stream(stream: Any) -> None:
    if not callable(getattr(stream, "read", None)):
        raise TypeError(f"a stream is an open binary file, not {type(stream).__name__}; for bytes use upload_file")


def _check_path(path: Any) -> None:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be str or os.PathLike, not {type(path).__name__}")


def _check_keys(keys: Any) -> None:
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise TypeError(f"keys must be several keys, such as a list of str, not {type(keys).__name__}")


def _check_expiry(seconds: Any) -> None:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TypeError(f"expires_in must be whole seconds, not {type(seconds).__name__}")
    if seconds <= 0:
        raise ValueError(f"expires_in must be positive seconds, not {seconds}")


def _check_metadata(metadata: Any) -> None:
    pairs = metadata.items() if isinstance(metadata, Mapping) else [(None,)]
    if metadata is not None and not all(isinstance(text, str) for pair in pairs for text in pair):
        raise TypeError("metadata must map str to str")


def _check_position(value: Any) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(f"a range is given in whole bytes, not {type(value).__name__}")
    if value is not None and value < 0:
        raise ValueError(f"a range starts at 0 and is not negative: {value}")


def _short(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:40] + "...")


CHECKS: dict[str, Callable[[Any], None]] = {
    **dict.fromkeys(("name", "bucket", "source_bucket"), check_bucket),
    **dict.fromkeys(("key", "source_key"), check_key),
    "keys": _check_keys,
    **{name: partial(_check_text, name) for name in ("prefix", "start_after")},
    "data": _check_data,
    "stream": _check_stream,
    "path": _check_path,
    **dict.fromkeys(("content_type", "if_match"), _check_header),
    "if_none_match": _check_none_match,
    "expires_in": _check_expiry,
    "metadata": _check_metadata,
    **dict.fromkeys(("start", "length"), _check_position),
}
