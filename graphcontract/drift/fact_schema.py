"""Checks that a value read from a file has the shape that `drift.model` describes for its fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graphcontract.drift.model import Value

Check = Callable[[Value], bool]


def fits(name: str, value: Value) -> bool:
    """Whether a value has the shape of a fact's values; a fact with an unknown name accepts any."""
    return (_SHAPES.get(name) or _SHAPES.get(name.partition(".")[0], _any))(value)


def _any(_value: Value) -> bool:
    return True


def _text(value: Value) -> bool:
    return isinstance(value, str)


def _one_of(*words: Value) -> Check:
    return lambda value: value in words


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _many(check: Check) -> Check:
    return lambda value: isinstance(value, tuple) and all(map(check, value))


def _row(*checks: Check) -> Check:
    return lambda value: (
        isinstance(value, tuple)
        and len(value) == len(checks)
        and all(check(each) for check, each in zip(checks, value, strict=True))
    )


def _whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _segment(value: Value) -> bool:
    return _text(value) or _row(_one_of("key"), _text)(value)


_PRESENCE = _one_of("required", "optional")
_SHAPES: Mapping[str, Check] = {
    "method": _text,
    "version": _text,
    "path": _many(_segment),
    "action": _text,
    "binding": _text,
    "key-type": _text,
    "content": _one_of("none", "optional", "required"),
    "query": _many(_row(_text, _PRESENCE)),
    "fields": _many(_row(_text, _PRESENCE)),
    "parameters": _many(_row(_text, _text, _PRESENCE)),
    "success": _row(_or_none(_whole), _or_none(_one_of("none", "content"))),
    "errors": _many(_text),
    "permissions": _row(_many(_text), _many(_text)),
    "clouds": _many(_text),
    "route": _one_of("reachable", "declared", "absent"),
    "status-enum": _many(_row(_text, _or_none(_whole))),
    "statuses": _many(_text),
    "properties": _many(_row(_text, _text, _one_of(None, True, False))),
    "deprecation": _row(_or_none(_text), _or_none(_text), _or_none(_text)),
    "deprecation.inherited": _row(_or_none(_text), _or_none(_text), _or_none(_text), _text),
    "operation-id": _text,
    "wording": _many(_row(_text, _text)),
}
