"""An action of our own, its contract, and what is published about it, in the grammar of Graph's docs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.drift.model import Reading, Source
from graphcontract.drift.pipeline import Result, check_drift

TODAY = date(2026, 6, 1)
PAGE = "api-reference/beta/api/loan-cancel.md"
PERMISSIONS = "api-reference/beta/includes/permissions/loan-cancel-permissions.md"
CLOUDS = "api-reference/includes/global-only.md"
PATH = "/library/branches/loanRequests/{loanId}/cancel"

PAGE_TEXT = """\
---
title: "loan: cancel"
description: "Call off a loan that nobody has picked up."
author: "librarian"
ms.date: 03/04/2026
doc_type: apiPageType
---

# loan: cancel

Namespace: microsoft.graph

Call off a [loan](../resources/loan.md) while the book is still on its shelf.

[!INCLUDE [national-cloud-support](../../includes/global-only.md)]

## Permissions

Pick the permission that grants the least.

<!-- { "blockType": "permissions", "name": "loan_cancel" } -->
[!INCLUDE [permissions-table](../includes/permissions/loan-cancel-permissions.md)]

## HTTP request

<!-- {
  "blockType": "ignored"
}
-->
``` http
POST /library/branches/loanRequests/{loanId}/cancel
```

## Request headers

|Name|Description|
|:---|:---|
|Authorization|Bearer {token}. Required.|

## Request body

Don't send a request body.

## Response

When it works, the action answers with the `204 No Content` status.

## Examples

### Request

A call looks like this.
<!-- {
  "blockType": "request",
  "name": "loan_cancel"
}
-->
``` http
POST https://graph.microsoft.com/beta/library/branches/loanRequests/5f0c/cancel
```

### Response

And this comes back.
<!-- {
  "blockType": "response",
  "truncated": true
}
-->
``` http
HTTP/1.1 204 No Content
```
"""

PERMISSIONS_TEXT = """\
---
description: written by a program
ms.topic: include
---

|Permission type|Least privileged permissions|Higher privileged permissions|
|:---|:---|:---|
|Delegated (work or school account)|Loan.Manage|Loan.Manage.All, Library.Manage.All|
|Delegated (personal Microsoft account)|Not supported.|Not supported.|
|Application|Loan.Manage.All|Not available.|
"""

CLOUDS_TEXT = """\
---
ms.topic: include
---

|Global service|US Government L4|US Government L5 (DOD)|China operated by 21Vianet|
|-|-|-|-|
|✅|❌|❌|❌|
"""

PERMISSIONS_JSON: dict[str, Any] = {
    "permissions": {
        "Loan.Manage": {
            "schemes": {"DelegatedWork": {}},
            "pathSets": [
                {
                    "schemeKeys": ["DelegatedWork"],
                    "methods": ["POST"],
                    "paths": {"/library/branches/loanrequests/{id}/cancel": "least=DelegatedWork"},
                }
            ],
        },
        "Loan.Manage.All": {
            "schemes": {"DelegatedWork": {}, "Application": {}},
            "pathSets": [
                {
                    "schemeKeys": ["DelegatedWork", "Application"],
                    "methods": ["GET", "POST"],
                    "paths": {
                        "/library/branches/loanrequests": "",
                        "/library/branches/loanrequests/{id}/cancel": "least=Application",
                    },
                }
            ],
        },
        "Library.Manage.All": {
            "schemes": {"DelegatedWork": {}},
            "pathSets": [
                {
                    "schemeKeys": ["DelegatedWork"],
                    "methods": ["POST"],
                    "paths": {"/library/branches/loanrequests/{id}/cancel": ""},
                }
            ],
        },
    }
}


def files_of_page(**changed: str) -> dict[str, str]:
    """The files of the page; `page`, `permissions` and `clouds` replace one."""
    return {
        PAGE: changed.get("page", PAGE_TEXT),
        PERMISSIONS: changed.get("permissions", PERMISSIONS_TEXT),
        CLOUDS: changed.get("clouds", CLOUDS_TEXT),
    }


def laid_out(folder: Path, texts: Mapping[str, str]) -> Path:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def contract(folder: Path, **changes: Any) -> Contract:
    """The library's contract, as loaded from a file; `request` and the like replace members."""
    document = json.loads(files("graphcontract.contracts").joinpath(f"{SHIPPED}.json").read_bytes())
    request = document["request"] | {
        "path": PATH,
        "parameters": {"loanId": {"type": "string", "minLength": 1}},
    }
    document |= {
        "id": "loan-cancel",
        "title": "loan: cancel",
        "request": request | changes.pop("request", {}),
        "permissions": [
            {
                "scheme": "DelegatedWork",
                "least": ["Loan.Manage"],
                "higher": ["Loan.Manage.All", "Library.Manage.All"],
            },
            {"scheme": "Application", "least": ["Loan.Manage.All"], "higher": []},
        ],
        "example": {"arguments": {"loanId": "5f0c"}},
        "precondition": {"statement": "The book is on its shelf.", "statuses": ["reserved"]},
    }
    path = folder / "loan-cancel.json"
    path.write_text(json.dumps(document | changes), encoding="utf-8")
    return load(path, None)


SHIPPED = "sharepointmigrationtask-cancel"


def compared(contract: Contract, *sources: Source, snapshot: list[Reading] | None = None) -> Result:
    return check_drift(contract, "loan-cancel.json", sources, snapshot=snapshot, today=TODAY)


def rules(result: Result) -> list[str]:
    return sorted(finding.rule for finding in result.findings)


def source(folder: Path, name: str = PAGE) -> Source:
    return Source(folder / name, name)
