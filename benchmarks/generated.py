"""`python -m benchmarks.generated WHAT FILE [SOURCE]`: files of the size and layout of Microsoft Graph's.

They contain the library of the tests, and our own text. Sizes are those of Graph beta: 14,000 paths and 1.4
million lines in 56 MB of OpenAPI; CSDL of 4 MB.
"""

from __future__ import annotations

import lzma
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.drift.schemas import CSDL, OPENAPI

PATH = "/library/branches/loanRequests/{loan-id}/cancel"

_ITEM = """\
  '/shelves/{{shelf-id}}/books{number}/{{book{number}-id}}':
    description: Provides operations to manage the books{number} property of the microsoft.graph.shelf entity.
    parameters:
      - description: The unique identifier of shelf
        in: path
        name: shelf-id
        required: true
        schema:
          type: string
        x-ms-docs-key-type: shelf
    get:
      operationId: shelves.GetBooks{number}
      parameters:
        - description: Select properties to be returned
          explode: false
          in: query
          name: $select
          schema:
            items:
              enum:
{values}
              type: string
            type: array
            uniqueItems: true
          style: form
      responses:
        2XX:
          $ref: '#/components/responses/microsoft.graph.book{number}'
        default:
          $ref: '#/components/responses/error'
      summary: Get books{number} from shelves
      tags:
        - shelves.book
      x-ms-docs-operation-type: operation
    delete:
      operationId: shelves.DeleteBooks{number}
      responses:
        '204':
          description: Success
        default:
          $ref: '#/components/responses/error'
      summary: Delete books{number} of shelves
"""
_VALUES = "\n".join(f"                - bibliographicProperty{number}" for number in range(62))
_SCHEMA = """\
    microsoft.graph.book{number}:
      allOf:
        - $ref: '#/components/schemas/microsoft.graph.entity'
        - properties:
            displayName:
              description: What the book is called where it stands on the shelf.
              nullable: true
              type: string
            pages:
              format: int32
              type: integer
          title: book{number}
          type: object
"""
_TYPE = """\
      <EntityType Name="book{number}" BaseType="graph.entity">
        <Property Name="displayName" Type="Edm.String" />
        <Property Name="pages" Type="Edm.Int32" Nullable="false" />
        <Property Name="writtenDateTime" Type="Edm.DateTimeOffset" />
        <Property Name="languages" Type="Collection(Edm.String)" Nullable="false" />
        <NavigationProperty Name="editions" Type="Collection(graph.book{number})" ContainsTarget="true" />
      </EntityType>
"""
_ACTION = """\
      <Action Name="reserve{number}" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.book{number}" />
        <Parameter Name="days" Type="Edm.Int32" Nullable="false" />
      </Action>
      <Annotations Target="microsoft.graph.book{number}">
        <Annotation Term="Org.OData.Core.V1.Description" String="What stands on the shelves." />
      </Annotations>
"""
_SET = """\
        <EntitySet Name="books{number}" EntityType="graph.book{number}" />
"""


def openapi(path: Path) -> None:
    """Write the description."""
    before, item, after = _split(
        OPENAPI, "  '/library/branches/loanRequests/{loan-id}/cancel':\n", "components:"
    )
    schemas, rest = after.split("    microsoft.graph.loan:\n")
    with path.open("w", encoding="utf-8") as file:
        file.write(before)
        file.writelines(_items(0, 9000))
        file.write(item)
        file.writelines(_items(9000, 14000))
        file.write(schemas)
        file.writelines(_SCHEMA.format(number=number) for number in range(14000))
        file.write(f"    microsoft.graph.loan:\n{rest}")


def csdl(path: Path) -> None:
    """Write the schema."""
    types, actions, rest = _split(CSDL, "      <Action", "      <EntityContainer")
    with path.open("w", encoding="utf-8") as file:
        file.write(types)
        file.writelines(_TYPE.format(number=number) for number in range(5000))
        file.write(actions)
        file.writelines(_ACTION.format(number=number) for number in range(5000))
        container, members = rest.split("\n", 1)
        file.write(f"{container}\n")
        file.writelines(_SET.format(number=number) for number in range(1000))
        file.write(members)


def unpack(path: Path, packed: str) -> None:
    """Unpack an xz file."""
    with lzma.open(packed) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def _items(first: int, last: int) -> Iterator[str]:
    return (_ITEM.format(number=number, values=_VALUES) for number in range(first, last))


def _split(text: str, second: str, third: str) -> tuple[str, str, str]:
    begins, ends = text.index(second), text.index(third)
    return text[:begins], text[begins:ends], text[ends:]


if __name__ == "__main__":
    what, file, *rest = sys.argv[1:]
    globals()[what](Path(file), *rest)
