"""Dataclasses as JSON values and back, so that what was stored by an older or a newer version still reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: Any) -> Any:
    """A dataclass, and whatever it holds, as JSON values."""
    if dataclasses.is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


def decode(kind: type[T], stored: Mapping[str, Any]) -> T:
    """The dataclass that `encode` stored: unknown keys are ignored, missing ones take their default or an empty value."""
    values = {}
    for name, (hint, has_default) in _fields(kind).items():  # type: ignore[arg-type]
        if name in stored:
            values[name] = _read(hint, stored[name])
        elif not has_default:
            values[name] = _empty(hint)
    return kind(**values)


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    return {f.name: (hints[f.name], f.default is not missing or f.default_factory is not missing) for f in dataclasses.fields(kind)}


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return _empty(hint)
    choices = _choices(hint)
    if len(choices) > 1:
        return value
    kind, inner = get_origin(choices[0]) or choices[0], get_args(choices[0])
    if kind is tuple:
        hints = (inner[0],) * len(value) if inner[1:] == (...,) else inner
        return tuple(_read(item_hint, item) for item_hint, item in zip(hints, value, strict=False))
    if kind is list:
        return [_read(inner[0], item) for item in value]
    if kind is dict:
        return {key: _read(inner[1], item) for key, item in value.items()}
    return _read_plain(hint, kind, value)


def _read_plain(hint: Any, kind: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return decode(kind, value)
    if not isinstance(kind, type):
        return value
    if issubclass(kind, Enum):
        return kind(value) if value in {member.value for member in kind} else _empty(hint)
    return kind.fromisoformat(value) if issubclass(kind, date) else value


def _empty(hint: Any) -> Any:
    """The value of a field that nothing is known of: None where allowed, else as little as its type can say."""
    if hint is Any or NoneType in get_args(hint):
        return None
    kind = get_origin(_choices(hint)[0]) or _choices(hint)[0]
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return decode(kind, {})
    if not isinstance(kind, type):
        return get_args(hint)[0]
    if issubclass(kind, Enum):
        return next(iter(kind))
    if issubclass(kind, datetime):
        return datetime.min.replace(tzinfo=UTC)
    return date.min if issubclass(kind, date) else kind()


def _choices(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) not in (Union, UnionType):
        return (hint,)
    return tuple(choice for choice in get_args(hint) if choice is not NoneType)
