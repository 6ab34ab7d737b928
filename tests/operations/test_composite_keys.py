"""Keys of several parts, `id='{id}',policyId='{policyId}'`, stand in a segment of their own: each part is
judged as an argument of a function is.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.clients.reference import make_call
from graphcontract.exchange import Call
from graphcontract.http.request_target import Template, read
from tests.operations import TEXT, AnyOperation, make_contract
from tests.operations.many import make_catalogue, run_many
from tests.operations.many_clients import PARAMETERS, PATH

STATE = "/devices/{device-id}/states/id='{id}',policyId='{policyId}'"


@pytest.fixture(scope="module")
def states() -> Catalogue:
    return make_catalogue(f"DELETE {STATE}", f"POST {STATE}/clear")


def test_every_operation_of_the_shipped_catalogue_with_one_has_a_contract() -> None:
    shipped = Catalogue.load()
    ids = shipped.find("*deviceHealthScriptStates/id=*")
    assert len(ids) == 4
    for id in ids:
        names = list(shipped.contract(id).request.path_parameters)
        assert names[-3:] == ["id", "policyId", "deviceId"]


def test_the_reference_client_passes(states: Catalogue) -> None:
    ran = run_many(make_call, catalogue=states)
    assert (ran.status, ran.findings, len(ran.operations)) == (0, [], 2)


class InAnotherOrder(AnyOperation):
    """The parts have names, and no order."""

    def template(self, call: Call) -> str:
        return re.sub(r"/(id=[^,]*),(policyId=[^/]*)", r"/\2,\1", call.path)


class InParentheses(AnyOperation):
    """OData's own form of a key."""

    def template(self, call: Call) -> str:
        return re.sub(r"/(id=[^/]*)", r"(\1)", call.path)


class EncodesAllButLettersAndDigits(AnyOperation):
    """Equals signs, commas and quotes are encoded too."""

    def path(self, call: Call) -> str:
        return re.sub(r"[^A-Za-z0-9%/]", lambda found: f"%{ord(found[0]):02X}", super().path(call))


@pytest.mark.parametrize(
    ("client", "short_of"),
    [
        (InAnotherOrder, set()),
        (InParentheses, {"request.path-spelling"}),
        (EncodesAllButLettersAndDigits, set()),
    ],
)
def test_other_spellings_violate_no_must(
    client: type[AnyOperation], short_of: set[str], states: Catalogue
) -> None:
    ran = run_many(client().cancel, catalogue=states)
    assert ran.must == []
    assert {each["clause"] for each in ran.findings} == short_of


class WithoutQuotes(AnyOperation):
    def template(self, call: Call) -> str:
        return call.path.replace("'", "")


class QuotesNotDoubled(AnyOperation):
    def double(self, value: str) -> str:
        return value


class Swapped(AnyOperation):
    def argument(self, call: Call, name: str) -> str:
        return super().argument(call, {"id": "policyId", "policyId": "id"}.get(name, name))


class Repeated(AnyOperation):
    def argument(self, call: Call, name: str) -> str:
        return super().argument(call, "id" if name == "policyId" else name)


class PartLost(AnyOperation):
    def template(self, call: Call) -> str:
        return re.sub(r",policyId=[^/]*", "", call.path)


class NamesLost(AnyOperation):
    def template(self, call: Call) -> str:
        return call.path.replace("id='{id}',policyId='{policyId}'", "{id}")


class KeyLost(AnyOperation):
    def template(self, call: Call) -> str:
        return re.sub(r"/id=[^/]*", "", call.path)


class NotEncoded(AnyOperation):
    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        own = super().value(call, name, is_literal=is_literal)
        return self.double(call.arguments[name]) if is_literal else own


@pytest.mark.parametrize(
    ("client", "clause", "kind"),
    [
        (WithoutQuotes, PARAMETERS, "unquoted"),
        (QuotesNotDoubled, PARAMETERS, "quotes"),
        (Swapped, PARAMETERS, "swapped"),
        (Repeated, PARAMETERS, "repeated"),
        (PartLost, PATH, "other-segment"),
        (NamesLost, PARAMETERS, "changed"),
        (KeyLost, PATH, "missing-segment"),
        (NotEncoded, PARAMETERS, "raw"),
    ],
)
def test_faulty_clients_are_found(
    client: type[AnyOperation], clause: str, kind: str, states: Catalogue
) -> None:
    ran = run_many(client().cancel, catalogue=states)
    assert (clause, kind) in {(each["clause"], each["evidence"]["kind"]) for each in ran.must}
    assert {each["verdict"] for each in ran.operations.values()} == {"fail"}


@pytest.mark.parametrize("sent", ["AAMkAD%3D", "AAMkAD=", "id='AAMkAD='"])
def test_an_id_that_looks_like_one_is_an_id(sent: str) -> None:
    contract = make_contract("POST", "/loans/{loanId}/close", {"loanId": TEXT})
    template = Template.of(contract)
    (position,) = template.positions
    found = read(f"/v1.0/loans/{sent}/close", template).find_value(template, position, "")
    assert found is not None
    assert found.decoded.decode() == unquote(sent)
