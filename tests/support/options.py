"""What a method takes by ``**options: Unpack[SomeTypedDict]``."""

from typing import Any, Unpack, get_args, get_origin, get_type_hints


def options_of(method) -> dict[str, Any]:
    """The type of each option, by its name."""
    (unpacked,) = (hint for hint in get_type_hints(method).values() if get_origin(hint) is Unpack)
    return get_type_hints(get_args(unpacked)[0])
