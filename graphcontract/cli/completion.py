"""Values that a shell completes: clauses, contracts and operations.

A user waits for these at each Tab, so that imports are made where they are needed. What cannot be read
completes to nothing: a message would end up in the line being typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from graphcontract.contract.model import Contract

Value = tuple[str, str]
"""A value, and what shells that can do so show beside it."""

VARIABLE = "_GRAPHCONTRACT_COMPLETE"
"""The environment variable with which a shell asks for completions."""

_LONGEST = 80


def leave_values_as_typed(command: Any) -> None:
    """Let a command and those in it take values without checking them, for completions alone. Typer checks
    them by Pydantic, whose import takes longer than all else that a completion needs.
    """
    command.get_params = partial(_list_parameters, command.get_params)
    for each in getattr(command, "commands", {}).values():
        leave_values_as_typed(each)


def _list_parameters(list_all: Callable[[Any], list[Any]], ctx: Any) -> list[Any]:
    """List the parameters of a command, --help too, which a command makes when it is asked for them."""
    parameters = list_all(ctx)
    for each in parameters:
        each.process_value = partial(_take_value, type(each).process_value, each)
    return parameters


def _take_value(process: Callable[[Any, Any, Any], Any], parameter: Any, ctx: Any, value: Any) -> Any:
    # Click has a value of its own for an option that is not given, which only its own code knows.
    is_known = value is None or isinstance(value, (str, list, tuple, bool, int, float))
    return value if is_known else process(parameter, ctx, value)


def complete_clauses(ctx: Any, incomplete: str) -> Iterator[Value]:
    """Clauses of the contract that the command line names: those of tenants for `live`, else those of
    clients; all of them for `explain`.
    """
    wanted = {"live": ("service",), "explain": ("client", "service")}.get(ctx.info_name, ("client",))
    contract = _load(ctx.params.get("contract"))
    if contract is not None:
        for id in contract.clauses:
            if id.startswith(incomplete) and contract.clauses[id].by in wanted:
                yield id, _shorten(f"{contract.clauses[id].level} {contract.clauses[id].statement}")


def complete_contracts(incomplete: str) -> Iterator[Value]:
    """Shipped contracts. Files are not among them: a shell completes these where nothing else matches."""
    from graphcontract.contract.loader import list_shipped_requests

    for id, request in list_shipped_requests().items():
        if id.startswith(incomplete):
            yield id, _shorten(f"{request['version']} {request['method']} {request['path']}")


def complete_operations(incomplete: str) -> Iterator[Value]:
    """Operations of the shipped catalogue by id, and `all`."""
    from graphcontract.catalogue.catalogue import Catalogue

    catalogue = Catalogue.load()
    if "all".startswith(incomplete):
        yield "all", "every operation of the catalogue"
    for id, name in zip(catalogue.ids, catalogue.names, strict=True):
        if id.startswith(incomplete):
            yield id, _shorten(name)


def complete_names(incomplete: str) -> Iterator[Value]:
    """What a command takes that takes contracts and operations: shipped contracts first."""
    contracts = list(complete_contracts(incomplete))
    yield from contracts
    ids = {id for id, _ in contracts}
    yield from (each for each in complete_operations(incomplete) if each[0] not in {"all", *ids})


def _load(given: Any) -> Contract | None:
    """Load the contract of a parsed option, which may be repeated; None if it cannot be loaded."""
    from graphcontract.contract.loader import load
    from graphcontract.errors import UserError

    first = next(iter(given), None) if isinstance(given, (list, tuple)) else given
    name = first or DEFAULT_CONTRACT
    try:
        return load(name, None)
    except UserError:
        return None


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
