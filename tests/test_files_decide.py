"""The contract file decides: a changed copy passes the clients that keep it, and fails those that keep ours.

Each case changes one thing in the file and no code; its clients differ from the conforming sample client in
that alone. It is tried in the tests of the clause that it changes; another action altogether in the whole
gate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from graphcontract.clauses import list_kinds
from graphcontract.clients import reference
from graphcontract.contract.loader import document as flat
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Outcome
from graphcontract.judging.verdict import ClauseResult
from tests.sample_clients.bases.conforming import PATH, ROOT, Answer, Conforming
from tests.sample_clients.verdicts import verdicts

OURS = "sharepointmigrationtask-cancel"
PARAMETER = "sharePointMigrationTaskId"
Document = dict[str, Any]
Change = Callable[[Document], None]


def changed(change: Change, folder: Path) -> Contract:
    document = json.loads(files("graphcontract.contracts").joinpath(f"{OURS}.json").read_bytes())
    change(document)
    file = folder / "changed.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return load(file, list_kinds())


def request(**members: object) -> Change:
    return lambda document: document["request"].update(members)


def field(name: str, rule: str) -> Change:
    return lambda document: document["request"]["fields"].update({name: rule})


def parameter(name: str, schema: Mapping[str, object]) -> Change:
    def change(document: Document) -> None:
        document["request"]["path"] = document["request"]["path"].replace(PARAMETER, name)
        document["request"]["parameters"] = {name: schema}
        document["example"]["arguments"] = {name: document["example"]["arguments"][PARAMETER]}

    return change


def accepted(document: Document) -> None:
    document["success"]["status"] = 202


def with_content(document: Document) -> None:
    field("Content-Type", "require")(document)
    request(content="required", media_type="application/json")(document)


def without_clause(document: Document) -> None:
    """Leave the conventions behind, and keep two of their clauses."""
    merged = flat(OURS, None)
    kept = {id: merged["clauses"][id] for id in ("request.path", "request.body")}
    document.update(clauses=kept, references=merged["references"])
    del document["extends"]


class Patching(Conforming):
    def method(self, call: Call) -> str:
        return "PATCH"


class Stopping(Conforming):
    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("/cancel") + "/stop"


class OfVersion(Conforming):
    version = "beta"

    def target(self, call: Call) -> str:
        return f"/{self.version}{self.path(call)}"


class OfVersion1(OfVersion):
    version = "v1.0"


class Expecting204(Conforming):
    promised = 204

    def succeeded(self, answer: Answer) -> bool:
        return answer.status == self.promised


class Expecting202(Expecting204):
    promised = 202


class Typing(Conforming):
    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("Content-Type", "application/json")]


class Telling(Typing):
    def body(self, call: Call) -> bytes:
        return b'{"reason":"wrong tenant"}'


class Unmeasured(Conforming):
    def framing(self, call: Call) -> list[tuple[str, str]]:
        return []


class Anonymous(Conforming):
    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return []


class Querying(Conforming):
    def query(self, call: Call) -> str:
        return "?reason=wrong-tenant"


class ByName(Conforming):
    name = PARAMETER

    def path(self, call: Call) -> str:
        assert call.arguments[self.name] == call.task_id
        return super().path(call)


class ByAnotherName(ByName):
    name = "taskId"


class Narrow(Conforming):
    admitted = "[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"

    def refusal(self, call: Call) -> str | None:
        refusal = super().refusal(call)
        return refusal if re.fullmatch(self.admitted, call.task_id) else "an id of another form"


class Numbering(Narrow):
    admitted = "-?[0-9]+"


class Sharing(Numbering, Telling):
    def method(self, call: Call) -> str:
        return "PUT"

    def path(self, call: Call) -> str:
        return f"/shares/{self.encode(call.task_id)}"


class Repeating(Numbering):
    def exchange(self, call: Call) -> Answer:
        super().exchange(call)
        return super().exchange(call)


@dataclass(frozen=True)
class Case:
    """`theirs` keeps the changed contract and breaks the clause `broken` of ours; `ours` the other way round.

    Where the change asks for `less`, whoever keeps ours keeps the changed one too.
    """

    change: Change
    theirs: type[Conforming]
    broken: str
    ours: type[Conforming] = Conforming
    less: bool = False


CASES = {
    "method": Case(request(method="PATCH"), Patching, "request.method"),
    "segment": Case(request(path=f"{PATH}/{{{PARAMETER}}}/stop"), Stopping, "request.path"),
    "version": Case(request(version="v1.0"), OfVersion1, "request.path", OfVersion),
    "success": Case(accepted, Expecting202, "response.no-content", Expecting204),
    "content": Case(with_content, Telling, "request.body"),
    "query": Case(request(query="required"), Querying, "request.query"),
    "query-open": Case(request(query="unconstrained"), Querying, "request.query", less=True),
    "type-required": Case(field("Content-Type", "require"), Typing, "request.content-type"),
    "length-forbidden": Case(field("Content-Length", "forbid"), Unmeasured, "request.content-length"),
    "length-open": Case(
        field("Content-Length", "unconstrained"), Unmeasured, "request.content-length", less=True
    ),
    "token-forbidden": Case(field("Authorization", "forbid"), Anonymous, "request.authorization"),
    "clause-dropped": Case(without_clause, Querying, "request.query", less=True),
    "parameter-named": Case(
        parameter("taskId", {"type": "string"}), ByAnotherName, "request.once", ours=ByName
    ),
    "parameter-guid": Case(
        parameter("taskId", {"type": "string", "format": "uuid"}), Narrow, "input.opaque-id", less=True
    ),
    "parameter-integer": Case(
        parameter("taskNumber", {"type": "integer"}), Numbering, "request.once", less=True
    ),
}


def find_violated(cancel: Callable[[Call], Outcome], contract: Contract, **how: Any) -> set[str]:
    found = verdicts(cancel, contract=contract, profile="quick", **how)
    errors = {id: part.reason for id, part in found.items() if part.verdict == "error"}
    assert not errors
    return {id for id, part in found.items() if part.verdict == "fail"}


def unmet(found: Mapping[str, ClauseResult]) -> dict[str, ClauseResult]:
    return {id: part for id, part in found.items() if part.verdict not in ("pass", "not-supported")}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_client_of_the_changed_contract(case: Case, tmp_path: Path) -> None:
    contract, asked = changed(case.change, tmp_path), ["request.path", case.broken]
    found = verdicts(case.theirs().cancel, contract=contract, profile="quick", of=asked)
    assert found
    assert not unmet(found)
    assert find_violated(case.theirs().cancel, load(OURS, list_kinds()), of=asked) == {case.broken}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_client_of_our_contract(case: Case, tmp_path: Path) -> None:
    contract, asked = changed(case.change, tmp_path), ["request.path", case.broken]
    broken = set() if case.less else {case.broken}
    assert find_violated(case.ours().cancel, contract, of=asked) == broken


@pytest.mark.nightly  # its requests are compared with each rule in tests/clients/test_reference.py
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_reference_client_keeps_the_changed_contract(case: Case, tmp_path: Path) -> None:
    contract, asked = changed(case.change, tmp_path), ["request.path", case.broken]
    found = verdicts(reference.make_call, contract=contract, profile="quick", of=asked)
    assert found
    assert not unmet(found)


def test_a_client_of_another_action_altogether(tmp_path: Path) -> None:
    def change(document: Document) -> None:
        with_content(document)
        request(method="PUT", version="v1.0", path="/shares/{shareNumber}")(document)
        request(parameters={"shareNumber": {"type": "integer"}})(document)
        del document["example"]
        document["success"] = {"status": 201, "content": "required"}

    contract = changed(change, tmp_path)
    found = verdicts(Sharing().cancel, contract=contract, profile="quick")
    assert found.keys() == {clause.id for clause in contract.clauses.values() if clause.by == "client"}
    assert not unmet(found)


def test_a_number_is_an_ordinary_id_where_ids_are_numbers(tmp_path: Path) -> None:
    contract = changed(parameter("taskNumber", {"type": "integer"}), tmp_path)
    assert find_violated(Repeating().cancel, contract, of=["request.once"]) == {"request.once"}


def test_a_success_with_content_is_one_that_a_strict_reader_takes(tmp_path: Path) -> None:
    def change(document: Document) -> None:
        document["success"] = {"status": 200, "content": "required"}

    assert find_violated(reference.make_call, changed(change, tmp_path), of=["response.no-content"]) == set()


def test_a_field_that_is_judged_at_the_own_root_alone(tmp_path: Path) -> None:
    id = "request.client-request-id"
    contract = changed(field("client-request-id", "forbid"), tmp_path)
    client = httpx.Client()

    def cancel(call: Call, **fields: str) -> Outcome:
        url = f"{call.base_url or ROOT}{PATH}/{call.task_id}/cancel"
        response = client.post(url, headers={"Authorization": f"Bearer {call.token}", **fields})
        return Outcome.success() if response.is_success else Outcome.failure(status=response.status_code)

    def naming(call: Call) -> Outcome:
        return cancel(call, **{"client-request-id": "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"})

    with client:
        assert find_violated(naming, contract, of=[id], transport="mock") == {id}
        assert find_violated(cancel, contract, of=[id], transport="mock") == set()
        assert find_violated(cancel, load(OURS, list_kinds()), of=[id], transport="mock") == {id}
