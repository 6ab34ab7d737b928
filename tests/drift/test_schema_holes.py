"""What CSDL and OpenAPI could say without a word from us: each of these was silent once, or cried wolf."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from graphcontract.contract.model import Contract
from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.model import Reading, Source, SourceError, Unknown
from graphcontract.drift.openapi import openapi_reader
from tests.drift import library
from tests.drift.schemas import CSDL, OPENAPI, WANTED

PATH = "/library/branches/loanRequests/{loan-id}/cancel"
POST = "      operationId: library.branches.loanRequests.loan.cancel\n"
ACTION = """\
      <Action Name="cancel" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.loan" />
"""
SCHEMA = """\
    <Schema Namespace="microsoft.graph.desk" xmlns="http://docs.oasis-open.org/odata/ns/edm">
{action}    </Schema>
"""
PARAMETERS = "      parameters:\n        - name: x\n          in: {place}\n          required: true\n"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


def written(folder: Path, text: str) -> Source:
    path = folder / ("beta.yaml" if not text.lstrip().startswith("<") else "beta-Prod.csdl")
    path.write_text(text, encoding="utf-8")
    return Source(path, path.name)


def find_rules(contract: Contract, folder: Path, text: str, *, since: str = "") -> list[str]:
    """The rules that a file violates, against the contract or against what it said before."""
    snapshot = [read(folder, since)] if since else None
    return library.rules(library.compared(contract, written(folder, text), snapshot=snapshot))


def read(folder: Path, text: str) -> Reading:
    source = written(folder, text)
    return (
        csdl_reader.read(source, WANTED)
        if source.name.endswith("csdl")
        else openapi_reader.read(source, WANTED)
    )


def swapped(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


class TestKeys:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('<PropertyRef Name="id" />', '<PropertyRef Name="id" /><PropertyRef Name="org" />'),
            ('<PropertyRef Name="id" />', ""),
            ('<PropertyRef Name="id" />', '<PropertyRef Name="gone" />'),
            ('Name="record" BaseType="graph.entity"', 'Name="record"'),
        ],
    )
    def test_one_that_is_not_a_single_property_is_unreadable(
        self, contract: Contract, tmp_path: Path, old: str, new: str
    ) -> None:
        assert "fact-unreadable" in find_rules(contract, tmp_path, swapped(CSDL, old, new))

    def test_a_base_that_the_file_lacks_may_have_it(self, tmp_path: Path) -> None:
        reading = read(tmp_path, swapped(CSDL, 'Name="entity" Abstract', 'Name="thing" Abstract'))
        assert (reading.facts["key-type"].stance, reading.problems) == ("silent", ())


class TestActions:
    def test_another_namespace_is_the_same_action(self, contract: Contract, tmp_path: Path) -> None:
        action = f"{ACTION}      </Action>\n"
        other = SCHEMA.format(action=action)
        moved = swapped(swapped(CSDL, action, ""), "  </edmx:DataServices>", f"{other}  </edmx:DataServices>")
        assert find_rules(contract, tmp_path, moved) == []

    def test_letter_case_is_its_own_finding_whatever_other_types_have(
        self, contract: Contract, tmp_path: Path
    ) -> None:
        capital = swapped(CSDL, ACTION, ACTION.replace('"cancel"', '"Cancel"'))
        assert set(find_rules(contract, tmp_path, capital)) == {"letter-case-changed"}


class TestCutOff:
    DOCUMENT = json.dumps(yaml.safe_load(OPENAPI), indent=2)

    @pytest.mark.parametrize("cut", [1, 2, 40, 400])
    def test_json_without_its_last_bracket(self, tmp_path: Path, cut: int) -> None:
        assert read(tmp_path, self.DOCUMENT).facts["route"].value == "reachable"
        with pytest.raises((SourceError, Unknown)):
            read(tmp_path, self.DOCUMENT[:-cut])

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", ""])
    def test_json_may_end_with_line_ends(self, tmp_path: Path, end: str) -> None:
        assert read(tmp_path, self.DOCUMENT + end).facts["route"].value == "reachable"

    @pytest.mark.parametrize("at", ["components:", "  responses:\n    book"])
    def test_an_error_that_refers_to_what_is_not_there(
        self, contract: Contract, tmp_path: Path, at: str
    ) -> None:
        text = (
            OPENAPI if at in OPENAPI else swapped(OPENAPI, "  responses:\n", "  responses:\n    book: {}\n")
        )
        with pytest.raises(Unknown, match="truncated"):
            read(tmp_path, text[: text.index(at)])


class TestServers:
    def test_a_list_may_stand_as_far_out_as_its_key(self, contract: Contract, tmp_path: Path) -> None:
        dumped = yaml.safe_dump(yaml.safe_load(OPENAPI), sort_keys=False)
        assert "\n- url:" in dumped
        assert find_rules(contract, tmp_path, dumped) == []
        assert find_rules(contract, tmp_path, dumped, since=OPENAPI) == []
        assert find_rules(
            contract,
            tmp_path,
            swapped(
                dumped, "- url: https://graph.microsoft.com/beta", "- url: https://graph.microsoft.com/v1.0"
            ),
        ) == ["version-appeared"]

    @pytest.mark.parametrize("owner", ["path", "operation"])
    def test_those_of_a_path_or_operation_stand_in_place_of_others(
        self, contract: Contract, tmp_path: Path, owner: str
    ) -> None:
        indent = "    " if owner == "path" else "      "
        servers = f"{indent}servers:\n{indent}  - url: https://graph.microsoft.com/v1.0\n"
        at = POST if owner == "operation" else "    post:\n      tags:\n        - library.branchesRoot\n"
        assert find_rules(contract, tmp_path, swapped(OPENAPI, at, servers + at)) == ["version-appeared"]


class TestInputs:
    def test_a_cookie_that_is_required(self, contract: Contract, tmp_path: Path) -> None:
        text = swapped(OPENAPI, POST, POST + PARAMETERS.format(place="cookie"))
        assert find_rules(contract, tmp_path, text) == ["required-input-added"]

    @pytest.mark.parametrize("place", ["query", "header"])
    def test_one_that_is_required_breaks_where_nothing_was_said_before(
        self, contract: Contract, tmp_path: Path, place: str
    ) -> None:
        assert find_rules(
            contract, tmp_path, swapped(OPENAPI, POST, POST + PARAMETERS.format(place=place)), since=OPENAPI
        ) == ["required-input-added"]


@pytest.mark.parametrize(
    "named",
    [
        '<NavigationProperty Name="loanRequests"',
        '<NavigationProperty Name="branches"',
        '<Singleton Name="library"',
    ],
)
def test_what_has_no_name_leads_nowhere(tmp_path: Path, named: str) -> None:
    nameless = swapped(CSDL, named, named.partition(" ")[0])
    reading = csdl_reader.read(written(tmp_path, nameless), WANTED)
    assert reading.facts["route"].value == "declared"


def test_a_path_that_stands_twice_is_refused(tmp_path: Path) -> None:
    again = f"  '{PATH}':\n    delete:\n      responses:\n        '204':\n          description: Success\n"
    with pytest.raises(SourceError, match="occurs twice"):
        read(tmp_path, swapped(OPENAPI, "components:\n", f"{again}components:\n"))
    near = again.replace("/cancel", "/microsoft.graph.cancel")
    assert (
        read(tmp_path, swapped(OPENAPI, "components:\n", f"{near}components:\n")).facts["method"].value
        == "POST"
    )
