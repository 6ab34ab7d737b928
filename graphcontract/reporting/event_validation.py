"""Checks events that were read from a file against the schema: a report is untrusted input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from graphcontract.contract.jsonfile import make_printable
from graphcontract.contract.schema import expand_references
from graphcontract.reporting import ReportError
from graphcontract.reporting.events import Event

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_KINDS = ("header", "plan", "verdict", "operation", "finding", "footer")


def check_event(path: str, number: int, event: Event, remedy: str) -> None:
    """Raise ReportError if an event of a file is not valid. Those that no summary needs are not checked."""
    kind = event["event"]
    if kind not in _KINDS:
        return
    error = next(_validator(kind).iter_errors(cast(Any, event)), None)
    if error is not None:
        where = make_printable(f"{path}:{number}: the {kind} event is not valid at {error.json_path}", 300)
        raise ReportError(where, remedy, make_printable(error.message, 200))


@cache
def _validator(kind: str) -> Validator:
    from jsonschema import Draft202012Validator

    text = files("graphcontract.reporting").joinpath("report-event.schema.json").read_bytes()
    definitions: Mapping[str, Any] = json.loads(text)["$defs"]
    return Draft202012Validator(expand_references({"$ref": f"#/$defs/{kind}", "$defs": definitions}))
