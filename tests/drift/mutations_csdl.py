"""Changes of the library's CSDL, the facts after each, and the rules that report it."""

from __future__ import annotations

import re

from tests.drift.mutations import moved, swap, without
from tests.drift.schemas import CSDL, PROPERTIES, Mutation

_ACTION = CSDL[CSDL.index('      <Action Name="cancel" IsBound="true">\n', CSDL.index("reason")) :]
ACTION = _ACTION[: _ACTION.index("</Action>\n") + len("</Action>\n")]
_BINDING = '<Parameter Name="bindingParameter" Type="graph.loan" />\n      </Action>'
_REVISION = """\
      <Annotations Target="microsoft.graph.{target}">
        <Annotation Term="Org.OData.Core.V1.Revisions">
          <Collection>
            <Record>
              <PropertyValue Property="Date" Date="2026-01-02" />
              <PropertyValue Property="Description" String="Call it off by hand." />
              <PropertyValue Property="Kind">
                <EnumMember>Org.OData.Core.V1.RevisionKind/{kind}</EnumMember>
              </PropertyValue>
              <PropertyValue Property="RemovalDate" Date="{removal}" />
            </Record>
          </Collection>
        </Annotation>
      </Annotations>
    </Schema>"""
_DEPRECATED = ("2026-01-02", "2028-01-02", "Call it off by hand.")
_ENUM = (("reserved", 0), ("pickedUp", 1), ("cancelled", 2), ("unknownFutureValue", 3))


def _with(parameter: str) -> str:
    return _BINDING.replace("/>\n", f"/>\n        {parameter}\n", 1)


def _annotated(target: str, removal: str = "2028-01-02", kind: str = "Deprecated") -> tuple[str, str]:
    return "    </Schema>", _REVISION.format(target=target, removal=removal, kind=kind)


def _renamed(name: str, kind: str, nullable: bool, *, old: str) -> tuple[tuple[str, str, bool], ...]:
    return tuple(sorted((*(each for each in PROPERTIES if each[0] != old), (name, kind, nullable))))


LOUD = (
    Mutation(
        "literal renamed",
        swap('Name="loanRequests"', 'Name="loans"'),
        {"path": ("library", "branches", "loans", ("key", "loanId"), "cancel")},
        ("path-changed",),
    ),
    Mutation(
        "first literal renamed",
        swap('Singleton Name="library"', 'Singleton Name="libraries"'),
        {"path": ("libraries", "branches", "loanRequests", ("key", "loanId"), "cancel")},
        ("path-changed",),
    ),
    Mutation(
        "literal in other letter case",
        swap('Name="loanRequests"', 'Name="loanrequests"'),
        {"path": ("library", "branches", "loanrequests", ("key", "loanId"), "cancel")},
        ("letter-case-changed",),
    ),
    Mutation(
        "moved up",
        lambda text: swap(
            '        <NavigationProperty Name="branches"',
            '        <NavigationProperty Name="loanRequests" Type="Collection(graph.loan)" '
            'ContainsTarget="true" />\n        <NavigationProperty Name="branches"',
        )(without('        <NavigationProperty Name="loanRequests"', "      </EntityType>")(text)),
        {"path": ("library", "loanRequests", ("key", "loanId"), "cancel")},
        ("path-changed",),
    ),
    Mutation(
        "collection becomes one",
        swap('"Collection(graph.loan)" ContainsTarget', '"graph.loan" ContainsTarget'),
        {"path": ("library", "branches", "loanRequests", "cancel")},
        ("path-changed",),
    ),
    Mutation(
        "no path leads there",
        without('        <NavigationProperty Name="loanRequests"', "      </EntityType>"),
        {"path": None, "route": "declared"},
        ("route-gone",),
    ),
    Mutation(
        "nothing of it in the container",
        without('        <Singleton Name="library"', "      </EntityContainer>"),
        {"path": None, "route": "declared"},
        ("route-gone",),
    ),
    Mutation(
        "action gone",
        lambda text: text.replace(ACTION, ""),
        {"route": "absent"},
        ("route-gone",),
    ),
    Mutation(
        "action renamed",
        lambda text: text.replace(ACTION, ACTION.replace('"cancel"', '"callOff"')),
        {"route": "absent"},
        ("route-gone",),
    ),
    Mutation(
        "action in other letter case",
        lambda text: without('      <Action Name="cancel" IsBound="true">\n', ACTION)(text).replace(
            ACTION, ACTION.replace('"cancel"', '"Cancel"')
        ),
        {"action": "Cancel", "path": ("library", "branches", "loanRequests", ("key", "loanId"), "Cancel")},
        ("letter-case-changed", "letter-case-changed"),
    ),
    Mutation(
        "action is not bound",
        lambda text: text.replace(ACTION, ACTION.replace(' IsBound="true"', "")),
        {"route": "absent"},
        ("route-gone",),
    ),
    Mutation(
        "action is bound to the collection",
        lambda text: text.replace(ACTION, ACTION.replace('"graph.loan"', '"Collection(graph.loan)"')),
        {"route": "absent"},
        ("route-gone",),
    ),
    Mutation(
        "action becomes a function",
        lambda text: text.replace(ACTION, ACTION.replace("Action", "Function")),
        {"method": "GET"},
        ("method-changed",),
    ),
    Mutation(
        "type renamed",
        swap('"loan"', '"bookLoan"', 'graph.loan"', 'graph.bookLoan"', "graph.loan)", "graph.bookLoan)"),
        {
            "binding": "bookLoan",
            "path": ("library", "branches", "loanRequests", ("key", "bookLoanId"), "cancel"),
        },
        ("binding-changed",),
    ),
    Mutation(
        "key becomes a GUID",
        swap('Name="id" Type="Edm.String"', 'Name="id" Type="Edm.Guid"'),
        {"key-type": "guid", "properties": _renamed("id", "Guid", False, old="id")},
        ("key-type-changed",),
    ),
    Mutation(
        "key becomes a number",
        swap('Name="id" Type="Edm.String"', 'Name="id" Type="Edm.Int64"'),
        {"key-type": "int64", "properties": _renamed("id", "Int64", False, old="id")},
        ("key-type-changed",),
    ),
    Mutation(
        "key of its own",
        swap(
            '        <Property Name="dueDate"',
            '        <Key>\n          <PropertyRef Name="dueDate" />\n        </Key>\n'
            '        <Property Name="dueDate"',
        ),
        {"key-type": "date"},
        ("key-type-changed",),
    ),
    Mutation(
        "required parameter",
        swap(_BINDING, _with('<Parameter Name="reason" Type="Edm.String" Nullable="false" />')),
        {"content": "required", "parameters": (("reason", "String", "required"),)},
        ("content-required", "required-input-added"),
    ),
    Mutation(
        "parameter that may be null, as none says it must not",
        swap(_BINDING, _with('<Parameter Name="reason" Type="Edm.String" />')),
        {"content": "optional", "parameters": (("reason", "String", "optional"),)},
        ("content-optional", "optional-input-added"),
    ),
    Mutation(
        "optional parameter",
        swap(
            _BINDING,
            _with(
                '<Parameter Name="reason" Type="graph.identity" Nullable="false">'
                '<Annotation Term="Org.OData.Core.V1.OptionalParameter" /></Parameter>'
            ),
        ),
        {"content": "optional", "parameters": (("reason", "identity", "optional"),)},
        ("content-optional", "optional-input-added"),
    ),
    Mutation(
        "it returns something",
        swap(_BINDING, _with('<ReturnType Type="graph.loan" />')),
        {"success": (200, "content")},
        ("success-status-changed",),
    ),
    Mutation(
        "status gone",
        without('        <Member Name="reserved"', '        <Member Name="pickedUp"'),
        {"status-enum": _ENUM[1:]},
        ("enum-member-removed",),
    ),
    Mutation(
        "status renamed",
        swap('Name="reserved"', 'Name="booked"'),
        {"status-enum": (("booked", 0), *_ENUM[1:])},
        ("enum-member-removed",),
    ),
    Mutation(
        "deprecated without a day",
        lambda text: swap(*_annotated("cancel(microsoft.graph.loan)"))(text).replace(
            '              <PropertyValue Property="RemovalDate" Date="2028-01-02" />\n', ""
        ),
        {"deprecation": (_DEPRECATED[0], None, _DEPRECATED[2])},
        ("deprecation-announced",),
    ),
    Mutation(
        "deprecated",
        swap(*_annotated("cancel(microsoft.graph.loan)")),
        {"deprecation": _DEPRECATED},
        ("deprecation-announced",),
    ),
    Mutation(
        "deprecated by alias",
        lambda text: swap(*_annotated("cancel(graph.loan)"))(text).replace(
            "microsoft.graph.cancel", "graph.cancel"
        ),
        {"deprecation": _DEPRECATED},
        ("deprecation-announced",),
    ),
    Mutation(
        "all overloads deprecated",
        swap(*_annotated("cancel")),
        {"deprecation": _DEPRECATED},
        ("deprecation-announced",),
    ),
    Mutation(
        "deprecated after other annotations of the same",
        lambda text: swap(*_annotated("cancel(microsoft.graph.loan)"))(text).replace(
            '      <Annotations Target="microsoft.graph.cancel',
            '      <Annotations Target="graph.cancel(graph.loan)">\n'
            '        <Annotation Term="Org.OData.Core.V1.LongDescription" String="It ends." />\n'
            '      </Annotations>\n      <Annotations Target="microsoft.graph.cancel',
        ),
        {"deprecation": _DEPRECATED},
        ("deprecation-announced",),
    ),
    Mutation(
        "deprecated within the action",
        swap(
            _BINDING,
            _BINDING.replace(
                "</Action>",
                '<Annotation Term="Org.OData.Core.V1.Revisions"><Collection><Record>'
                '<PropertyValue Property="Kind" EnumMember="Org.OData.Core.V1.RevisionKind/Deprecated" />'
                '<PropertyValue Property="RemovalDate"><Date>2028-01-02</Date></PropertyValue>'
                "</Record></Collection></Annotation></Action>",
            ),
        ),
        {"deprecation": (None, "2028-01-02", None)},
        ("deprecation-announced",),
    ),
    Mutation(
        "its type is deprecated",
        swap(*_annotated("loan")),
        {"deprecation": _DEPRECATED},
        ("deprecation-announced",),
    ),
    Mutation(
        "its path is deprecated",
        swap(*_annotated("branchesRoot/loanRequests")),
        {"deprecation.inherited": (*_DEPRECATED, "/library/branches/loanRequests")},
        ("deprecation-inherited",),
    ),
    Mutation(
        "removed by now",
        swap(*_annotated("cancel(microsoft.graph.loan)", removal="2026-05-31")),
        {"deprecation": (_DEPRECATED[0], "2026-05-31", _DEPRECATED[2])},
        ("removal-date-passed",),
    ),
    Mutation(
        "another version",
        lambda text: text,
        {"version": "v1.0"},
        ("version-appeared",),
        file="v1.0-Prod.csdl",
    ),
    Mutation(
        "another version that lacks it",
        lambda text: text.replace(ACTION, ""),
        {"version": "v1.0", "route": "absent"},
        ("nothing-compared",),
        file="v1.0-Prod.csdl",
    ),
)

# What a contract does not state of a type: reported only against the snapshot of yesterday.
OF_THE_TYPE = (
    Mutation(
        "property gone",
        without('        <Property Name="reader"', '        <Property Name="status"'),
        {"properties": tuple(each for each in PROPERTIES if each[0] != "reader")},
        ("property-removed",),
    ),
    Mutation(
        "property renamed",
        swap('Name="reader" Type', 'Name="patron" Type'),
        {"properties": _renamed("patron", "identity", False, old="reader")},
        ("property-added", "property-removed"),
    ),
    Mutation(
        "inherited property retyped",
        swap('Type="Edm.DateTimeOffset"', 'Type="Edm.Date"'),
        {"properties": _renamed("createdDateTime", "Date", True, old="createdDateTime")},
        ("property-type-changed",),
    ),
    Mutation(
        "property may be null",
        swap('Type="graph.identity" Nullable="false"', 'Type="graph.identity"'),
        {"properties": _renamed("reader", "identity", True, old="reader")},
        ("nullability-relaxed",),
    ),
    Mutation(
        "property must not be null",
        swap('Type="Edm.Date" />', 'Type="Edm.Date" Nullable="false" />'),
        {"properties": _renamed("dueDate", "Date", False, old="dueDate")},
        ("nullability-tightened",),
    ),
    Mutation(
        "property added",
        swap(
            '        <Property Name="dueDate"',
            '        <Property Name="fee" Type="Edm.Int32" />\n        <Property Name="dueDate"',
        ),
        {"properties": tuple(sorted((*PROPERTIES, ("fee", "Int32", True))))},
        ("property-added",),
    ),
    Mutation(
        "status renumbered",
        swap('Name="reserved" Value="0"', 'Name="reserved" Value="9"'),
        {"status-enum": (*_ENUM[1:], ("reserved", 9))},
        ("enum-member-renumbered",),
    ),
    Mutation(
        "status added before the unknown one",
        swap(
            '        <Member Name="unknown',
            '        <Member Name="lost" Value="7" />\n        <Member Name="unknown',
        ),
        {"status-enum": (*_ENUM, ("lost", 7))},
        ("enum-member-added",),
    ),
)

SILENT = (
    Mutation("line ends of Windows", lambda text: text.replace("\n", "\r\n")),
    Mutation("a byte order mark", lambda text: "\ufeff" + text),
    Mutation("all on one line", lambda text: re.sub(r">\s+<", "><", text)),
    Mutation("tabs for indentation", lambda text: text.replace("  ", "\t")),
    Mutation("quotation marks", lambda text: text.replace('"', "'")),
    Mutation("no XML declaration", lambda text: text.partition("\n")[2]),
    Mutation("space around equals signs", swap('Name="cancel"', 'Name = "cancel"')),
    Mutation("line breaks within tags", swap(' Name="', '\n          Name="')),
    Mutation(
        "attributes in another order", swap('Name="cancel" IsBound="true"', 'IsBound="true" Name="cancel"')
    ),
    Mutation("end tags for empty elements", lambda text: re.sub(r"<(\w+)([^<>]*?) />", r"<\1\2></\1>", text)),
    Mutation(
        "another prefix",
        lambda text: text.replace("edmx:", "e:").replace("xmlns:edmx", "xmlns:e"),
    ),
    Mutation(
        "a prefix for everything",
        lambda text: re.sub(r"<(/?)([A-Z]\w*)", r"<\1edm:\2", text).replace(" xmlns=", " xmlns:edm="),
    ),
    Mutation("full names for aliases", swap('"graph.', '"microsoft.graph.', "(graph.", "(microsoft.graph.")),
    Mutation(
        "another alias", swap('Alias="graph"', 'Alias="self"', '"graph.', '"self.', "(graph.", "(self.")
    ),
    Mutation(
        "actions first",
        moved('      <Action Name="cancel"', "      <EntityContainer", '      <EnumType Name="loanS'),
    ),
    Mutation(
        "container first",
        moved("      <EntityContainer", "      <Annotations", '      <EnumType Name="loanS'),
    ),
    Mutation(
        "types in another order",
        moved('      <EntityType Name="loan"', '      <EntityType Name="loanJ', "      <Action"),
    ),
    Mutation(
        "members in another order",
        moved(
            '        <Member Name="cancelled"', '        <Member Name="unk', '        <Member Name="reserved"'
        ),
    ),
    Mutation("numbers left out", lambda text: re.sub(r'(<Member Name="\w+") Value="\d+"', r"\1", text)),
    Mutation(
        "properties in another order",
        moved(
            '        <Property Name="tags"', "        <NavigationProperty", '        <Property Name="dueDate"'
        ),
    ),
    Mutation(
        "property stated in the base",
        lambda text: moved(
            '        <Property Name="dueDate"',
            '        <Property Name="reader"',
            '        <Property Name="createdD',
        )(text),
    ),
    Mutation("null said to be allowed", swap('Type="Edm.Date" />', 'Type="Edm.Date" Nullable="true" />')),
    Mutation("action of the base", swap(_BINDING, _BINDING.replace("graph.loan", "graph.record"))),
    Mutation(
        "another overload deprecated",
        swap(*_annotated("cancel(microsoft.graph.loanJob,Edm.String)")),
    ),
    Mutation(
        "binding parameter of another name",
        swap('"bindingParameter" Type="graph.loan"', '"it" Type="graph.loan"'),
    ),
    Mutation("binding parameter not null", swap(_BINDING, _BINDING.replace(" />", ' Nullable="false" />'))),
    Mutation("a comment", swap("      <EntityContainer", "      <!-- nothing -->\n      <EntityContainer")),
    Mutation(
        "another action in a comment",
        swap(
            "      <EntityContainer",
            f"<!--\n{ACTION.replace('Action', 'Function')}-->\n      <EntityContainer",
        ),
    ),
    Mutation(
        "the action of yesterday in a comment",
        swap(ACTION, f"<!--\n{ACTION.replace('graph.loan', 'graph.ticket')}-->\n{ACTION}"),
    ),
    Mutation(
        "tags in CDATA",
        swap(
            "    </Schema>",
            '      <Annotations Target="x"><Annotation Term="a.b"><String><![CDATA[<Action Name="cancel">'
            "]]></String></Annotation></Annotations>\n    </Schema>",
        ),
    ),
    Mutation(
        "an instruction", swap("<edmx:DataServices>", '<?php <Action Name="cancel"> ?>\n<edmx:DataServices>')
    ),
    Mutation(
        "the same action of other types",
        swap(
            ACTION,
            ACTION.replace("graph.loan", "graph.ticket")
            + ACTION.replace("graph.loan", "graph.stay")
            + ACTION,
        ),
    ),
    Mutation(
        "another schema before",
        swap(
            '    <Schema Namespace="microsoft.graph"',
            '    <Schema Namespace="microsoft.graph.jobs" xmlns="http://docs.oasis-open.org/odata/ns/edm">\n'
            '      <EntityType Name="loan" />\n      <Action Name="cancel" IsBound="true">\n'
            '        <Parameter Name="b" Type="microsoft.graph.jobs.loan" />\n'
            "      </Action>\n    </Schema>\n"
            '    <Schema Namespace="microsoft.graph"',
        ),
    ),
    Mutation(
        "more properties on the way",
        swap(
            '<NavigationProperty Name="loanJobs"',
            '<Property Name="cancel" Type="Edm.String" />\n        <NavigationProperty Name="loanJobs"',
        ),
    ),
    Mutation(
        "another key of the same type",
        swap(
            'Nullable="false" />\n      </EntityType>\n      <EntityType Name="loan"',
            'Nullable="false" Unicode="false" />\n      </EntityType>\n      <EntityType Name="loan"',
        ),
    ),
    Mutation(
        "something was added, not deprecated", swap(*_annotated("cancel(microsoft.graph.loan)", kind="Added"))
    ),
    Mutation(
        "another overload is deprecated", swap(*_annotated("cancel(microsoft.graph.loanJob, Edm.String)"))
    ),
    Mutation("a property is deprecated", swap(*_annotated("loan/dueDate"))),
)
