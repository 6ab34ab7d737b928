"""Passes over all operations of a source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.drift.model import NotASource, SourceError
from graphcontract.drift.operations.build import build_catalogue, open_catalogue, open_source
from graphcontract.drift.operations.statement import Statement
from tests.drift.many_operations import CSDL, OPENAPI, PERMISSIONS, ROUTES, source

DESK = "/library/desks/{desk-id}"


def read(folder: Path, name: str, text: str | None = None) -> dict[str, Statement]:
    """What a source lists, by method and path."""
    return by_name(open_source(source(folder, name, text)).list_statements())


def by_name(statements: Iterable[Statement]) -> dict[str, Statement]:
    return {f"{each.method} {each.path}": each for each in statements}


def test_routes(tmp_path: Path) -> None:
    found = read(tmp_path, "beta.tsv")
    assert len(found) == ROUTES.count("\n") - 1
    assert {each.version for each in found.values()} == {"beta"}
    assert [name for name, each in found.items() if each.deprecated] == [f"POST {DESK}/close"]
    assert found[f"POST {DESK}/close"].line == 2
    assert all(each.is_bare for each in found.values())


def test_a_reference_is_removed_from_a_collection_by_a_query(tmp_path: Path) -> None:
    found = read(tmp_path, "beta.tsv")
    assert [name for name, each in found.items() if each.query] == [f"DELETE {DESK}/readers/$ref"]
    assert found[f"DELETE {DESK}/readers/$ref"].query == ("@id",)


def test_the_version_is_in_a_comment_or_in_the_name(tmp_path: Path) -> None:
    lines = "POST\t/a\nDELETE\t/b\t\n"
    assert {each.version for each in read(tmp_path, "v1.0-1.65.0.tsv", lines).values()} == {"v1.0"}
    assert {each.version for each in read(tmp_path, "a.tsv", f"# version: beta\n{lines}").values()} == {
        "beta"
    }
    with pytest.raises(SourceError, match=r"a\.tsv:1: it does not state the version"):
        read(tmp_path, "a.tsv", lines)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("POST /a/b", "it is not METHOD<tab>/path<tab>flags"),
        ("POST\ta/b", "it is not METHOD<tab>/path<tab>flags"),
        ("GET\t/a", "the method is GET"),
        ("post\t/a", "the method is post"),
        ("POST\t/a//b", "the path has the segment"),
        ("POST\t/a/{b", "the path has the segment {b"),
        ("POST\t/a/{}", "the path has the segment {}"),
        ("POST\t/a b", "the path has the segment a b"),
        ("POST\t/a\ty", "the flag y is unknown"),
        ("POST\t/first/{x}", "stated twice, first in line 2"),
        ("POST\t/FIRST/{y}", "stated twice, first in line 2"),
    ],
)
def test_a_broken_line_of_routes(line: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as failed:
        read(tmp_path, "a.tsv", f"# beta\nPOST\t/first/{{id}}\n\n{line}\n")
    assert failed.value.message.startswith("a.tsv:4: ")
    assert problem in failed.value.message
    assert failed.value.hint


OPENAPI_LAYOUTS = {
    "beta.yaml": OPENAPI,
    "beta.json": json.dumps(yaml.safe_load(OPENAPI), indent=2),
    "flow.yaml": yaml.safe_dump(yaml.safe_load(OPENAPI), default_flow_style=True, sort_keys=False),
}


@pytest.mark.parametrize("name", OPENAPI_LAYOUTS)
def test_openapi(name: str, tmp_path: Path) -> None:
    found = read(tmp_path, name, OPENAPI_LAYOUTS[name])
    facts = {
        name: (each.content, each.success, each.types, each.query, each.namespace, each.deprecated)
        for name, each in found.items()
    }
    close = f"POST {DESK}/microsoft.graph.close"
    lock = f"POST {DESK}/library.security.lock"
    assert facts == {
        "POST /library/desks": ("required", "2XX content", (), (), None, False),
        f"DELETE {DESK}": ("none", "204", ("guid",), (), None, True),
        close: ("none", "202", ("string",), ("reason",), "microsoft.graph", False),
        f"POST {DESK}/refill": ("none", "2XX", (None,), (), None, False),
        lock: ("optional", "204", (None,), (), "library.security", False),
    }
    if name == "beta.yaml":
        lines = OPENAPI.splitlines()
        assert all(lines[each.line - 1].strip() == f"{each.method.lower()}:" for each in found.values())


def test_a_generated_description_does_not_know_the_status(tmp_path: Path) -> None:
    tool = "info:\n  x-ms-generated-by:\n    toolName: Microsoft.OpenApi.OData\n"
    found = read(tmp_path, "beta.yaml", OPENAPI.replace("info:\n", tool, 1))
    assert found[f"DELETE {DESK}"].success == "2XX"
    assert found[f"POST {DESK}/microsoft.graph.close"].success == "202"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("/library/desks/{desk-id}/refill", "/library/desks/{d}", None),
        ("'/library/desks/{desk-id}/refill'", "'/library/desks/{desk-id}/close'", "stated twice"),
        ("#/components/responses/accepted", "#/components/responses/lost", "does not exist"),
        ("    get:\n", "    delete:\n", "twice"),
        ("https://graph.microsoft.com/beta", "https://graph.microsoft.com", None),
    ],
)
def test_a_broken_description(before: str, after: str, problem: str | None, tmp_path: Path) -> None:
    text = OPENAPI.replace(before, after)
    if problem is None:
        assert read(tmp_path, "beta.yaml", text)
        return
    with pytest.raises(SourceError) as failed:
        read(tmp_path, "beta.yaml", text)
    file, line, said = failed.value.message.split(":", 2)
    assert (file, line.isdigit()) == ("beta.yaml", True)
    assert problem in said


def test_csdl_describes_operations_of_other_sources(tmp_path: Path) -> None:
    csdl = open_source(source(tmp_path, "beta.csdl"))
    routes = open_source(source(tmp_path, "beta.tsv"))
    found = {each.path: csdl.describe(each.key, each.path) for each in routes.list_statements()}
    described = {path: each for path, each in found.items() if each is not None}
    assert found.keys() - described.keys() == {"/users/{user-id}", "/users/{user-id}/loans/{loan-id}/close"}
    assert {path: each.types for path, each in described.items()} == {
        f"{DESK}/close": ("guid",),
        f"{DESK}/library.security.lock": ("guid",),
        DESK: ("guid",),
        f"{DESK}/readers/$ref": ("guid",),
        f"{DESK}/readers/{{reader-id}}/$ref": ("guid", "guid"),
        f"{DESK}/owner/$ref": ("guid",),
        f"{DESK}/photo/$value": ("guid",),
        "/library/find(name='{name}',row={row})/close": ("string", "int32"),
    }
    assert [path for path, each in described.items() if each.query] == [f"{DESK}/readers/$ref"]
    assert described[f"{DESK}/library.security.lock"].namespace == "library.security"
    assert [path for path, each in described.items() if each.deprecated] == [
        f"{DESK}/close",
        "/library/find(name='{name}',row={row})/close",
    ]


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        (f"{DESK}/paint", ("required", "2XX")),
        (f"{DESK}/count", ("none", "2XX content")),
        (f"{DESK}/drawers/empty", ("none", "2XX")),
        (f"{DESK}/empty", None),
        ("/library/desks/close", None),
        ("/nothing/close", None),
    ],
)
def test_csdl_describes_actions(path: str, facts: tuple[str, str] | None, tmp_path: Path) -> None:
    csdl = open_source(source(tmp_path, "beta.csdl"))
    key = Statement("beta", "POST", path).key
    found = csdl.describe(key, path)
    assert (found and (found.content, found.success)) == facts
    assert csdl.describe(Statement("v1.0", "POST", path).key, path) is None


def test_csdl_describes_the_stream_of_a_property(tmp_path: Path) -> None:
    csdl = open_source(source(tmp_path, "beta.csdl"))
    key = Statement("beta", "DELETE", f"{DESK}/plan").key
    assert csdl.describe(key, f"{DESK}/plan") is not None
    assert csdl.describe(key, f"{DESK}/id") is None


COMPLEX = """\
      <ComplexType Name="settings"><Property Name="door" Type="graph.doorSettings" /></ComplexType>
      <ComplexType Name="doorSettings" Abstract="true" />
      <ComplexType Name="lockedDoor" BaseType="graph.doorSettings">
        <NavigationProperty Name="keys" Type="Collection(graph.reader)" ContainsTarget="true" />
      </ComplexType>
      <EntityType Name="desk" BaseType="graph.entity">
        <Property Name="settings" Type="graph.settings" />
"""


def test_csdl_follows_properties_of_complex_types(tmp_path: Path) -> None:
    text = CSDL.replace('      <EntityType Name="desk" BaseType="graph.entity">\n', COMPLEX)
    csdl = open_source(source(tmp_path, "beta.csdl", text))
    above = f"{DESK}/settings/door/graph.lockedDoor/keys"

    def describe(path: str) -> Statement | None:
        return csdl.describe(Statement("beta", "DELETE", path).key, path)

    found = describe(f"{above}/{{reader-id}}")
    assert found is not None
    assert found.types == ("guid", "guid")
    reference = describe(f"{above}/$ref")
    assert reference is not None
    assert reference.query == ("@id",)
    assert describe(f"{DESK}/settings") is None  # a value, not a resource
    assert describe(f"{DESK}/settings/door/keys/{{reader-id}}") is None  # only the derived type has it


RESTRICTED = """\
      <Annotations Target="{target}">
        <Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions">
          <Record><PropertyValue Property="Deletable" Bool="{value}" /></Record>
        </Annotation>
      </Annotations>
      <EntityContainer"""


@pytest.mark.parametrize(
    ("target", "value", "path"),
    [
        ("microsoft.graph.desk/drawers", "false", f"{DESK}/drawers/{{drawer-id}}"),
        ("graph.desk/photo", "false", f"{DESK}/photo"),
        ("microsoft.graph.GraphService/readers", "false", "/readers/{reader-id}"),
        ("microsoft.graph.desk/drawers", "true", None),
    ],
)
def test_csdl_has_no_delete_where_an_annotation_excludes_it(
    target: str, value: str, path: str | None, tmp_path: Path
) -> None:
    annotated = CSDL.replace("      <EntityContainer", RESTRICTED.format(target=target, value=value))
    before, now = read(tmp_path, "beta.csdl"), read(tmp_path, "beta.csdl", annotated)
    gone = before.keys() - now.keys()
    if path is None:
        assert not gone
        return
    assert f"DELETE {path}" in gone
    assert all(each.startswith("DELETE ") for each in gone)
    assert f"POST {DESK}/drawers/empty" in now


def test_csdl_finds_the_overload_of_a_function_by_its_arguments(tmp_path: Path) -> None:
    overload = """\
      <Function Name="find" IsBound="true" IsComposable="true">
        <Parameter Name="bindingParameter" Type="graph.library" />
        <Parameter Name="number" Type="Edm.Int64" Nullable="false" />
        <ReturnType Type="graph.desk" />
      </Function>
"""
    text = CSDL.replace('      <Function Name="find"', f'{overload}      <Function Name="find"', 1)
    csdl = open_source(source(tmp_path, "beta.csdl", text))
    paths = ("/library/find(number={number})/close", "/library/find(name='{name}',row={row})/close")
    found = [csdl.describe(Statement("beta", "POST", path).key, path) for path in paths]
    assert [each and each.types for each in found] == [("int64",), ("string", "int32")]


ROW = '<Parameter Name="row" Type="Edm.Int32" Nullable="false" />'
OPTIONAL = ROW.replace(" />", '><Annotation Term="Org.OData.Core.V1.OptionalParameter" /></Parameter>')


@pytest.mark.parametrize(
    ("change", "exists"),
    [
        (ROW.replace("row", "rank"), False),
        (f"{ROW}{ROW.replace('row', 'page')}", False),
        ("", False),
        (f"{ROW}{OPTIONAL.replace('row', 'page')}", True),
        (OPTIONAL, True),
    ],
    ids=["renamed", "one more", "one less", "one more is optional", "optional"],
)
def test_csdl_has_a_function_with_the_arguments_that_it_needs(
    change: str, exists: bool, tmp_path: Path
) -> None:
    assert CSDL.count(ROW) == 1
    csdl = open_source(source(tmp_path, "beta.csdl", CSDL.replace(ROW, change)))
    path = "/library/find(name='{name}',row={row})/close"
    assert (csdl.describe(Statement("beta", "POST", path).key, path) is not None) == exists


def test_csdl_lists_what_containment_leads_to(tmp_path: Path) -> None:
    found = read(tmp_path, "beta.csdl")
    bare = {name for name, each in found.items() if each.is_bare}
    drawer = f"{DESK}/drawers/{{drawer-id}}"
    assert {
        f"DELETE {DESK}",
        f"DELETE {DESK}/photo",
        f"DELETE {drawer}",
        f"DELETE {drawer}/drawers/{{drawer-id1}}",
        "DELETE /readers/{reader-id}",
        f"POST {DESK}/close",
        f"POST {DESK}/library.security.lock",
        f"POST {DESK}/drawers/empty",
    } <= bare
    assert found.keys() - bare == {f"POST {DESK}/count", f"POST {DESK}/paint"}
    assert "DELETE /library" not in bare


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("library.csdl", CSDL, "library.csdl: it does not state the version"),
        ("beta.csdl", CSDL.replace("EntityContainer", "EntityJar"), "it has no entity container"),
        ("beta.csdl", CSDL[:2000], "malformed or truncated"),
        ("permissions.json", PERMISSIONS[:200], "permissions.json:9: it is not valid JSON"),
        ("permissions.json", PERMISSIONS.replace("least=", "most="), "unknown member"),
        ("permissions.json", '{"permissions": {}}', "it has no permissions"),
        ("page.md", "# Close a desk\n\nPOST /library\n", "cannot be made of a source of kind page"),
        ("empty.txt", "", "it is empty"),
    ],
)
def test_a_source_that_cannot_be_read(name: str, text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as failed:
        open_source(source(tmp_path, name, text))
    assert problem in failed.value.message
    assert failed.value.message.startswith(name)
    assert failed.value.hint


def build(folder: Path, *names: str, facts: tuple[str, ...] = ()) -> Catalogue:
    sources = [source(folder, name) for name in names]
    return Catalogue(build_catalogue(sources, [source(folder, name) for name in facts]), "built")


def test_every_fact_has_its_sources(tmp_path: Path) -> None:
    built = build(tmp_path, "beta.tsv", facts=("beta.csdl", "beta.yaml", "permissions.json"))
    kinds = {code: each.kind for code, each in built.sources.items()}
    assert kinds == {"s": "routes", "m": "derived", "c": "csdl", "o": "openapi", "p": "permissions"}
    (id,) = built.find(f"POST {DESK}/close")
    close = built.operation(id)
    assert (close.route, close.deprecated) == ("cos", "cs")
    assert close.types == {"guid": "c", "string": "o"}
    assert close.success == {"202": "o"}
    assert close.query == {"reason": "o"}
    assert close.namespace == {"microsoft.graph": "co"}
    assert close.permissions == {
        "p": {"DelegatedWork": "Desk.Close.All > Library.Manage.All", "Application": "Desk.Close.All"}
    }
    assert list(close.list_disagreements()) == ["types"]
    (id,) = built.find(f"POST {DESK}/library.security.lock")
    assert built.operation(id).list_disagreements() == {"content": {"optional": "o", "none": "cs"}}
    (id,) = built.find("POST /library/find*")
    assert built.operation(id).permissions["p"] == {
        "DelegatedWork": "> Desk.Close.All+Desk.Find.All",
        "Application": "Desk.Close.All+Desk.Find.All",
    }


def test_sources_of_facts_add_no_operation(tmp_path: Path) -> None:
    alone = build(tmp_path, "beta.tsv")
    with_facts = build(tmp_path, "beta.tsv", facts=("beta.yaml", "beta.csdl"))
    together = build(tmp_path, "beta.tsv", "beta.yaml")
    assert with_facts.ids == alone.ids
    assert set(together.ids) - set(alone.ids) == {"library-desks-id-refill-beta"}


def test_me_is_derived_from_the_routes_of_users(tmp_path: Path) -> None:
    built = build(tmp_path, "beta.tsv")
    (id,) = built.find("/me*")
    operation = built.operation(id)
    assert operation.name == "beta POST /me/loans/{loan-id}/close"
    assert operation.route == "m"
    assert "derived from /users/{user-id}" in built.sources["m"].title
    assert all(built.find_family(each) == "msgraph-sdk" for _, each in built.iterate_operations())


def test_the_order_of_facts_changes_no_line(tmp_path: Path) -> None:
    one = build(tmp_path, "beta.tsv", facts=("beta.csdl", "beta.yaml", "permissions.json"))
    other = build(tmp_path, "beta.tsv", facts=("permissions.json", "beta.yaml", "beta.csdl"))
    assert [each for _, each in one.iterate_operations()] == [each for _, each in other.iterate_operations()]


def test_a_catalogue_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotASource, match=r"permissions\.json: no POST or DELETE here"):
        build(tmp_path, "permissions.json")


def test_a_path_that_no_catalogue_can_have_is_located(tmp_path: Path) -> None:
    text = OPENAPI.replace("/library/desks/{desk-id}/refill", "/library/désks/{desk-id}/refill")
    with pytest.raises(SourceError) as failed:
        build_catalogue([source(tmp_path, "beta.yaml", text)])
    line = text.splitlines().index("  '/library/désks/{desk-id}/refill':") + 2
    assert failed.value.message.startswith(f"beta.yaml:{line}: POST /library/d")


def test_a_source_in_memory_is_the_catalogue_that_the_command_writes(tmp_path: Path) -> None:
    openapi = source(tmp_path, "beta.yaml")
    built = open_catalogue(openapi)
    written = source(tmp_path, "library.jsonl", build_catalogue([openapi]))
    loaded = open_catalogue(written)
    assert list(built.iterate_operations()) == list(loaded.iterate_operations())
    assert built.contract("library-desks-id-refill-beta").request.path == "/library/desks/{deskId}/refill"
