"""What is published of the operations of a library: four small sources, in the layouts of Microsoft's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from graphcontract.drift.model import Source

ROUTES = """\
# method<TAB>path<TAB>x where it is deprecated. Of msgraph-library-sdk 1.2.3, beta.
POST\t/library/desks/{desk-id}/close\tx
POST\t/library/desks/{desk-id}/library.security.lock\t
DELETE\t/library/desks/{desk-id}\t
DELETE\t/library/desks/{desk-id}/readers/$ref\t
DELETE\t/library/desks/{desk-id}/readers/{reader-id}/$ref\t
DELETE\t/library/desks/{desk-id}/owner/$ref\t
DELETE\t/library/desks/{desk-id}/photo/$value\t
POST\t/library/find(name='{name}',row={row})/close\t
DELETE\t/users/{user-id}\t
POST\t/users/{user-id}/loans/{loan-id}/close\t
"""

OPENAPI = """\
openapi: 3.0.4
info:
  title: Library
  version: beta
servers:
  - url: https://graph.microsoft.com/beta
paths:
  /library/desks:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
      responses:
        2XX:
          description: Created
          content:
            application/json:
              schema:
                type: object
  '/library/desks/{desk-id}':
    parameters:
      - name: desk-id
        in: path
        required: true
        schema:
          type: string
          format: uuid
    get:
      responses:
        2XX:
          description: Found
    delete:
      deprecated: true
      responses:
        '204':
          description: Success
  '/library/desks/{desk-id}/microsoft.graph.close':
    post:
      parameters:
        - $ref: '#/components/parameters/desk'
        - name: reason
          in: query
          required: true
          schema:
            type: string
        - name: mood
          in: query
          schema:
            type: string
      responses:
        '202':
          $ref: '#/components/responses/accepted'
        4XX:
          description: Error
  '/library/desks/{desk-id}/refill':
    post:
      responses:
        2XX:
          description: Success
  '/library/desks/{desk-id}/library.security.lock':
    post:
      requestBody:
        $ref: '#/components/requestBodies/lock'
      responses:
        '204':
          description: Success
components:
  parameters:
    desk:
      name: desk-id
      in: path
      required: true
      schema:
        type: string
  requestBodies:
    lock:
      content:
        application/json:
          schema:
            type: object
  responses:
    accepted:
      description: Accepted
security: []
"""

CSDL = """\
<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:DataServices>
    <Schema Namespace="library.security" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <Action Name="lock" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.desk" />
      </Action>
    </Schema>
    <Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EntityType Name="entity" Abstract="true">
        <Key><PropertyRef Name="id" /></Key>
        <Property Name="id" Type="Edm.Guid" Nullable="false" />
      </EntityType>
      <EntityType Name="desk" BaseType="graph.entity">
        <NavigationProperty Name="readers" Type="Collection(graph.reader)" />
        <NavigationProperty Name="owner" Type="graph.reader" />
        <NavigationProperty Name="drawers" Type="Collection(graph.drawer)" ContainsTarget="true" />
        <NavigationProperty Name="photo" Type="graph.photo" ContainsTarget="true" />
        <Property Name="plan" Type="Edm.Stream" />
      </EntityType>
      <EntityType Name="reader" BaseType="graph.entity" />
      <EntityType Name="photo" BaseType="graph.entity" HasStream="true" />
      <EntityType Name="drawer" BaseType="graph.entity">
        <NavigationProperty Name="drawers" Type="Collection(graph.drawer)" ContainsTarget="true" />
      </EntityType>
      <EntityType Name="library" BaseType="graph.entity">
        <NavigationProperty Name="desks" Type="Collection(graph.desk)" ContainsTarget="true" />
      </EntityType>
      <Action Name="close" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.desk" />
        <Annotation Term="Org.OData.Core.V1.Revisions">
          <Collection><Record>
            <PropertyValue Property="Kind" EnumMember="Org.OData.Core.V1.RevisionKind/Deprecated" />
          </Record></Collection>
        </Annotation>
      </Action>
      <Action Name="empty" IsBound="true">
        <Parameter Name="bindingParameter" Type="Collection(graph.drawer)" />
      </Action>
      <Action Name="paint" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.desk" />
        <Parameter Name="colour" Type="Edm.String" Nullable="false" />
      </Action>
      <Action Name="count" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.desk" />
        <ReturnType Type="Edm.Int32" />
      </Action>
      <Function Name="find" IsBound="true" IsComposable="true">
        <Parameter Name="bindingParameter" Type="graph.library" />
        <Parameter Name="name" Type="Edm.String" Nullable="false" />
        <Parameter Name="row" Type="Edm.Int32" Nullable="false" />
        <ReturnType Type="graph.desk" />
      </Function>
      <EntityContainer Name="GraphService">
        <Singleton Name="library" Type="graph.library" />
        <EntitySet Name="readers" EntityType="graph.reader" />
      </EntityContainer>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>
"""

PERMISSIONS = """\
{
  "permissions": {
    "Desk.Close.All": {
      "pathSets": [
        {
          "schemeKeys": ["DelegatedWork", "Application"],
          "methods": ["POST"],
          "paths": {
            "/library/desks/{id}/close": "least=DelegatedWork,Application",
            "/library/find(name={value},row={value})/close": "least=Application;AlsoRequires=Desk.Find.All"
          }
        }
      ]
    },
    "Library.Manage.All": {
      "pathSets": [
        {
          "schemeKeys": ["DelegatedWork"],
          "methods": ["GET", "POST", "DELETE"],
          "paths": {"/library/desks/{id}/close": "", "/library/desks/{id}": "least=DelegatedWork"}
        }
      ]
    }
  }
}
"""

_BUILDERS = "msgraph_beta.generated"
EXPORT = f"""\
{_BUILDERS}.library.desks.DesksRequestBuilder::|public|post(body:Desk; request_configuration?:R):Desk
{_BUILDERS}.library.desks.item.DeskItemRequestBuilder::|public|delete(request_configuration?:R):None
{_BUILDERS}.library.desks.item.DeskItemRequestBuilder::|public|get(request_configuration?:R):Desk
{_BUILDERS}.library.desks.item.close.CloseRequestBuilder::|public|post(request_configuration?:R):None
{_BUILDERS}.library.desks.item.librarySecurityLock.LockRequestBuilder::|public|post(request_configuration?:R):None
{_BUILDERS}.library.desks.item.list_.clear.ClearRequestBuilder::|public|post(request_configuration?:R):None
{_BUILDERS}.library.desks.item.owner.ref.RefRequestBuilder::|public|delete(request_configuration?:R):None
{_BUILDERS}.library.desks.item.photo.value.ContentRequestBuilder::|public|delete(request_configuration?:R):None
{_BUILDERS}.library.findWithNameWithRow.close.CloseRequestBuilder::|public|post(request_configuration?:R):None
{_BUILDERS}.users.item.UserItemRequestBuilder::|public|delete(request_configuration?:R):None
{_BUILDERS}.users.item.loans.item.close.CloseRequestBuilder::|public|post(request_configuration?:R):None
{_BUILDERS}.models.Loan::|public|delete():None
"""

TEXTS: Mapping[str, str] = {
    "beta.tsv": ROUTES,
    "beta.yaml": OPENAPI,
    "beta.csdl": CSDL,
    "permissions.json": PERMISSIONS,
}


def source(folder: Path, name: str, text: str | None = None) -> Source:
    """A source of our own in a folder; without a text, that of the library."""
    path = folder / name
    path.write_text(TEXTS[name] if text is None else text, encoding="utf-8")
    return Source(path, name)
