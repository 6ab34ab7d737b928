"""The library's schema in CSDL and its OpenAPI description, in the layout of Microsoft's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from graphcontract.drift.model import Value, Wanted

WANTED = Wanted(
    "POST", "beta", ("library", "branches", "loanRequests", ("key", "loanId"), "cancel"), "loan", "cancel"
)
KEY = ("key", "loanId")
PROPERTIES = (
    ("createdDateTime", "DateTimeOffset", True),
    ("dueDate", "Date", True),
    ("id", "String", False),
    ("reader", "identity", False),
    ("status", "loanStatus", False),
    ("tags", "Collection(String)", False),
)

CSDL = """\
<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:DataServices>
    <Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EnumType Name="loanStatus">
        <Member Name="reserved" Value="0" />
        <Member Name="pickedUp" Value="1" />
        <Member Name="cancelled" Value="2" />
        <Member Name="unknownFutureValue" Value="3" />
      </EnumType>
      <EnumType Name="loanJobStatus">
        <Member Name="cancel" Value="0" />
      </EnumType>
      <ComplexType Name="identity">
        <Property Name="displayName" Type="Edm.String" />
      </ComplexType>
      <EntityType Name="branchesRoot" BaseType="graph.entity">
        <NavigationProperty Name="loanJobs" Type="Collection(graph.loanJob)" ContainsTarget="true" />
        <NavigationProperty Name="loanRequests" Type="Collection(graph.loan)" ContainsTarget="true" />
      </EntityType>
      <EntityType Name="entity" Abstract="true">
        <Key>
          <PropertyRef Name="id" />
        </Key>
        <Property Name="id" Type="Edm.String" Nullable="false" />
      </EntityType>
      <EntityType Name="loan" BaseType="graph.record">
        <Property Name="dueDate" Type="Edm.Date" />
        <Property Name="reader" Type="graph.identity" Nullable="false" />
        <Property Name="status" Type="graph.loanStatus" Nullable="false" />
        <Property Name="tags" Type="Collection(Edm.String)" Nullable="false" />
        <NavigationProperty Name="book" Type="graph.entity" />
      </EntityType>
      <EntityType Name="loanJob" BaseType="graph.entity">
        <Property Name="status" Type="graph.loanJobStatus" Nullable="false" />
      </EntityType>
      <EntityType Name="libraryRoot" BaseType="graph.entity">
        <NavigationProperty Name="branches" Type="graph.branchesRoot" ContainsTarget="true" />
      </EntityType>
      <EntityType Name="record" BaseType="graph.entity" Abstract="true">
        <Property Name="createdDateTime" Type="Edm.DateTimeOffset" />
      </EntityType>
      <Action Name="cancel" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.loanJob" />
        <Parameter Name="reason" Type="Edm.String" Nullable="false" Unicode="false" />
      </Action>
      <Action Name="cancel" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.loan" />
      </Action>
      <Action Name="extend" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.loan" />
        <ReturnType Type="graph.loan" />
      </Action>
      <Function Name="getByReader" IsBound="true">
        <Parameter Name="bindingParameter" Type="Collection(graph.loan)" />
        <Parameter Name="reader" Type="Edm.String" Unicode="false" />
        <ReturnType Type="graph.loan" />
      </Function>
      <EntityContainer Name="GraphService">
        <EntitySet Name="books" EntityType="microsoft.graph.entity" />
        <Singleton Name="library" Type="microsoft.graph.libraryRoot">
          <NavigationPropertyBinding Path="branches" Target="books" />
        </Singleton>
      </EntityContainer>
      <Annotations Target="microsoft.graph.loanJob">
        <Annotation Term="Org.OData.Core.V1.Revisions">
          <Collection>
            <Record>
              <PropertyValue Property="Date" Date="2025-01-01" />
              <PropertyValue Property="Kind">
                <EnumMember>Org.OData.Core.V1.RevisionKind/Deprecated</EnumMember>
              </PropertyValue>
              <PropertyValue Property="RemovalDate" Date="2025-12-31" />
            </Record>
          </Collection>
        </Annotation>
      </Annotations>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>
"""

OPENAPI = """\
openapi: 3.0.1
info:
  title: OData Service for namespace microsoft.graph
  description: This OData service is located at https://graph.microsoft.com/beta
  version: 1.0.1
servers:
  - url: https://graph.microsoft.com/beta
paths:
  /books:
    description: Provides operations to manage the collection of books.
    get:
      summary: List books
      x-ms-docs-grouped-path:
        - '/library/branches/loanRequests/{loan-id}/cancel'
      responses:
        2XX:
          $ref: '#/components/responses/books'
  '/library/branches/loanJobs/{loanJob-id}/cancel':
    post:
      responses:
        '204':
          description: Success
  '/library/branches/loanRequests/{loan-id}':
    description: Provides operations to manage the loans.
    get:
      summary: Get a loan
      responses:
        2XX:
          $ref: '#/components/responses/loan'
  '/library/branches/loanRequests/{loan-id}/cancel':
    description: Provides operations to call the cancel method.
    post:
      tags:
        - library.branchesRoot
      summary: Invoke action cancel
      description: Call off a loan that nobody has picked up.
      operationId: library.branches.loanRequests.loan.cancel
      responses:
        '204':
          description: Success
        4XX:
          $ref: '#/components/responses/error'
        5XX:
          $ref: '#/components/responses/error'
      x-ms-docs-operation-type: action
    parameters:
      - name: loan-id
        in: path
        description: The unique identifier of loan
        required: true
        style: simple
        schema:
          type: string
        x-ms-docs-key-type: loan
  '/library/branches/loanRequests/{loan-id}/extend':
    post:
      responses:
        2XX:
          $ref: '#/components/responses/loan'
components:
  schemas:
    microsoft.graph.entity:
      required:
        - '@odata.type'
      type: object
      properties:
        id:
          type: string
        '@odata.type':
          type: string
    microsoft.graph.loan:
      allOf:
        - $ref: '#/components/schemas/microsoft.graph.record'
        - required:
            - '@odata.type'
          type: object
          properties:
            dueDate:
              type: string
              format: date
              nullable: true
            reader:
              $ref: '#/components/schemas/microsoft.graph.identity'
            status:
              $ref: '#/components/schemas/microsoft.graph.loanStatus'
            tags:
              type: array
              items:
                type: string
            book:
              $ref: '#/components/schemas/microsoft.graph.entity'
              x-ms-navigationProperty: true
    microsoft.graph.loanStatus:
      enum:
        - reserved
        - pickedUp
        - cancelled
        - unknownFutureValue
      type: string
    microsoft.graph.record:
      allOf:
        - $ref: '#/components/schemas/microsoft.graph.entity'
        - type: object
          properties:
            createdDateTime:
              type: string
              format: date-time
              nullable: true
  responses:
    books:
      description: Retrieved collection
    error:
      description: error
      content:
        application/json:
          schema:
            $ref: '#/components/schemas/microsoft.graph.entity'
    loan:
      description: Entity result
      content:
        application/json:
          schema:
            $ref: '#/components/schemas/microsoft.graph.loan'
tags:
  - name: library.branchesRoot
"""

Change = Callable[[str], str]


@dataclass(frozen=True)
class Mutation:
    """A change of a file: what facts say then, None for silence, and by which rules the contract tells it."""

    name: str
    change: Change
    facts: dict[str, Value] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    file: str = ""
