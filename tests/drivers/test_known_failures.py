"""What released clients are known to get wrong: the lists are whole, and true as far as a quick look goes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from graphcontract.contract.loader import load
from graphcontract.judging import known_failures
from tests.drivers import GATES, MANY_GATES, ROOT, Gate

PINS = {
    "msgraph-sdk": r"^msgraph-sdk==(\S+)$",
    "msgraph-beta-sdk": r"^msgraph-beta-sdk==(\S+)$",
    "office365-rest-python-client": r"^office365-rest-python-client==(\S+)$",
    "microsoft-graph-client": r'"@microsoft/microsoft-graph-client": "(\S+)"',
    "microsoft-graph-beta": r"<artifactId>microsoft-graph-beta</artifactId>\s+<version>(\S+)</version>",
    "msgraph-beta-sdk-go": r"github.com/microsoftgraph/msgraph-beta-sdk-go v(\S+)$",
}
PINNED_IN = ("requirements.txt", "package.json", "pom.xml", "go.mod")


@pytest.mark.parametrize("gate", [*GATES, *MANY_GATES], ids=lambda gate: gate.known_failures)
def test_list_is_of_the_contract_and_has_reasons(gate: Gate) -> None:
    contract = load("sharepointmigrationtask-cancel", None)
    entries = known_failures.load(ROOT / gate.known_failures, contract.current_ids())
    assert gate.cheap in {entry.clause for entry in entries}
    for entry in entries:
        assert len(entry.reason) > 20, entry.clause
        assert "accepted for now" not in entry.reason, entry.clause


@pytest.mark.parametrize("name", PINS)
def test_findings_are_about_the_pinned_version(name: str) -> None:
    gates = (*GATES, *MANY_GATES)
    folder = (ROOT / next(gate for gate in gates if gate.name == name).known_failures).parent
    pinned = next(folder / file for file in PINNED_IN if (folder / file).exists())
    found = re.search(PINS[name], pinned.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    pages = sorted((ROOT / "docs").glob("findings*.md"))
    assert any(f"{name} {found[1]}" in page.read_text(encoding="utf-8") for page in pages)


# Their virtual machine starts several times in a run, however short: seconds for each run.
STARTS_SLOWLY = ("microsoft-graph-beta", "java.net.http", "okhttp", "httpclient", "httpclient-http2")


def _mark(gate: Gate) -> ParameterSet:
    return pytest.param(gate, marks=[pytest.mark.nightly] if gate.name in STARTS_SLOWLY else [], id=gate.name)


@pytest.mark.parametrize("gate", [_mark(gate) for gate in GATES])
def test_client_fails_as_is_known(gate: Gate) -> None:
    if not gate.at_hand:
        pytest.skip(f"not here: {gate.make or gate.needs}")
    ended = check(gate)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(rf"^MUST +{re.escape(gate.cheap)}$", ended.stdout, re.MULTILINE)


# Some of the operations that each list is about.
FEW = {
    "msgraph-sdk": ("v1.0 * */cell(*)*", "v1.0 * /*(*='{text}')*", "v1.0 DELETE /groups/*$ref"),
    "msgraph-beta-sdk": ("beta * */cell(*)*", "beta * /*(*='{text}')*", "beta DELETE /groups/*$ref"),
    "microsoft-graph-beta": ("beta * */cell(*)*", "beta * /*(*='{text}')*", "beta DELETE /groups/*$ref"),
    "msgraph-beta-sdk-go": ("beta * */cell(*)*", "beta * /*(*='{text}')*", "beta DELETE /me/*"),
    "microsoft-graph-client": ("beta DELETE *$ref", "beta POST /print/*"),
    "office365-rest-python-client": ("beta DELETE /me/*", "beta POST /print/*"),
}


@pytest.mark.parametrize("gate", [_mark(gate) for gate in MANY_GATES])
def test_client_fails_in_some_operations_as_is_known(gate: Gate) -> None:
    if not gate.at_hand:
        pytest.skip(f"not here: {gate.make or gate.needs}")
    ended = check(replace(gate, operations=FEW[gate.name]))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_change_turns_a_gate_red(tmp_path: Path) -> None:
    """A fault that the list has not, and one that it has too many."""
    gate = next(gate for gate in GATES if gate.name == "requests")
    listed = json.loads((ROOT / gate.known_failures).read_bytes())
    (entry,) = (row for row in listed["known_failures"] if row["clause"] == gate.cheap)
    ids = entry["evidence"]
    for word, changed in {"FAIL": ids[1:], "fixed": [*ids, f"{gate.cheap}-000000000000"]}.items():
        entry["evidence"] = changed
        file = tmp_path / f"{word}.json"
        file.write_text(json.dumps(listed), encoding="utf-8")
        ended = check(gate, "--known-failures", str(file))
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert re.search(rf"^{word} +MUST +{re.escape(gate.cheap)} ", ended.stdout, re.MULTILINE)


def check(gate: Gate, *options: str) -> subprocess.CompletedProcess[str]:
    """Judge the client by its cheap clause alone, or all clauses in many operations."""
    command = [str(Path(sys.executable).with_name("graphcontract")), "check", *gate.words, *options]
    return subprocess.run(
        command if gate.operations else [*command, "--select", gate.cheap],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
