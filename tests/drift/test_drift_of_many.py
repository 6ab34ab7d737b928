"""Drift of many operations: what a change in each kind of source is, and that none drifts from itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.catalogue.patterns import OperationPattern
from graphcontract.drift.many.line_facts import expect_contract, read_line
from graphcontract.drift.many.pipeline import ManyResult, check_operations
from graphcontract.drift.many.snapshots import format_snapshot, read_snapshot
from graphcontract.drift.many.source_comparison import Expected
from graphcontract.drift.model import Source
from graphcontract.drift.operations.build import build_catalogue
from graphcontract.errors import UserError
from tests.drift.many_operations import CSDL, EXPORT, OPENAPI, PERMISSIONS, ROUTES, TEXTS, source
from tests.drift.test_hostile_operations import changed
from tests.examples import count_examples

TODAY = date(2026, 6, 1)
DESK = "/library/desks/{desk-id}"
ALL = ("beta.tsv", "beta.csdl", "beta.yaml", "permissions.json")


def compare(
    catalogue: Catalogue, *sources: Source, snapshot: bool = False, pattern: str = "all"
) -> ManyResult:
    """Compare the operations of a catalogue, or of a snapshot, with sources."""
    matches = OperationPattern(pattern).matches
    expected = Expected.choose(catalogue, catalogue.find(pattern), matches, is_snapshot=snapshot)
    return check_operations(expected, (pattern,), sources, today=TODAY)


def build(folder: Path, *names: str, facts: Sequence[str] = ()) -> Catalogue:
    sources = [source(folder, name) for name in names]
    return Catalogue(build_catalogue(sources, [source(folder, name) for name in facts]), "built")


def take_snapshot(folder: Path, catalogue: Catalogue, *sources: Source) -> Catalogue:
    text = format_snapshot(sources, catalogue.names, OperationPattern("all").matches, ("all",))
    path = folder / "snapshot.jsonl"
    path.write_text(text, encoding="utf-8")
    return read_snapshot(path, ("all",))


def found(result: ManyResult) -> dict[tuple[str, str, str], list[str]]:
    """The findings that count, by rule and both sides, each with its operations without the version."""
    return {
        (fold.finding.rule, fold.finding.before, fold.finding.now): [
            name.partition(" ")[2] for name, _ in fold.operations
        ]
        for fold in result.folds
        if fold.finding.counts
    }


@pytest.mark.parametrize("name", ALL)
def test_a_source_of_the_catalogue_does_not_drift_from_it(name: str, tmp_path: Path) -> None:
    """Not even where the sources of the catalogue disagree."""
    result = compare(
        build(tmp_path, "beta.tsv", "beta.csdl", "beta.yaml", facts=ALL[3:]), source(tmp_path, name)
    )
    assert found(result) == {}
    assert result.facts
    assert not result.fails("info")


def test_a_disagreement_is_known_and_shown(tmp_path: Path) -> None:
    result = compare(build(tmp_path, "beta.tsv", facts=ALL[1:]), source(tmp_path, "beta.yaml"))
    known = {fold.finding.rule for fold in result.folds if fold.finding.known}
    assert known == {"key-type-changed", "content-optional"}


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=count_examples(60))
@given(data=st.data())
def test_whatever_can_be_read_does_not_drift_from_itself(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither from a catalogue that is made of it, nor from its snapshot."""
    folder = tmp_path_factory.mktemp("self")
    own = source(folder, name, data.draw(changed(TEXTS[name])))
    facts = [] if name != "permissions.json" else [own]
    sources = [own] if not facts else [source(folder, "beta.tsv")]
    try:
        catalogue = Catalogue(build_catalogue(sources, facts), "built")
        snapshot = take_snapshot(folder, catalogue, own)
    except UserError:  # as test_hostile_operations has it; or the source has none of the operations
        return
    assert found(compare(catalogue, own)) == {}
    assert found(compare(snapshot, own, snapshot=True)) == {}


def test_a_shipped_contract_decides_before_the_catalogue() -> None:
    shipped = Catalogue.load()
    line = read_line(shipped, "sharepointmigrationtask-cancel")
    assert line.contract is not None
    expected = expect_contract(line, shipped.sources)
    stated = {each.scheme: " ".join(each.least) for each in line.contract.permissions or ()}
    assert {scheme: text.split(" >")[0] for scheme, text in expected.permissions.items()} == stated
    assert expected.success == "204"


def test_an_export_does_not_drift_from_itself(tmp_path: Path) -> None:
    export = source(tmp_path, "kiota-dom-export.txt", EXPORT)
    snapshot = take_snapshot(tmp_path, build(tmp_path, "beta.tsv"), export)
    result = compare(snapshot, export, snapshot=True)
    assert found(result) == {}
    assert result.sources[0].tally.stated == len(snapshot) == 10


FOUND = "/library/find(name='{name}',row={row})"
DEPRECATED = """<Annotation Term="Org.OData.Core.V1.Revisions"><Collection><Record>
  <PropertyValue Property="Kind" EnumMember="Org.OData.Core.V1.RevisionKind/Deprecated" />
</Record></Collection></Annotation>"""

DELETE = "      deprecated: true\n"
IF_MATCH = """\
      parameters:
        - name: If-Match
          in: header
          schema:
            type: string
"""

CHANGES = [
    (
        "beta.tsv",
        ROUTES,
        f"DELETE\t{DESK}\t\n",
        "",
        {("route-gone", "reachable", "absent"): [f"DELETE {DESK}"]},
    ),
    (
        "beta.tsv",
        ROUTES,
        "DELETE\t/users/{user-id}\t",
        "DELETE\t/users/{user-id}\tx",
        {("deprecation-announced", "", "deprecated"): ["DELETE /users/{user-id}"]},
    ),
    (
        "beta.tsv",
        ROUTES,
        "/close\tx",
        "/close",
        {("deprecation-withdrawn", "deprecated", ""): [f"POST {DESK}/close"]},
    ),
    (
        "beta.tsv",
        ROUTES,
        "/users/{user-id}/loans/{loan-id}/close",
        "/users/{user-id}/loans/{loan-id}/end",
        {
            ("route-gone", "reachable", "absent"): [
                "POST /me/loans/{loan-id}/close",
                "POST /users/{user-id}/loans/{loan-id}/close",
            ],
            ("route-appeared", "", "reachable, and not in the catalogue"): [
                "POST /users/{user-id}/loans/{loan-id}/end",
                "POST /me/loans/{loan-id}/end",
            ],
        },
    ),
    (
        "beta.csdl",
        CSDL,
        'Action Name="close"',
        'Action Name="Close"',
        {
            ("letter-case-changed", f"{DESK}/close", f"{DESK}/Close"): [f"POST {DESK}/close"],
            ("letter-case-changed", f"{FOUND}/close", f"{FOUND}/Close"): [f"POST {FOUND}/close"],
        },
    ),
    (
        "beta.csdl",
        CSDL,
        'Name="owner"',
        'Name="Owner"',
        {("letter-case-changed", f"{DESK}/owner/$ref", f"{DESK}/Owner/$ref"): [f"DELETE {DESK}/owner/$ref"]},
    ),
    (
        "beta.csdl",
        CSDL,
        'Action Name="close" IsBound="true"',
        'Action Name="close"',
        {("route-gone", "reachable", "absent"): [f"POST {DESK}/close", f"POST {FOUND}/close"]},
    ),
    (
        "beta.csdl",
        CSDL,
        "      <EntityContainer",
        f"""      <Annotations Target="graph.desk">{DEPRECATED}</Annotations>
      <EntityContainer""",
        {
            # DELETE is already deprecated by the OpenAPI description.
            ("deprecation-announced", "", "deprecated"): [f"POST {DESK}/library.security.lock"],
        },
    ),
    (
        "beta.csdl",
        CSDL,
        "      <EntityContainer",
        f"""      <Annotations Target="library.security.lock(graph.desk)">{DEPRECATED}</Annotations>
      <EntityContainer""",
        {("deprecation-announced", "", "deprecated"): [f"POST {DESK}/library.security.lock"]},
    ),
    (
        "beta.csdl",
        CSDL,
        "      <EntityContainer",
        f"""      <Annotations Target="library.security.lock">{DEPRECATED}</Annotations>
      <EntityContainer""",
        {("deprecation-announced", "", "deprecated"): [f"POST {DESK}/library.security.lock"]},
    ),
    (
        "beta.csdl",
        CSDL,
        'Name="id" Type="Edm.Guid"',
        'Name="id" Type="Edm.String"',
        {
            ("key-type-changed", "guid", "string"): [
                f"DELETE {DESK}",
                f"POST {DESK}/library.security.lock",
                f"DELETE {DESK}/owner/$ref",
                f"DELETE {DESK}/photo/$value",
                f"DELETE {DESK}/readers/$ref",
                f"DELETE {DESK}/readers/{{reader-id}}/$ref",
            ]
        },
    ),
    (
        "beta.csdl",
        CSDL,
        '<Parameter Name="bindingParameter" Type="graph.desk" />\n      </Action>\n    </Schema>',
        '<Parameter Name="bindingParameter" Type="graph.desk" />\n'
        '<Parameter Name="why" Type="Edm.String" Nullable="false" />\n      </Action>\n    </Schema>',
        {("content-required", "none", "required"): [f"POST {DESK}/library.security.lock"]},
    ),
    (
        "beta.csdl",
        CSDL,
        '<Parameter Name="bindingParameter" Type="graph.desk" />\n      </Action>\n    </Schema>',
        '<Parameter Name="bindingParameter" Type="graph.desk" />\n'
        '<ReturnType Type="Edm.String" />\n      </Action>\n    </Schema>',
        {("success-content-changed", "204, no content", "content"): [f"POST {DESK}/library.security.lock"]},
    ),
    (
        "beta.csdl",
        CSDL,
        ' IsComposable="true"',
        "",
        {("route-gone", "reachable", "absent"): [f"POST {FOUND}/close"]},
    ),
    (
        "beta.csdl",
        CSDL,
        '<EntityType Name="desk" BaseType="graph.entity">',
        '<EntityType Name="desk" BaseType="graph.entity">\n'
        '<Key><PropertyRef Name="id" /><PropertyRef Name="code" /></Key>',
        {
            ("route-gone", "reachable", "absent"): [
                f"DELETE {DESK}",
                f"POST {DESK}/close",
                f"POST {DESK}/library.security.lock",
                f"DELETE {DESK}/owner/$ref",
                f"DELETE {DESK}/photo/$value",
                f"DELETE {DESK}/readers/$ref",
                f"DELETE {DESK}/readers/{{reader-id}}/$ref",
            ],
            # Without a change there are more, below the key.
            ("route-appeared", "", "reachable, and not in the catalogue"): ["DELETE /readers/{reader-id}"],
        },
    ),
    (
        "beta.csdl",
        CSDL,
        'Name="readers" Type="Collection(graph.reader)"',
        'Name="readers" Type="graph.reader"',
        {
            ("route-gone", "reachable", "absent"): [f"DELETE {DESK}/readers/{{reader-id}}/$ref"],
            ("input-removed", "query parameter @id (required)", ""): [f"DELETE {DESK}/readers/$ref"],
        },
    ),
    (
        "beta.yaml",
        OPENAPI,
        "        '202':\n          $ref",
        "        '200':\n          $ref",
        {("success-status-changed", "202", "200"): [f"POST {DESK}/close"]},
    ),
    (
        "beta.yaml",
        OPENAPI,
        "name: mood\n          in: query\n",
        "name: mood\n          in: query\n          required: true\n",
        {("required-input-added", "", "query parameter mood (required)"): [f"POST {DESK}/close"]},
    ),
    (
        "beta.yaml",
        OPENAPI,
        "name: reason\n          in: query\n          required: true\n",
        "name: reason\n          in: query\n",
        {
            (
                "input-relaxed",
                "query parameter reason (required)",
                "query parameter reason (optional)",
            ): [f"POST {DESK}/close"]
        },
    ),
    (
        "beta.yaml",
        OPENAPI,
        DELETE,
        f"{DELETE}{IF_MATCH}          required: true\n",
        {("required-input-added", "", "field If-Match (required)"): [f"DELETE {DESK}"]},
    ),
    ("beta.yaml", OPENAPI, DELETE, f"{DELETE}{IF_MATCH}", {}),
    (
        "beta.yaml",
        OPENAPI,
        DELETE,
        f"{DELETE}{IF_MATCH}          required: true\n".replace("If-Match", "Accept"),
        {},
    ),
    (
        "beta.yaml",
        OPENAPI,
        "/library/desks/{desk-id}/refill",
        "/library/desks/{desk-id}/restock",
        {("route-appeared", "", "reachable, and not in the catalogue"): [f"POST {DESK}/restock"]},
    ),
    (
        "permissions.json",
        PERMISSIONS,
        "least=DelegatedWork,Application",
        "least=DelegatedWork",
        {
            ("least-permission-changed", "Desk.Close.All", "none (higher: Desk.Close.All)"): [
                f"POST {DESK}/close"
            ],
        },
    ),
    (
        "permissions.json",
        PERMISSIONS,
        '"/library/desks/{id}": "least=DelegatedWork"',
        '"/library/tables/{id}": "least=DelegatedWork"',
        {("operation-missing", "", "the file has no permission for the path"): [f"DELETE {DESK}"]},
    ),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_change_is_found_once_with_all_its_operations(number: int, tmp_path: Path) -> None:
    name, text, before, after, expected = CHANGES[number]
    assert text.count(before) == 1
    catalogue = build(tmp_path, "beta.tsv", facts=ALL[1:])
    result = compare(catalogue, source(tmp_path, name, text.replace(before, after)))
    own = {
        key: names
        for key, names in found(result).items()
        if not _was_there(catalogue, name, tmp_path, key, names)
    }
    assert {key: sorted(names) for key, names in own.items()} == {
        key: sorted(names) for key, names in expected.items()
    }


def _was_there(
    catalogue: Catalogue, name: str, folder: Path, key: tuple[str, str, str], names: list[str]
) -> bool:
    """Whether the unchanged source has the same finding: it has operations that the catalogue lacks."""
    other = folder / "before"
    other.mkdir(exist_ok=True)
    return found(compare(catalogue, source(other, name))).get(key) == names


def test_a_type_that_is_no_longer_stated_is_a_finding_of_a_snapshot(tmp_path: Path) -> None:
    own = source(tmp_path, "beta.yaml")
    catalogue = Catalogue(build_catalogue([own]), "built")
    snapshot = take_snapshot(tmp_path, catalogue, own)
    key = "        required: true\n        schema:\n          type: string\n          format: uuid\n"
    assert OPENAPI.count(key) == 1
    now = source(tmp_path, "beta.yaml", OPENAPI.replace(key, "        required: true\n"))
    dropped = {("statement-dropped", "guid", ""): [f"DELETE {DESK}"]}
    assert found(compare(snapshot, now, snapshot=True)) == dropped
    assert found(compare(catalogue, now)) == {}
