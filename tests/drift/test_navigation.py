"""CSDL: paths that `NavigationRestrictions` exclude, and keys whose type is a type definition."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.contract.model import Contract
from graphcontract.drift.model import Source
from graphcontract.drift.operations.build import build_catalogue, open_source
from graphcontract.drift.operations.statement import Statement
from tests.drift import library, schemas
from tests.drift.many_operations import CSDL, source
from tests.drift.test_drift_of_many import compare, found, take_snapshot
from tests.drift.test_many_operations import read

DESK = "/library/desks/{desk-id}"
DRAWER = f"{DESK}/drawers/{{drawer-id}}"
INNER = f"{DRAWER}/drawers/{{drawer-id1}}"
NONE = '<PropertyValue Property="Navigability" EnumMember="Org.OData.Capabilities.V1.NavigationType/None" />'
ELEMENT = """<PropertyValue Property="Navigability">
  <EnumMember>Org.OData.Capabilities.V1.NavigationType/None</EnumMember>
</PropertyValue>"""
SINGLE = NONE.replace("/None", "/Single")
DELETE = """<PropertyValue Property="DeleteRestrictions"><Record>
  <PropertyValue Property="Deletable" Bool="false" />
</Record></PropertyValue>"""
INSERT = DELETE.replace("Delete", "Insert").replace("Deletable", "Insertable")
SERVICE = "microsoft.graph.GraphService"


def restrict(*values: str) -> str:
    return (
        '<Annotation Term="Org.OData.Capabilities.V1.NavigationRestrictions">'
        f"<Record>{''.join(values)}</Record></Annotation>"
    )


def restrict_property(path: str, *values: str) -> str:
    record = f'<PropertyValue Property="NavigationProperty" NavigationPropertyPath="{path}" />'
    return (
        '<PropertyValue Property="RestrictedProperties"><Collection>'
        f"<Record>{record}{''.join(values)}</Record></Collection></PropertyValue>"
    )


def annotate(target: str, annotation: str, text: str = CSDL) -> str:
    begin = "      <EntityContainer"
    return text.replace(begin, f'<Annotations Target="{target}">{annotation}</Annotations>\n{begin}', 1)


def list_gone(text: str, folder: Path) -> set[str]:
    before, now = read(folder, "beta.csdl"), read(folder, "beta.csdl", text)
    assert not now.keys() - before.keys()
    return set(before.keys() - now.keys())


EXCLUDED: dict[str, tuple[str, str, set[str]]] = {
    "a property that is not navigable": (
        "microsoft.graph.desk/photo",
        restrict(NONE),
        {f"DELETE {DESK}/photo"},
    ),
    "the same with elements": ("graph.desk/photo", restrict(ELEMENT), {f"DELETE {DESK}/photo"}),
    "a property of a path": (
        f"{SERVICE}/library",
        restrict(restrict_property("desks/photo", NONE)),
        {f"DELETE {DESK}/photo"},
    ),
    "what is below it": (
        f"{SERVICE}/library",
        restrict(restrict_property("desks/drawers", NONE)),
        {f"DELETE {DRAWER}", f"DELETE {INNER}", f"POST {DESK}/drawers/empty", f"POST {DRAWER}/drawers/empty"},
    ),
    "only at one path": (
        f"{SERVICE}/library",
        restrict(restrict_property("desks/drawers/drawers", NONE)),
        {f"DELETE {INNER}", f"POST {DRAWER}/drawers/empty"},
    ),
    "relative to a property": (
        "graph.desk/drawers",
        restrict(restrict_property("drawers", DELETE)),
        {f"DELETE {INNER}"},
    ),
    "DELETE at a path": (
        f"{SERVICE}/library",
        restrict(restrict_property("desks", DELETE)),
        {f"DELETE {DESK}"},
    ),
    "an exception": (
        f"{SERVICE}/library",
        restrict(NONE, restrict_property("desks", SINGLE)),
        {
            *(f"DELETE {DRAWER}", f"DELETE {INNER}", f"DELETE {DESK}/photo"),
            *(f"POST {DESK}/drawers/empty", f"POST {DRAWER}/drawers/empty"),
        },
    ),
}


@pytest.mark.parametrize("name", EXCLUDED)
def test_a_restriction_excludes_what_it_names(name: str, tmp_path: Path) -> None:
    target, annotation, gone = EXCLUDED[name]
    found = list_gone(annotate(target, annotation), tmp_path)
    assert {each for each in found if each.count("drawers") <= 2} == gone  # drawers contain drawers


HARMLESS = {
    "a property with another name": (
        f"{SERVICE}/library",
        restrict(restrict_property("photo", NONE, DELETE)),
    ),
    "another resource": (f"{SERVICE}/readers", restrict(NONE, restrict_property("desks", NONE))),
    "a single level": ("microsoft.graph.desk/drawers", restrict(SINGLE)),
    "inserts": (f"{SERVICE}/library", restrict(restrict_property("desks", INSERT))),
    "another term": ("graph.desk/photo", restrict(NONE).replace("NavigationRestr", "ExpandRestr")),
    "another vocabulary": ("graph.desk/photo", restrict(NONE).replace("Org.OData.", "Org.Example.")),
    "DELETE is allowed": (
        f"{SERVICE}/library",
        restrict(restrict_property("desks", DELETE.replace("false", "true"))),
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_another_restriction_excludes_nothing(name: str, tmp_path: Path) -> None:
    target, annotation = HARMLESS[name]
    assert list_gone(annotate(target, annotation), tmp_path) == set()


def test_a_restriction_may_be_inside_of_what_it_restricts(tmp_path: Path) -> None:
    photo = '<NavigationProperty Name="photo" Type="graph.photo" ContainsTarget="true" />'
    text = CSDL.replace(photo, f"{photo.replace(' />', '>')}{restrict(NONE)}</NavigationProperty>")
    assert list_gone(text, tmp_path) == {f"DELETE {DESK}/photo"}


def test_a_path_may_allow_what_its_property_denies(tmp_path: Path) -> None:
    own = '<Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions"><Record>'
    own += '<PropertyValue Property="Deletable" Bool="false" /></Record></Annotation>'
    text = annotate("graph.library/desks", own)
    assert f"DELETE {DESK}" in list_gone(text, tmp_path)
    allowed = restrict(restrict_property("desks", DELETE.replace("false", "true")))
    assert list_gone(annotate(f"{SERVICE}/library", allowed, text), tmp_path) == set()


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_path_that_is_not_navigable_is_drift(snapshot: bool, tmp_path: Path) -> None:
    own = source(tmp_path, "beta.csdl")
    catalogue = Catalogue(build_catalogue([source(tmp_path, "beta.tsv")], [own]), "built")
    base = take_snapshot(tmp_path, catalogue, own) if snapshot else catalogue
    denied = restrict(restrict_property("desks", DELETE))
    now = source(tmp_path, "beta.csdl", annotate(f"{SERVICE}/library", denied))
    result = found(compare(base, now, snapshot=snapshot))
    gone = ("route-gone", "reachable", "absent")
    assert result.keys() <= {gone, ("route-appeared", "", "reachable, and not in the catalogue")}
    assert result[gone] == [f"DELETE {DESK}"]


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return library.contract(tmp_path)


@pytest.mark.parametrize(
    ("target", "annotation", "rules"),
    [
        (f"{SERVICE}/library", restrict(restrict_property("branches/loanRequests", NONE)), ["route-gone"]),
        ("graph.branchesRoot/loanRequests", restrict(NONE), ["route-gone"]),
        ("graph.branchesRoot/loanJobs", restrict(NONE), []),
        (f"{SERVICE}/library", restrict(restrict_property("branches/loanRequests", DELETE)), []),
        (f"{SERVICE}/books", restrict(NONE), []),
    ],
)
def test_a_restriction_of_the_path_of_one_operation(
    target: str, annotation: str, rules: list[str], contract: Contract, tmp_path: Path
) -> None:
    text = annotate(target, annotation, schemas.CSDL)
    assert compare_one(text, contract, tmp_path) == rules


def compare_one(text: str, contract: Contract, folder: Path) -> list[str]:
    library.laid_out(folder, {"beta-Prod.csdl": text})
    return library.rules(library.compared(contract, Source(folder / "beta-Prod.csdl", "beta-Prod.csdl")))


DEFINITION = '<TypeDefinition Name="key" UnderlyingType="Edm.{}" />\n      <EntityType Name="entity"'


def define_key(text: str, before: str, type: str) -> str:
    defined = text.replace('<EntityType Name="entity"', DEFINITION.format(type))
    own = f'Name="id" Type="Edm.{before}"'
    assert own in defined
    return defined.replace(own, 'Name="id" Type="graph.key"')


def test_a_type_definition_is_its_underlying_type(contract: Contract, tmp_path: Path) -> None:
    assert compare_one(define_key(schemas.CSDL, "String", "String"), contract, tmp_path) == []
    assert compare_one(define_key(schemas.CSDL, "String", "Guid"), contract, tmp_path) == ["key-type-changed"]


@pytest.mark.parametrize(("type", "changed"), [("Guid", False), ("Int64", True)])
def test_a_type_definition_of_many_operations(type: str, changed: bool, tmp_path: Path) -> None:
    own = source(tmp_path, "beta.csdl")
    catalogue = Catalogue(build_catalogue([source(tmp_path, "beta.tsv")], [own]), "built")
    snapshot = take_snapshot(tmp_path, catalogue, own)
    now = source(tmp_path, "beta.csdl", define_key(CSDL, "Guid", type))
    result = found(compare(snapshot, now, snapshot=True))
    assert {key[:3] for key in result} == ({("key-type-changed", "guid", "int64")} if changed else set())


def test_a_parameter_of_a_function_has_the_underlying_type(tmp_path: Path) -> None:
    text = CSDL.replace('<EntityType Name="entity"', DEFINITION.format("Int32"))
    text = text.replace('Name="row" Type="Edm.Int32"', 'Name="row" Type="graph.key"')
    path = "/library/find(name='{name}',row={row})/close"
    described = open_source(source(tmp_path, "beta.csdl", text)).describe(
        Statement("beta", "POST", path).key, path
    )
    assert described is not None
    assert described.types == ("string", "int32")
