"""Changes of the library's OpenAPI description, the facts after each, and the rules that report it."""

from __future__ import annotations

import json
import re

import yaml

from tests.drift.mutations import moved, swap, without
from tests.drift.mutations_deprecations import DEPRECATED
from tests.drift.schemas import OPENAPI, PROPERTIES, Mutation

_ITEM = OPENAPI[
    OPENAPI.index("  '/library/branches/loanRequests/{loan-id}/cancel':\n") : OPENAPI.index(
        "  '/library/branches/loanRequests/{loan-id}/extend'"
    )
]
_POST = "      operationId: library"
_ERRORS = """\
        4XX:
          $ref: '#/components/responses/error'
        5XX:
          $ref: '#/components/responses/error'
"""
_ENUM = tuple((name, None) for name in ("reserved", "pickedUp", "cancelled", "unknownFutureValue"))


def _post(text: str) -> tuple[str, str]:
    """Members for the operation, before its id."""
    return _POST, text + _POST


def _in_item(old: str, new: str) -> tuple[str, str]:
    assert old in _ITEM, old
    return _ITEM, _ITEM.replace(old, new)


def _body(required: bool, schema: str) -> tuple[str, str]:
    lines = f"      requestBody:\n{'        required: true' + chr(10) if required else ''}"
    return _post(f"{lines}        content:\n          application/json:\n            schema:\n{schema}")


_REASON = """\
              type: object
              required:
                - reason
              properties:
                reason:
                  type: string
"""
_VARIABLE = """\
url: https://graph.microsoft.com/{{version}}
    variables:
      version:
        default: {}
"""
_WHY = _REASON.replace("              required:\n                - reason\n", "")


def _renamed(name: str, kind: str, nullable: bool, *, old: str) -> tuple[tuple[str, str, bool], ...]:
    return tuple(sorted((*(each for each in PROPERTIES if each[0] != old), (name, kind, nullable))))


LOUD = (
    Mutation(
        "literal renamed",
        swap(*_in_item("loanRequests/{loan-id}/cancel':", "loans/{loan-id}/cancel':")),
        {"path": ("library", "branches", "loans", ("key", "loan-id"), "cancel")},
        ("path-changed",),
    ),
    Mutation(
        "literal in other letter case",
        swap(*_in_item("loanRequests/{loan-id}/cancel':", "loanrequests/{loan-id}/cancel':")),
        {"path": ("library", "branches", "loanrequests", ("key", "loan-id"), "cancel")},
        ("letter-case-changed",),
    ),
    Mutation(
        "literal more",
        swap(*_in_item("'/library/branches/loan", "'/library/main/branches/loan")),
        {"path": ("library", "main", "branches", "loanRequests", ("key", "loan-id"), "cancel")},
        ("path-changed",),
    ),
    Mutation("path gone", swap(_ITEM, ""), {"route": "absent"}, ("route-gone",)),
    Mutation(
        "path commented out",
        swap(_ITEM, re.sub(r"(?m)^", "# ", _ITEM).removesuffix("# ")),
        {"route": "absent"},
        ("route-gone",),
    ),
    Mutation(
        "action renamed",
        swap(*_in_item("{loan-id}/cancel", "{loan-id}/callOff")),
        {"route": "absent"},
        ("route-gone",),
    ),
    Mutation(
        "path moved to paths of another kind",
        lambda text: text.replace(_ITEM, "").replace("components:\n", f"x-ms-paths:\n{_ITEM}components:\n"),
        {"route": "absent"},
        ("route-gone",),
    ),
    Mutation("method", swap(*_in_item("    post:", "    patch:")), {"method": "PATCH"}, ("method-changed",)),
    Mutation(
        "type renamed",
        swap(*_in_item("key-type: loan", "key-type: bookLoan")),
        {"binding": "bookLoan", "properties": None, "status-enum": None},
        ("binding-changed",),
    ),
    Mutation(
        "key becomes a GUID",
        swap(*_in_item("type: string\n        x-ms", "type: string\n          format: uuid\n        x-ms")),
        {"key-type": "guid"},
        ("key-type-changed",),
    ),
    Mutation(
        "key becomes a number",
        swap(*_in_item("type: string\n        x-ms", "type: integer\n          format: int64\n        x-ms")),
        {"key-type": "int64"},
        ("key-type-changed",),
    ),
    Mutation(
        "content required",
        swap(*_body(True, _REASON)),
        {"content": "required", "parameters": (("reason", "String", "required"),)},
        ("content-required", "required-input-added"),
    ),
    Mutation(
        "content optional",
        swap(*_body(False, _WHY)),
        {"content": "optional", "parameters": (("reason", "String", "optional"),)},
        ("content-optional", "optional-input-added"),
    ),
    Mutation(
        "content by reference",
        lambda text: swap(*_post("      requestBody:\n        $ref: '#/components/requestBodies/cancel'\n"))(
            text
        ).replace("components:\n", "components:\n  requestBodies:\n    cancel:\n      required: true\n", 1),
        {"content": "required", "parameters": None},
        ("content-required",),
    ),
    Mutation(
        "query",
        swap(
            *_post(
                "      parameters:\n        - name: force\n          in: query\n          required: true\n"
            )
        ),
        {"query": (("force", "required"),)},
        ("required-input-added",),
    ),
    Mutation(
        "optional query",
        swap(*_post("      parameters:\n        - name: force\n          in: query\n")),
        {"query": (("force", "optional"),)},
        ("optional-input-added",),
    ),
    Mutation(
        "field by reference",
        lambda text: swap(*_post("      parameters:\n        - $ref: '#/components/parameters/match'\n"))(
            text
        ).replace(
            "components:\n",
            "components:\n  parameters:\n    match:\n      name: If-Match\n"
            "      in: header\n      required: true\n",
            1,
        ),
        {"fields": (("If-Match", "required"),)},
        ("required-input-added",),
    ),
    Mutation(
        "another status",
        swap(*_in_item("'204'", "'202'")),
        {"success": (202, "none")},
        ("success-status-changed",),
    ),
    Mutation(
        "success with content",
        swap(
            *_in_item(
                "'204':\n          description: Success",
                "2XX:\n          $ref: '#/components/responses/loan'",
            )
        ),
        {"success": (200, "content")},
        ("success-status-changed",),
    ),
    Mutation(
        "no success",
        swap(*_in_item("        '204':\n          description: Success\n", "")),
        {"success": None},
        ("fact-unreadable",),
    ),
    Mutation(
        "two successes",
        swap(*_in_item("        4XX:", "        '202':\n          description: Later\n        4XX:")),
        {"success": None},
        ("fact-unreadable",),
    ),
    Mutation(
        "no schema for the key",
        swap(*_in_item("        schema:\n          type: string\n", "")),
        {"key-type": None},
        ("fact-unreadable",),
    ),
    Mutation(
        "reference that leads nowhere",
        swap(*_in_item("type: string\n        x-ms", "$ref: '#/components/schemas/nowhere'\n        x-ms")),
        {"key-type": None},
        ("fact-unreadable",),
    ),
    *DEPRECATED,
    Mutation(
        "status gone",
        swap("        - reserved\n", ""),
        {"status-enum": _ENUM[1:]},
        ("enum-member-removed",),
    ),
    Mutation(
        "another version",
        swap("url: https://graph.microsoft.com/beta", "url: https://graph.microsoft.com/v1.0"),
        {"version": "v1.0"},
        ("version-appeared",),
    ),
    Mutation(
        "another version by a variable of the server",
        swap("url: https://graph.microsoft.com/beta\n", _VARIABLE.format("v1.0")),
        {"version": "v1.0"},
        ("version-appeared",),
    ),
    Mutation(
        "another version that lacks it",
        swap("url: https://graph.microsoft.com/beta", "url: https://graph.microsoft.com/v1.0", _ITEM, ""),
        {"version": "v1.0", "route": "absent"},
        ("nothing-compared",),
    ),
)

# What a contract does not state: reported only against the snapshot of yesterday.
OF_THE_TYPE = (
    Mutation(
        "another operationId",
        swap("loanRequests.loan.cancel", "loanRequests.cancel"),
        {"operation-id": "library.branches.loanRequests.cancel"},
        ("operation-id-changed",),
    ),
    Mutation("errors gone", swap(*_in_item(_ERRORS, "")), {"errors": None}, ("errors-dropped",)),
    Mutation(
        "errors of another kind",
        swap(*_in_item(_ERRORS, _ERRORS[: len(_ERRORS) // 2])),
        {"errors": ("4XX",)},
        ("errors-changed",),
    ),
    Mutation(
        "property gone",
        without("            reader:", "            status:"),
        {"properties": tuple(each for each in PROPERTIES if each[0] != "reader")},
        ("property-removed",),
    ),
    Mutation(
        "property retyped",
        swap("              format: date\n", "              format: date-time\n"),
        {"properties": _renamed("dueDate", "DateTimeOffset", True, old="dueDate")},
        ("property-type-changed",),
    ),
    Mutation(
        "property may be null",
        swap(
            "              $ref: '#/components/schemas/microsoft.graph.identity'",
            "              anyOf:\n                - $ref: '#/components/schemas/microsoft.graph.identity'\n"
            "                - type: object\n                  nullable: true",
        ),
        {"properties": _renamed("reader", "identity", True, old="reader")},
        ("nullability-relaxed",),
    ),
    Mutation(
        "status added",
        swap("        - cancelled\n", "        - cancelled\n        - lost\n"),
        {"status-enum": (*_ENUM[:3], ("lost", None), _ENUM[3])},
        ("enum-member-added",),
    ),
    Mutation(
        "described otherwise",
        swap("description: Call off a loan", "description: Stop a loan"),
        {
            "wording": (
                ("description", "Stop a loan that nobody has picked up."),
                ("summary", "Invoke action cancel"),
            )
        },
        ("wording-changed",),
    ),
)


def _json(text: str, **layout: int) -> str:
    return json.dumps(yaml.safe_load(text), **layout) + "\n"  # type: ignore[arg-type]  # indent alone


SILENT = (
    Mutation("line ends of Windows", lambda text: text.replace("\n", "\r\n")),
    Mutation("a byte order mark", lambda text: "\ufeff" + text),
    Mutation("a document's begin", lambda text: "---\n" + text),
    Mutation("a comment first", lambda text: "# made by a program\n" + text),
    Mutation("comments between", lambda text: re.sub(r"(?m)^(\s+)(\w+:)", r"# \2\n\1\2", text)),
    Mutation("comments behind", lambda text: re.sub(r"(?m)^(\s+\w+:)$", r"\1  # and so on", text)),
    Mutation("empty lines", lambda text: text.replace("\n", "\n\n")),
    Mutation("no quotation marks", lambda text: re.sub(r"(?m)^  '(/.*)':$", r"  \1:", text)),
    Mutation("other quotation marks", lambda text: text.replace("'", '"')),
    Mutation("deeper", lambda text: yaml.safe_dump(yaml.safe_load(text), indent=6)),
    Mutation("JSON in lines", lambda text: _json(text, indent=2)),
    Mutation("JSON in lines, deeper", lambda text: _json(text, indent=4)),
    Mutation("JSON on one line", _json),
    Mutation("YAML in braces", lambda text: _braces(text)),
    Mutation(
        "a tab in a text",
        swap(
            *_in_item(
                "      summary: Invoke", "      x-text: |\n        a\n        \tb\n      summary: Invoke"
            )
        ),
    ),
    Mutation(
        "an alias",
        swap(
            *_in_item(
                _ERRORS,
                "        4XX: &error\n          $ref: '#/components/responses/error'\n        5XX: *error\n",
            )
        ),
    ),
    Mutation(
        "an alias of another part",
        lambda text: swap(*_in_item(_ERRORS, "        4XX: *error\n        5XX: *error\n"))(text).replace(
            "  /books:\n",
            "  /authors:\n    get:\n      responses:\n        4XX: &error\n"
            "          $ref: '#/components/responses/error'\n  /books:\n",
        ),
    ),
    Mutation(
        "written by another program", lambda text: yaml.safe_dump(yaml.safe_load(text), sort_keys=False)
    ),
    Mutation("members sorted", lambda text: yaml.safe_dump(yaml.safe_load(text))),
    Mutation("lines folded", lambda text: yaml.safe_dump(yaml.safe_load(text), width=40)),
    Mutation(
        "components first",
        moved("components:\n", "tags:\n  - name", "paths:\n"),
    ),
    Mutation("parameters before the operation", lambda text: _parameters_first(text)),
    Mutation("parameters in the operation", lambda text: _parameters_within(text)),
    Mutation(
        "operation in another order", swap(*_in_item("      tags:\n        - library.branchesRoot\n", ""))
    ),
    Mutation("namespace of the action", swap(*_in_item("}/cancel':", "}/microsoft.graph.cancel':"))),
    Mutation("short namespace", swap(*_in_item("}/cancel':", "}/graph.cancel':"))),
    Mutation("placeholder", swap(*_in_item("{loan-id}", "{id}"), "- name: loan-id", "- name: id")),
    Mutation("no type of the key stated", swap(*_in_item("        x-ms-docs-key-type: loan\n", ""))),
    Mutation("success as a range", swap(*_in_item("'204'", "2XX"))),
    Mutation("success as a number", swap(*_in_item("'204'", "204"))),
    Mutation(
        "success by reference",
        swap(*_in_item("description: Success", "$ref: '#/components/responses/books'")),
    ),
    Mutation(
        "success with no media",
        swap(*_in_item("description: Success", "description: Success\n          content: {}")),
    ),
    Mutation(
        "errors as the default",
        swap(*_in_item(_ERRORS, "        default:\n          $ref: '#/components/responses/error'\n")),
    ),
    Mutation("errors in small letters", swap(*_in_item("4XX", "4xx"), "5XX:\n", "5xx:\n")),
    Mutation(
        "errors written out", swap(*_in_item("$ref: '#/components/responses/error'", "description: error"))
    ),
    Mutation(
        "another operation beside", swap(*_in_item("    post:", "    get:\n      responses: {}\n    post:"))
    ),
    Mutation("a slash at the server's end", swap("com/beta\npaths", "com/beta/\npaths")),
    Mutation(
        "no server, but a version",
        swap("servers:\n  - url: https://graph.microsoft.com/beta\n", "", "1.0.1", "beta"),
    ),
    Mutation(
        "the version is a variable of the server",
        swap("url: https://graph.microsoft.com/beta\n", _VARIABLE.format("beta")),
    ),
    Mutation(
        "more servers of the version",
        swap("/beta\npaths", "/beta\n  - url: https://graph.microsoft.us/beta\npaths"),
    ),
    Mutation(
        "a server of the path",
        swap(*_in_item("    parameters:", "    servers:\n      - url: /\n    parameters:")),
    ),
    Mutation(
        "an Authorization field",
        swap(*_post("      parameters:\n        - name: Authorization\n          in: header\n")),
    ),
    Mutation(
        "the path in a description",
        swap(
            *_in_item(
                "Call off a loan", "POST /library/branches/loanRequests/{loan-id}/cancel. Call off a loan"
            )
        ),
    ),
    Mutation(
        "the path in a text on its own",
        swap("paths:\n", f"x-text: |\n{_ITEM.replace('post', 'get')}paths:\n"),
    ),
    Mutation("other tags", swap("tags:\n        - library.branchesRoot", "tags:\n        - library")),
    Mutation("another version of OpenAPI", swap("openapi: 3.0.1", "openapi: 3.1.0")),
)


def _braces(text: str) -> str:
    members = yaml.safe_load(text).items()
    lines = (f"{name}: {yaml.safe_dump(value, default_flow_style=True)}" for name, value in members)
    return "".join(lines).replace("...\n", "")


def _parameters_first(text: str) -> str:
    begins = _ITEM.index("    parameters:\n")
    parameters = _ITEM[begins:]
    return text.replace(_ITEM, _ITEM[:begins].replace("    post:\n", f"{parameters}    post:\n"))


def _parameters_within(text: str) -> str:
    begins = _ITEM.index("    parameters:\n")
    return text.replace(_ITEM, _ITEM[:begins] + re.sub(r"(?m)^", "  ", _ITEM[begins:]).removesuffix("  "))
