"""Random operations: the reference client conforms to the contract of each, and each single change of its
request is found by the clause that is about it.

Nothing is sent: the requests are those that the reference client would send.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graphcontract.clauses import registry
from graphcontract.clients.reference import _Request
from graphcontract.contract.model import Contract
from graphcontract.drift.export_openapi import format_openapi
from graphcontract.drift.model import Source
from graphcontract.drift.pipeline import check_drift
from graphcontract.exchange import Call, Exchange, Outcome, Trial
from graphcontract.inputs.calls import calls
from graphcontract.judging.harness import make_plain_arguments
from graphcontract.wire import WireRequest
from tests.clauses import TOKEN, exchange, request
from tests.examples import count_examples
from tests.operations import make_contract

METHODS = ("POST", "DELETE", "GET", "PUT", "PATCH")
NAMES = ("teams", "channels", "messages", "drives", "items", "sites")
CASTS = ("microsoft.graph.androidLobApp", "graph.user")
SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": "string", "minLength": 1, "maxLength": 300},
    {"type": "string", "format": "uuid"},
    {"type": "integer"},
)
STRING, NUMBER = SCHEMAS[0], SCHEMAS[-1]
ABOUT_REQUESTS = [
    *("request.method", "request.path", "request.path-spelling", "request.path-parameters", "request.query"),
    *("request.body", "request.once", "input.opaque-id", "input.injection"),
]

quietly = settings(suppress_health_check=list(HealthCheck), deadline=None, database=None)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Draw an operation: keys of one or more parts, functions, casts, a namespace, a query parameter; any of
    these or none.
    """
    parameters: dict[str, dict[str, Any]] = {}
    path = "/me" if draw(st.booleans()) else ""

    def declare(schema: dict[str, Any]) -> str:
        name = f"p{len(parameters)}Id"
        parameters[name] = schema
        return f"{{{name}}}"

    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        path += f"/{name}"
        match draw(st.sampled_from(("key", "key", "composite", "function", "none"))):
            case "key":
                path += f"/{declare(draw(st.sampled_from(SCHEMAS)))}"
            case "composite":
                path += f"/code='{declare(STRING)}',row={declare(NUMBER)}"
            case "function":
                number = draw(st.booleans())
                path += f"/get{name}(name='{declare(STRING)}'"
                path += f",row={declare(NUMBER)})" if number else ")"
    if draw(st.booleans()):
        path += f"/{draw(st.sampled_from(CASTS))}"
    method = draw(st.sampled_from(METHODS))
    if method == "POST":
        path += f"/{draw(st.sampled_from(('', 'microsoft.graph.', 'microsoft.graph.security.')))}close"
    if draw(st.integers(0, 3)) == 0:
        declare({"type": "string", "in": "query", "name": "@id"})
    return make_contract(method, path, parameters)


# The description does not say what a function returns, nor whether the type of a cast inherits the action.
BELOW_A_CAST_OF_A_FUNCTION = make_contract(
    "POST",
    f"/teams/{{teamId}}/channels/getchannels(name='{{name}}')/{CASTS[0]}/close",
    {"teamId": STRING, "name": STRING},
)


def send(call: Call) -> WireRequest:
    """The request that the reference client sends for a call."""
    assert call.request is not None
    made = _Request(call, call.request, call.token)
    return request(made.url.raw_path.decode(), method=made.method, content=made.content.decode())


def find_violated(contract: Contract, made: Exchange, control: Exchange) -> dict[str, list[str]]:
    """The clauses that a request violates, with the kinds."""
    found: dict[str, list[str]] = {}
    for id in ABOUT_REQUESTS:
        function, trial = registry()[id], Trial(made, control)
        if function.not_applicable(contract) is None and function.when(contract, trial):
            found[id] = [each.kind for each in function.judge(contract, trial)]
    return {id: kinds for id, kinds in found.items() if kinds}


def plain_call(contract: Contract) -> Call:
    arguments = make_plain_arguments(contract, "guid")
    rule = contract.request
    return Call(contract.id, arguments, TOKEN, base_url=f"http://127.0.0.1:1/{rule.version}", request=rule)


def respond(call: Call, sent: WireRequest) -> Exchange:
    return exchange(sent, outcome=Outcome.success(status=204), asked=call)


@dataclass(frozen=True)
class Change:
    """A change of a request: its target, or the members of it; and the clause that is about it."""

    clause: str
    target: str | None = None
    method: str | None = None
    content: str = ""

    def apply(self, sent: WireRequest) -> WireRequest:
        return request(self.target or sent.target, method=self.method or sent.method, content=self.content)


def list_changes(contract: Contract, call: Call) -> Iterator[Change]:
    """Every single change that an operation has room for."""
    rule, target = contract.request, f"/v1.0{contract.request.fill_in(call.arguments)}"
    path, _, query = target.partition("?")
    tail = f"?{query}" if query else ""
    yield Change("request.method", method="HEAD")
    yield Change("request.path", f"{path}/{tail}")
    yield Change("request.path", f"/v2.0{path.removeprefix('/v1.0')}{tail}")
    yield Change("request.path-spelling", f"{path.replace('/', '//', 2).replace('//', '/', 1)}{tail}")
    yield Change("request.body", content="{}")
    yield Change("request.query", path if query else f"{path}?$select=id")
    if query:
        yield Change("request.query", f"{path}?{query}x")
        yield Change("request.query", f"{path}?{query}&{query}")
        yield Change("request.query", f"{path}?{query}&api-version=1")
    for literal in re.findall(r"/([a-z]+)(?=/|$)", rule.path):
        yield Change("request.path", target.replace(f"/{literal}", f"/{literal}X", 1))
        yield Change("request.path-spelling", target.replace(f"/{literal}", f"/{literal.upper()}", 1))
    if rule.path.endswith(".close"):
        yield Change("request.path-spelling", re.sub(r"[a-z.]+\.close", "close", target))
    yield from _list_changed_values(contract, call, target)


def _list_changed_values(contract: Contract, call: Call, target: str) -> Iterator[Change]:
    rule, names = contract.request, contract.request.path_parameters

    def fill(**changed: str) -> Change:
        arguments = {**call.arguments, **changed}
        return Change("request.path-parameters", f"/v1.0{rule.fill_in(arguments)}")

    for index, name in enumerate(names):
        other = names[index - 1]
        own, its = call.arguments[name], call.arguments[other]
        if other != name:
            yield fill(**{name: its, other: own})
            yield fill(**{name: its})
            yield fill(**{name: f"{own}{its}"})
        yield fill(**{name: f"{{{name}}}"})
        yield fill(**{name: f"{own}/a"})
        if f"'{{{name}}}'" in rule.path:
            yield Change("request.path-parameters", target.replace(f"'{own}'", own))
        if f"/{{{name}}}" in rule.path and len(names) > 1:
            yield Change("request.path-parameters", target.replace(f"/{own}", "", 1))


@pytest.mark.parametrize(
    "path",
    [
        "/teams/code='{a}',row={b}/close",
        "/teams/code='{a}',row={b}",
        "/teams/code='{a}',row={b}/items/{c}/close",
        "/teams/code='{a}',row={b}/{c}",
        "/teams/{c}/code='{a}',row={b}/close",
        "/teams/{c}/close",
        "/teams/close",
    ],
)
def test_a_request_without_a_telling_token_or_id_is_the_operations(path: str) -> None:
    """Its names show whose it is."""
    schemas = (("a", STRING), ("b", NUMBER), ("c", STRING))
    contract = make_contract("POST", path, {name: of for name, of in schemas if f"{{{name}}}" in path})
    plain = plain_call(contract)
    call = replace(plain, token="0", arguments=dict.fromkeys(plain.arguments, "0"))
    assert find_violated(contract, respond(call, send(call)), respond(plain, send(plain))) == {}


@settings(quietly, max_examples=count_examples(75))
@given(contract=contracts(), data=st.data())
def test_reference_client_conforms_to_any_operation(contract: Contract, data: st.DataObject) -> None:
    plain = plain_call(contract)
    control = respond(plain, send(plain))
    assert find_violated(contract, control, control) == {}
    drawn = calls(contract)
    name = data.draw(st.sampled_from(list(drawn)))
    call = replace(data.draw(drawn[name]), base_url=plain.base_url)
    assert find_violated(contract, respond(call, send(call)), control) == {}, name


@settings(quietly, max_examples=count_examples(75))
@given(contract=contracts())
def test_each_change_of_the_request_is_found(contract: Contract) -> None:
    call = plain_call(contract)
    sent = send(call)
    control = respond(call, sent)
    for change in list_changes(contract, call):
        changed = change.apply(sent)
        found = find_violated(contract, respond(call, changed), control)
        assert change.clause in found, (contract.request.path, changed.target, found)


@settings(quietly, max_examples=count_examples(100))
@given(contract=contracts(), title=st.sampled_from(("thing: operation", "thing: close", "Close a thing")))
@example(contract=BELOW_A_CAST_OF_A_FUNCTION, title="thing: close")
def test_contract_does_not_drift_from_its_own_description(contract: Contract, title: str) -> None:
    contract = replace(contract, title=title)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "openapi.json")
        path.write_text(format_openapi(contract), encoding="utf-8")
        result = check_drift(contract, "it", [Source(path, path.name)], snapshot=None, today=date(2026, 1, 1))
    assert [each.rule for each in result.findings if each.level == "err"] == []
    assert sum(result.compared) >= 8
