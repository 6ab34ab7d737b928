"""Finds the request builder of an operation as a user of the SDK does: from the client, one public property
or method for each segment of the path. It reads no URL template of the SDK, so that a builder with a wrong
one is called like any other.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

_PARAMETER = re.compile(r"\{(\w+)\}")
_FUNCTION = re.compile(r"([\w.]*)\((.*)\)")
_COMPOSITE_KEY = re.compile(r"\w+='?\{\w+\}.*")
_FUNCTION_ARGUMENT = re.compile(r"(\w+)='?\{(\w+)\}'?")
_NOT_IN_NAMES = re.compile(r"[\W_]")
_VALUE = "$value"
# From the text of an argument to the type of a parameter, and back.
_CONVERSIONS: Mapping[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    "int": (int, str),
    "UUID": (UUID, str),
    "bool": ({"true": True, "false": False}.get, lambda value: str(value).lower()),
}


class NoMethod(Exception):
    """The SDK has no property or method for a part of the operation, or it cannot take this call's value."""


def find_builder(client: Any, path: str, arguments: Mapping[str, str]) -> Any:
    """Return the builder of a path template. Raises `NoMethod`."""
    builder: object = client
    for segment in path.split("/")[1:]:
        builder = _take_step(builder, segment, arguments)
    return builder


def find_method(builder: Any, method: str) -> Callable[..., Any]:
    """Return the builder's method for an HTTP method that needs no request body. Raises `NoMethod`."""
    name = method.lower()
    kind: type = type(builder)
    if not hasattr(kind, name):
        raise NoMethod(f"{kind.__name__} has no method {name}")
    if "body" in _list_parameters(kind, name):
        raise NoMethod(f"{kind.__name__}.{name} requires a body")
    found: Callable[..., Any] = getattr(builder, name)
    return found


def make_query(builder: Any, method: str, values: Mapping[str, str]) -> Any:
    """Return the object that the builder's method takes query parameters in. Raises `NoMethod`."""
    kind = type(builder)
    parameters = getattr(kind, f"{kind.__name__}{method.title()}QueryParameters", None)
    fields = {_fold(name): name for name in getattr(parameters, "__dataclass_fields__", {})}
    for name in values:
        if _fold(name) not in fields:
            raise NoMethod(f"{kind.__name__}.{method.lower()} has no query parameter {name}")
    return parameters(**{fields[_fold(name)]: value for name, value in values.items()})  # type: ignore[misc]


def _take_step(builder: object, segment: str, arguments: Mapping[str, str]) -> object:
    kind: type = type(builder)
    name, values = _find_member(kind, segment)
    member = getattr(builder, name)
    if not callable(member):
        return member
    types = _list_parameters(kind, name)
    return member(**{each: _convert(arguments[value], types[each]) for each, value in values.items()})


@cache
def _find_member(kind: type, segment: str) -> tuple[str, Mapping[str, str]]:
    """Find the member of a builder for a segment, and the argument for each of its parameters."""
    if found := _PARAMETER.fullmatch(segment):
        return _find_indexer(kind, found[1])
    if function := _FUNCTION.fullmatch(segment):
        name, inline = function[1], function[2]
    else:
        name, inline = ("", segment) if _COMPOSITE_KEY.fullmatch(segment) else (segment, "")
    values = dict(_FUNCTION_ARGUMENT.findall(inline))
    if inline and _FUNCTION_ARGUMENT.sub("", inline).strip(", "):
        raise NoMethod(f"{kind.__name__} has no method for {segment}")
    by_name = {_fold(each): value for each, value in values.items()}
    for spelling in _list_spellings(name):
        member = _fold_members(kind).get(_fold(spelling + "".join(f"with{each}" for each in values)))
        parameters = {each: _fold(each) for each in _list_parameters(kind, member)} if member else {}
        if member and by_name.keys() == set(parameters.values()):
            return member, {each: by_name[own] for each, own in parameters.items()}
    raise NoMethod(f"{kind.__name__} has nothing for {segment}")


def _find_indexer(kind: type, parameter: str) -> tuple[str, Mapping[str, str]]:
    """Find the `by_…` method, of which a collection has one."""
    members = vars(kind).items()
    names = [name for name, each in members if name.startswith("by_") and not isinstance(each, property)]
    if len(names) != 1:
        raise NoMethod(f"{kind.__name__} has no method by_… for an id")
    (name,) = names
    (own,) = _list_parameters(kind, name)
    return name, {own: parameter}


def _list_spellings(name: str) -> tuple[str, ...]:
    """List how a segment may be spelled in the SDK: a qualified name with its whole namespace or without; one
    that is also a method of HTTP with `path` added.
    """
    if name == _VALUE:
        return ("content",)
    short = name.rpartition(".")[2]
    return (name, f"graph.{short}", short) if "." in name else (name, f"{name}path")


@cache
def _fold_members(kind: type) -> Mapping[str, str]:
    """Name the members that may lead on to another builder. Methods that send a request are coroutines."""
    members = {name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {_fold(name): name for name, each in members.items() if _leads_on(each)}


def _leads_on(member: object) -> bool:
    is_method = inspect.isfunction(member) and not inspect.iscoroutinefunction(member)
    return is_method or isinstance(member, property)


@cache
def _list_parameters(kind: type, name: str) -> Mapping[str, str]:
    """List the parameters that a method requires, with the names of their types."""
    member = inspect.getattr_static(kind, name)
    if isinstance(member, property):
        return {}
    _, *parameters = inspect.signature(member).parameters.values()
    return {each.name: str(each.annotation) for each in parameters if each.default is each.empty}


def _convert(value: str, type_name: str) -> Any:
    """Convert an argument to what the method's signature requires. What another text would give as well, such
    as a UUID in upper case, cannot be passed.
    """
    if type_name == "str":
        return value
    if type_name not in _CONVERSIONS:
        raise NoMethod(f"this driver makes no {type_name}")
    to_value, to_text = _CONVERSIONS[type_name]
    try:
        converted = to_value(value)
    except ValueError:
        converted = None
    if converted is None or to_text(converted) != value:
        raise NoMethod(f"the SDK takes a value of type {type_name} here")
    return converted


def _fold(name: str) -> str:
    """Reduce a name to what its spellings share: crossTenantAccess, cross_tenant_access."""
    return _NOT_IN_NAMES.sub("", name).lower()
