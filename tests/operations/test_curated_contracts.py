"""The curated contracts: they differ in structure, say where they come from, and fit the reference client."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.clauses import list_kinds
from graphcontract.clients.reference import make_call
from graphcontract.contract.loader import list_shipped, load
from graphcontract.contract.model import DEFAULT_CONTRACT
from tests.operations.test_random_contracts import ABOUT_REQUESTS, find_violated, plain_call, respond, send
from tests.sample_clients.verdicts import verdicts

CURATED = [id for id in list_shipped() if id != DEFAULT_CONTRACT]
each_contract = pytest.mark.parametrize("id", CURATED)


def test_they_differ_in_structure() -> None:
    requests = [load(id, None).request for id in CURATED]
    assert len({(each.version, each.method, each.path) for each in requests}) == len(CURATED) == 8
    assert {each.method for each in requests} == {"POST", "DELETE"}
    assert {len(each.parameters) for each in requests} == {1, 2, 3}
    for pattern in (r"^/me/", r"^/users/\{", r"\('?|=", r"/graph\.\w+/", r"/microsoft\.graph\.[\w.]+$"):
        assert any(re.search(pattern, each.path) for each in requests), pattern
    versions = {each.version for each in requests if each.path.endswith("/checkout")}
    assert versions == {"beta", "v1.0"}


@each_contract
def test_it_is_short_and_cites_its_page(id: str) -> None:
    text = files("graphcontract.contracts").joinpath(f"{id}.json").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    contract = load(id, list_kinds())
    assert contract.permissions
    assert contract.provenance is not None
    assert None not in (contract.provenance.commit, contract.provenance.path, contract.provenance.licence)
    assert contract.example.keys() == contract.request.parameters.keys()


@each_contract
def test_the_reference_client_sends_what_it_requires(id: str) -> None:
    contract = load(id, list_kinds())
    plain = plain_call(contract)
    control = respond(plain, send(plain))
    call = replace(plain, arguments=contract.example)
    assert find_violated(contract, respond(call, send(call)), control) == {}


@pytest.mark.nightly
@each_contract
def test_the_reference_client_conforms_to_it(id: str) -> None:
    contract = load(id, list_kinds())
    found = verdicts(
        make_call, of=ABOUT_REQUESTS, shown_by=["test_request"], profile="quick", contract=contract
    )
    left = {clause: each.verdict for clause, each in found.items() if each.verdict != "pass"}
    # DELETE without content needs no Content-Length (RFC 9110, 8.6).
    assert left == ({} if contract.request.method == "POST" else {"request.content-length": "not-supported"})


@each_contract
def test_it_overrides_its_operation_in_the_catalogue(id: str) -> None:
    catalogue, request = Catalogue.load(), load(id, None).request
    (found,) = catalogue.find(f"{request.version} {request.method} {re.sub('{[^}]*}', '{*}', request.path)}")
    assert found == id
    assert catalogue.name_of(id).startswith(f"{request.version} {request.method} /")
    assert catalogue.contract(id).sha256 == load(id, None).sha256
