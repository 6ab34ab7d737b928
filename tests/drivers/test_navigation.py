"""How the driver of Microsoft's Python SDKs finds a builder, tried on builders that are made like theirs."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from tests.drivers import ROOT

_FILE = ROOT / "drivers" / "python-msgraph-sdk" / "navigation.py"
_spec = importlib.util.spec_from_file_location("navigation", _FILE)
assert _spec is not None
assert _spec.loader is not None
navigation = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(navigation)


class Builder:
    """Remembers the way to it, as the builders of the SDK remember their URL template."""

    url_template = "{+baseurl}/wrong"

    def __init__(self, way: tuple[object, ...] = ()) -> None:
        self.way = way

    def with_url(self, raw_url: str) -> Builder:
        raise AssertionError(raw_url)


class Entity(Builder):
    @dataclass
    class EntityDeleteQueryParameters:
        id: str | None = None

    async def delete(self, request_configuration: Any = None) -> None:
        """Delete it."""

    async def post(self, body: Any, request_configuration: Any = None) -> None:
        """Create one."""

    @property
    def delete_path(self) -> Entity:
        return Entity((*self.way, "delete_path"))

    @property
    def content(self) -> Entity:
        return Entity((*self.way, "content"))

    @property
    def graph_site_page(self) -> Entity:
        return Entity((*self.way, "graph_site_page"))

    @property
    def microsoft_graph_security_close(self) -> Entity:
        return Entity((*self.way, "microsoft_graph_security_close"))

    @property
    def cloud_p_cs(self) -> Collection:
        return Collection((*self.way, "cloud_p_cs"))

    def cell_with_row_with_column(self, column: int, row: int) -> Entity:
        return Entity((*self.way, "cell", row, column))

    def cell_with_row(self, row: int) -> Entity:
        return Entity((*self.way, "cell", row))

    def used_range_with_values_only(self, values_only: bool) -> Entity:
        return Entity((*self.way, "used_range", values_only))

    def activity_with_start(self, start: datetime.datetime) -> Entity:  # type: ignore[name-defined]  # noqa: F821
        raise AssertionError(start)


class Collection(Builder):
    def by_user_id(self, user_id: str) -> Entity:
        return Entity((*self.way, user_id))

    def with_id_with_device_id(self, device_id: str, id: str) -> Entity:
        return Entity((*self.way, id, device_id))


class Companies(Builder):
    def by_company_id(self, company_id: UUID) -> Entity:
        return Entity((*self.way, company_id))


class Client(Builder):
    def me(self) -> Entity:
        return Entity(("me",))

    @property
    def users(self) -> Collection:
        return Collection(("users",))

    @property
    def companies(self) -> Companies:
        return Companies(("companies",))

    def users_with_user_principal_name(self, user_principal_name: str) -> Entity:
        return Entity(("users", user_principal_name))


GUID = "72281577-2d6e-f7ff-aaec-7cab9221528b"


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/me", ("me",)),
        ("/users/{id}", ("users", "an id")),
        ("/users/{id}/cloudPCs/{other}", ("users", "an id", "cloud_p_cs", "another")),
        ("/users(userPrincipalName='{id}')", ("users", "an id")),
        ("/me/cell(row={one},column={two})", ("me", "cell", 1, 2)),
        ("/me/cell(row={one})", ("me", "cell", 1)),
        ("/me/usedRange(valuesOnly={yes})", ("me", "used_range", True)),
        ("/companies/{guid}", ("companies", UUID(GUID))),
        ("/users/id='{id}',deviceId='{other}'", ("users", "an id", "another")),
        ("/users/id='{id}',deviceId={other}", ("users", "an id", "another")),
        ("/me/$value", ("me", "content")),
        ("/me/delete", ("me", "delete_path")),
        ("/me/graph.sitePage", ("me", "graph_site_page")),
        ("/me/microsoft.graph.sitePage", ("me", "graph_site_page")),
        ("/me/microsoft.graph.security.close", ("me", "microsoft_graph_security_close")),
    ],
)
def test_each_segment_is_a_step(path: str, way: tuple[object, ...]) -> None:
    arguments = {"id": "an id", "other": "another", "one": "1", "two": "2", "yes": "true", "guid": GUID}
    assert navigation.find_builder(Client(), path, arguments).way == way


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/groups", "Client has nothing for groups"),
        ("/users/{id}/post", "Entity has nothing for post"),
        ("/me/{id}", "Entity has no method by_… for an id"),
        ("/me/close", "Entity has nothing for close"),
        ("/me/cell(row={one},height={two})", r"Entity has nothing for cell\(.*"),
        ("/me/cell(row={id})", "the SDK takes a value of type int here"),
        ("/me/cell(row={zeros})", "the SDK takes a value of type int here"),
        ("/me/usedRange(valuesOnly={id})", "the SDK takes a value of type bool here"),
        ("/companies/{upper}", "the SDK takes a value of type UUID here"),
        ("/me/activity(start={id})", "this driver makes no datetime.datetime"),
        ("/users/id='{id}',size='{one}'", "Collection has nothing for id='{id}',size='{one}'"),
        ("/me/with_url", "Entity has nothing for with_url"),
    ],
)
def test_what_the_sdk_has_not_is_unsupported(path: str, reason: str) -> None:
    arguments = {"id": "an id", "one": "1", "two": "2", "zeros": "01", "upper": GUID.upper()}
    with pytest.raises(navigation.NoMethod, match=f"^{reason}$"):
        navigation.find_builder(Client(), path, arguments)


def test_a_method_that_requires_a_body_is_not_called() -> None:
    assert navigation.find_method(Entity(), "DELETE")
    for builder, method, reason in (
        (Entity(), "POST", "Entity.post requires a body"),
        (Client(), "POST", "Client has no method post"),
    ):
        with pytest.raises(navigation.NoMethod, match=f"^{reason}$"):
            navigation.find_method(builder, method)


def test_query_parameters_are_fields() -> None:
    query = navigation.make_query(Entity(), "DELETE", {"@id": "a value"})
    assert query == Entity.EntityDeleteQueryParameters(id="a value")
    for method, name in (("DELETE", "$select"), ("POST", "@id")):
        with pytest.raises(navigation.NoMethod, match="has no query parameter"):
            navigation.make_query(Entity(), method, {name: "a value"})
