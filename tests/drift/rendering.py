"""A contract of our own, drawn at random, as CSDL, OpenAPI and a page: what each would publish of it."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z][A-Za-z]{2,9}", fullmatch=True).filter(
    lambda name: not name.startswith("microsoft")
)
SCOPES = st.lists(
    st.from_regex(r"[A-Z][a-z]{1,8}\.[A-Z][a-z]{1,8}(\.All)?", fullmatch=True), max_size=3, unique=True
)


@dataclass(frozen=True)
class Published:
    """An action as it is published: `segments` lead to a collection, `work` and `application` are scopes. The
    first segments of `keyed` are collections, too, where it is True.
    """

    segments: tuple[str, ...]
    binding: str
    action: str
    key: str
    version: str
    work: tuple[str, ...]
    application: tuple[str, ...]
    keyed: tuple[bool, ...] = ()

    def is_keyed(self, index: int) -> bool:
        """Whether a segment is a collection with a key below it."""
        return index == len(self.segments) - 1 or (index < len(self.keyed) and self.keyed[index])

    @property
    def types(self) -> list[str]:
        """The types that the segments lead to."""
        return [*(f"type{number}" for number in range(len(self.segments) - 1)), self.binding]

    def make_path(self, suffix: str) -> str:
        """Make the path, with keys named by their types and a suffix."""
        steps = enumerate(zip(self.segments, self.types, strict=True))
        above = (
            f"/{name}/{{{type}{suffix}}}" if self.is_keyed(i) else f"/{name}" for i, (name, type) in steps
        )
        return f"{''.join(above)}/{self.action}"

    @property
    def placeholder(self) -> str:
        return f"{self.binding}Id"

    @property
    def path(self) -> str:
        return self.make_path("Id")


@st.composite
def published(draw: st.DrawFn) -> Published:
    *segments, binding, action = draw(st.lists(NAMES, min_size=4, max_size=7, unique_by=str.casefold))
    return Published(
        tuple(segments),
        binding,
        action,
        draw(st.sampled_from(("String", "Guid", "Int64"))),
        draw(st.sampled_from(("beta", "v1.0"))),
        tuple(sorted(draw(SCOPES))),
        tuple(sorted(draw(SCOPES))),
        tuple(draw(st.lists(st.booleans(), max_size=len(segments)))),
    )


def csdl(each: Published) -> str:
    key = '<Key><PropertyRef Name="id" /></Key><Property Name="id" Type="Edm.String" Nullable="false" />'
    *types, _ = each.types
    named = (f"graph.{type}" for type in each.types)
    reached = [f"Collection({type})" if each.is_keyed(i) else type for i, type in enumerate(named)][1:]
    first = (
        '<EntitySet Name="{}" EntityType="graph.{}" />'
        if each.is_keyed(0)
        else '<Singleton Name="{}" Type="graph.{}" />'
    ).format(each.segments[0], each.types[0])
    structures = [
        f'<EntityType Name="{type}">{key}'
        f'<NavigationProperty Name="{name}" Type="{to}" ContainsTarget="true" /></EntityType>'
        for type, name, to in zip(types, each.segments[1:], reached, strict=True)
    ]
    return f"""\
<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:DataServices>
    <Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      {"".join(structures)}
      <EntityType Name="{each.binding}">
        <Key><PropertyRef Name="id" /></Key>
        <Property Name="id" Type="Edm.{each.key}" Nullable="false" />
      </EntityType>
      <Action Name="{each.action}" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.{each.binding}" />
      </Action>
      <EntityContainer Name="GraphService">
        {first}
      </EntityContainer>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>
"""


def openapi(each: Published) -> str:
    schema = {
        "String": "type: string",
        "Guid": "type: string\n          format: uuid",
        "Int64": "type: integer\n          format: int64",
    }
    above = "".join(
        f"      - {{name: {type}-id, in: path, required: true, schema: {{type: string}}}}\n"
        for index, type in enumerate(each.types[:-1])
        if each.is_keyed(index)
    )
    return f"""\
openapi: 3.0.1
info:
  title: test
  version: 1.0.1
servers:
  - url: https://graph.microsoft.com/{each.version}
paths:
  '{each.make_path("-id")}':
    post:
      responses:
        '204':
          description: Success
        default:
          description: error
    parameters:
{above}      - name: {each.binding}-id
        in: path
        required: true
        schema:
          {schema[each.key]}
        x-ms-docs-key-type: {each.binding}
components: {{}}
"""


def page(each: Published) -> str:
    return f"""\
---
title: "{each.binding}: {each.action}"
doc_type: apiPageType
---

# {each.binding}: {each.action}

Namespace: microsoft.graph

## Permissions

|Permission type|Least privileged permissions|Higher privileged permissions|
|:---|:---|:---|
|Delegated (work or school account)|{", ".join(each.work) or "Not supported."}|Not supported.|
|Delegated (personal Microsoft account)|Not supported.|Not supported.|
|Application|{", ".join(each.application) or "Not supported."}|Not supported.|

## HTTP request

``` http
POST https://graph.microsoft.com/{each.version}{each.path}
```

## Request body

Don't supply a request body for this method.

## Response

If successful, this action returns a `204 No Content` response code.
"""
