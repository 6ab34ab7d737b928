"""What others build on, as it is now: exit statuses, importable names, report events, driver protocol."""

from __future__ import annotations

import inspect
import json
import sys
import tempfile
import typing
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from graphcontract import exchange
from graphcontract.clients import Start
from graphcontract.clients.process import ProcessClient
from graphcontract.exchange import Call, RequestRule
from graphcontract.judging import suite_api
from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.pytest_plugin import hooks
from tests.golden import FOLDER, messages

_SCHEMA = files("graphcontract.reporting").joinpath("report-event.schema.json")
_START = Start("contract", ("127.0.0.1:1", "localhost:1"), "/ca.pem", "http://127.0.0.1:2")
_RULE = RequestRule(
    method="POST",
    root="https://graph.test",
    version="beta",
    path="/tasks/{id}/cancel",
    parameters={"id": {"type": "string"}},
    query="absent",
    fields={"Content-Type": "forbid"},
    content="absent",
)
_TASKS = ("success", "failure", "bare failure", "rejected", "unsupported", "crash")


def everything() -> dict[str, object]:
    """All of it, by the file that records it."""
    return {
        "exit-statuses.json": exit_statuses(),
        "public-names.json": public_names(),
        "report-events.json": report_events(),
        "driver-protocol.json": driver_protocol(),
        "driver-messages.json": messages.list_accepted(),
    }


def exit_statuses() -> dict[str, int]:
    """The exit statuses of a run, by name."""
    return {status.name: status.value for status in ExitStatus}


def public_names() -> dict[str, list[str]]:
    """Names that the public modules define, with the members of classes."""
    return {module.__name__: sorted(_names(module)) for module in (exchange, hooks, suite_api)}


def _names(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.startswith("_") or isinstance(value, ModuleType) or hasattr(typing, name):
            continue
        if getattr(value, "__module__", module.__name__) not in (module.__name__, "typing", "types"):
            continue
        yield name
        if inspect.isclass(value) and value.__module__ == module.__name__:
            yield from (f"{name}.{member}" for member in dir(value) if not member.startswith("_"))


def report_events() -> dict[str, list[str]]:
    """The members of each event of a report, with those of the objects inside, as `member.member`."""
    schema = json.loads(_SCHEMA.read_bytes())
    kinds = [rule["if"]["properties"]["event"]["const"] for rule in schema["allOf"]]
    return {kind: sorted(_members(schema["$defs"][kind], schema)) for kind in kinds}


def _members(part: Any, schema: Mapping[str, Any], prefix: str = "") -> set[str]:
    if isinstance(part, list):
        return {name for each in part for name in _members(each, schema, prefix)}
    if not isinstance(part, dict):
        return set()
    if "$ref" in part:
        return _members(schema["$defs"][part["$ref"].rpartition("/")[2]], schema, prefix)
    found: set[str] = set()
    for name, value in part.get("properties", {}).items():
        found |= {f"{prefix}{name}"} | _members(value, schema, f"{prefix}{name}.")
    for word in ("items", "additionalProperties", "oneOf", "anyOf", "allOf", "then"):
        found |= _members(part.get(word), schema, prefix)
    return found


def driver_protocol() -> list[str]:
    """The lines of a run with a `python:` driver: `> ` to the driver, `< ` from it."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        child = [sys.executable, "-m", "graphcontract.clients.python_driver", "adapter:cancel", "sample@1.0"]
        tee = [sys.executable, str(FOLDER / "tee.py"), str(log), *child]
        client = ProcessClient(tee, env={"PYTHONPATH": str(FOLDER)})
        try:
            client.start(_START)
            for number, task in enumerate(_TASKS):
                root = "http://127.0.0.1:1/beta" if number else None
                arguments = {"id": task}
                client.call(
                    Call("op", arguments, "token", base_url=root, timeout=30.0, client=number, request=_RULE)
                )
        finally:
            client.close()
        return log.read_text(encoding="utf-8").splitlines()
