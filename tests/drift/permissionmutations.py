"""Changes to the library's permissions.json, each with the rules that must find it; none for the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.drift.library import PERMISSIONS_JSON


@dataclass(frozen=True)
class PermissionsMutation:
    """A change to permissions.json, made on the document."""

    name: str
    change: Callable[[dict[str, Any]], None]
    rules: tuple[str, ...] = ()

    def text(self) -> str:
        document = deepcopy(PERMISSIONS_JSON)
        self.change(document["permissions"])
        assert document != PERMISSIONS_JSON, self.name
        return json.dumps(document, indent=1)


ADDRESS = "/library/branches/loanrequests/{id}/cancel"


def _paths(permission: str, value: str | None, path: str = ADDRESS) -> Callable[[dict[str, Any]], None]:
    def change(permissions: dict[str, Any]) -> None:
        paths = permissions[permission]["pathSets"][0]["paths"]
        paths.pop(ADDRESS)
        if value is not None:
            paths[path] = value

    return change


def _every_path(path: str) -> Callable[[dict[str, Any]], None]:
    def change(permissions: dict[str, Any]) -> None:
        for permission in permissions.values():
            paths = permission["pathSets"][0]["paths"]
            paths[path] = paths.pop(ADDRESS)

    return change


def _members(permission: str, **members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda permissions: permissions[permission]["pathSets"][0].update(members)


def _all_methods(permissions: dict[str, Any]) -> None:
    for permission in permissions.values():
        permission["pathSets"][0]["methods"] = ["DELETE"]


PERMISSIONS_LOUD = (
    PermissionsMutation("no such path", _every_path("/library/loans/{id}/cancel"), ("operation-missing",)),
    PermissionsMutation("another method", _all_methods, ("method-changed",)),
    PermissionsMutation("least of another", _paths("Loan.Manage", ""), ("least-permission-changed",)),
    PermissionsMutation("least lost", _paths("Loan.Manage", None), ("least-permission-changed",)),
    PermissionsMutation(
        "one more least", _paths("Library.Manage.All", "least=DelegatedWork"), ("least-permission-added",)
    ),
    PermissionsMutation("higher lost", _paths("Library.Manage.All", None), ("higher-permission-removed",)),
    PermissionsMutation(
        "applications lost",
        _paths("Loan.Manage.All", None),
        ("higher-permission-removed", "permission-scheme-lost"),
    ),
    PermissionsMutation(
        "applications higher alone", _paths("Loan.Manage.All", "least="), ("least-permission-changed",)
    ),
    PermissionsMutation(
        "personal accounts",
        _members("Loan.Manage", schemeKeys=["DelegatedWork", "DelegatedPersonal"]),
        ("permission-scheme-added",),
    ),
    PermissionsMutation(
        "one more permission",
        lambda p: p.update({"House.Manage": p["Library.Manage.All"]}),
        ("higher-permission-added",),
    ),
    PermissionsMutation(
        "needs another as well",
        _paths("Loan.Manage", "least=DelegatedWork;AlsoRequires=User.Read"),
        ("least-permission-changed",),
    ),
    PermissionsMutation(
        "a word that nobody knows",
        _paths("Loan.Manage", "least=DelegatedWork;perhaps=1"),
        ("fact-unreadable",),
    ),
    PermissionsMutation(
        "a scheme that nobody knows",
        _members("Loan.Manage", schemeKeys=["DelegatedWork", "Agent"]),
        ("fact-unreadable",),
    ),
    PermissionsMutation(
        "no methods", _members("Loan.Manage", methods=None), ("fact-unreadable", "least-permission-changed")
    ),
)

PERMISSIONS_SILENT = (
    PermissionsMutation("name of the key", _every_path("/library/branches/loanrequests/{loan-id}/cancel")),
    PermissionsMutation(
        "namespace of the action", _every_path("/library/branches/loanrequests/{id}/microsoft.graph.cancel")
    ),
    PermissionsMutation("more methods", _members("Loan.Manage", methods=["PATCH", "POST"])),
    PermissionsMutation("methods in small letters", _members("Loan.Manage", methods=["post"])),
    PermissionsMutation("blanks in the list", _paths("Loan.Manage", " Least = DelegatedWork ")),
    PermissionsMutation(
        "a slash at the end",
        _paths("Loan.Manage", "least=DelegatedWork", "/library/branches/loanrequests/{id}/cancel/"),
    ),
    PermissionsMutation(
        "privilege level", lambda p: p["Loan.Manage"]["schemes"]["DelegatedWork"].update(privilegeLevel=4)
    ),
    PermissionsMutation(
        "descriptions", lambda p: p["Loan.Manage"].update(ownerInfo={"ownerSecurityGroup": "x"})
    ),
    PermissionsMutation(
        "another path", lambda p: p["Loan.Manage"]["pathSets"][0]["paths"].update({"/other/{id}": ""})
    ),
    PermissionsMutation(
        "order of permissions",
        lambda p: (
            p.update({"Loan.Manage.Al": p.pop("Loan.Manage.All")})
            or p.update({"Loan.Manage.All": p.pop("Loan.Manage.Al"), "Z": {}})
        ),
    ),
    PermissionsMutation(
        "a permission of another kind",
        lambda p: p.update({"Odd": None, "Odder": {"pathSets": [1, {"paths": []}]}}),
    ),
)
