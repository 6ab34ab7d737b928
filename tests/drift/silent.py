"""Changes to the library's page that mean the same: layout, order, markers, tabs, placeholders, quoting."""

from __future__ import annotations

from tests.drift.library import CLOUDS, PAGE, PERMISSIONS
from tests.drift.mutations import (
    APPLICATION,
    EMPTY_TAB,
    HEADERS,
    REQUEST,
    WORK,
    Mutation,
    moved,
    swap,
    without,
)

SILENT = (
    Mutation("name of the key", PAGE, swap("{loanId}", "{id}")),
    Mutation("name of the key with alternatives", PAGE, swap("{loanId}", "{id | barcode}")),
    Mutation("key in parentheses", PAGE, swap("/{loanId}/", "('{loanId}')/")),
    Mutation("key in angle brackets", PAGE, swap("{loanId}", "<loan-id>")),
    Mutation("sample id", PAGE, swap("5f0c", "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0")),
    Mutation("sample id with odd characters", PAGE, swap("5f0c", "a%20b!c")),
    Mutation("absolute template", PAGE, swap("POST /l", "POST https://graph.microsoft.com/beta/l")),
    Mutation("template with version", PAGE, swap("POST /l", "POST /beta/l")),
    Mutation("relative sample", PAGE, swap("https://graph.microsoft.com/beta/", "/")),
    Mutation("namespace of the action", PAGE, swap("}/cancel", "}/microsoft.graph.cancel")),
    Mutation("short namespace in the sample", PAGE, swap("5f0c/cancel", "5f0c/graph.cancel")),
    Mutation("slash at the end", PAGE, swap("}/cancel", "}/cancel/")),
    Mutation("protocol in the request line", PAGE, swap("5f0c/cancel", "5f0c/cancel HTTP/1.1")),
    Mutation(
        "fields in the sample", PAGE, swap("5f0c/cancel\n", "5f0c/cancel\nAuthorization: Bearer {token}\n")
    ),
    Mutation("a second address of the same", PAGE, swap(REQUEST, f"POST /me/loans/{{id}}/cancel\n{REQUEST}")),
    Mutation("no HTTP request but a sample", PAGE, without("## HTTP request", "## Request headers")),
    Mutation("no sample request", PAGE, without("### Request\n", "### Response")),
    Mutation("no sample response", PAGE, without("### Response\n\nAnd", "")),
    Mutation("no sentence on success", PAGE, without("## Response\n", "## Examples")),
    Mutation("success said with the protocol", PAGE, swap("`204 No Content`", "`HTTP/1.1 204 No Content`")),
    Mutation("success without marks", PAGE, swap("`204 No Content` status", "204 No Content response")),
    Mutation("no table of fields", PAGE, without("## Request headers", "## Request body")),
    Mutation("no section on the body", PAGE, without("## Request body", "## Response")),
    Mutation(
        "body said otherwise", PAGE, swap("Don't send a request body.", "This action does not take a body.")
    ),
    Mutation("body said with a curly apostrophe", PAGE, swap("Don't send", "Don’t supply")),
    Mutation("body empty", PAGE, swap("Don't send a request body.", "Empty.")),
    Mutation(
        "heading in capitals",
        PAGE,
        swap("## Permissions", "## PERMISSIONS", "## HTTP request", "## HTTP Request"),
    ),
    Mutation(
        "deeper headings", PAGE, lambda text: text.replace("\n## ", "\n#### ").replace("\n### ", "\n##### ")
    ),
    Mutation("closed headings", PAGE, swap("## Permissions", "## Permissions ##")),
    Mutation("underlined headings", PAGE, swap("# loan: cancel\n", "loan: cancel\n===\n")),
    Mutation(
        "annotation on one line",
        PAGE,
        swap('<!-- {\n  "blockType": "ignored"\n}\n-->', '<!-- {"blockType": "ignored"} -->'),
    ),
    Mutation("annotation in bad JSON", PAGE, swap('"name": "loan_cancel"\n}', "'name': loan_cancel,,\n}")),
    Mutation(
        "annotation with other members",
        PAGE,
        swap('"truncated": true', '"truncated": true, "@odata.type": "x", "name": 1'),
    ),
    Mutation("annotations with other names", PAGE, swap("loan_cancel", "loanthis.cancel_1")),
    Mutation(
        "no annotations", PAGE, lambda text: "\n".join(part.split("-->")[-1] for part in text.split("<!--"))
    ),
    Mutation(
        "prose between annotation and sample",
        PAGE,
        swap("-->\n``` http\nPOST https", "-->\n\nHere it is:\n\n``` http\nPOST https"),
    ),
    Mutation("fences of tildes", PAGE, swap("``` http", "~~~ http", "```\n", "~~~\n")),
    Mutation("fences without a language", PAGE, swap("``` http", "```")),
    Mutation("fences glued to the language", PAGE, swap("``` http", "```http")),
    Mutation(
        "tabs",
        PAGE,
        swap(
            "A call looks like this.\n",
            "A call looks like this.\n\n# [HTTP](#tab/http)\n",
            "5f0c/cancel\n```\n",
            f"5f0c/cancel\n```\n{EMPTY_TAB}",
        ),
    ),
    Mutation(
        "tabs with a request in another language",
        PAGE,
        swap(
            "A call looks like this.\n",
            "A call looks like this.\n\n# [HTTP](#tab/http)\n",
            "5f0c/cancel\n```\n",
            "5f0c/cancel\n```\n\n# [C#](#tab/csharp)\n```csharp\nPOST /else/where\n```\n\n---\n",
        ),
    ),
    Mutation(
        "an include of nothing",
        PAGE,
        swap(
            "## Permissions",
            "[!INCLUDE [beta-disclaimer](../../includes/beta-disclaimer.md)]\n\n## Permissions",
        ),
    ),
    Mutation(
        "front matter with more members",
        PAGE,
        swap('author: "librarian"', "author: someone\nms.subservice: books\nms.localizationpriority: medium"),
    ),
    Mutation("another date", PAGE, swap("03/04/2026", "05/06/2026")),
    Mutation("line ends of Windows", PAGE, lambda text: text.replace("\n", "\r\n")),
    Mutation("a byte order mark", PAGE, lambda text: "\ufeff" + text),
    Mutation(
        "a comment for a linter",
        PAGE,
        swap("## Permissions", "<!-- markdownlint-disable MD041-->\n\n## Permissions"),
    ),
    Mutation("response before request body", PAGE, moved("## Response\n", "## Examples", "## Request body")),
    Mutation(
        "permissions last",
        PAGE,
        lambda text: (
            without("## Permissions", "## HTTP")(text)
            + "\n"
            + text[text.index("## Permissions") : text.index("## HTTP")]
        ),
    ),
    Mutation("order of rows", PERMISSIONS, swap(WORK, "", APPLICATION, APPLICATION + WORK)),
    Mutation("other words for none", PERMISSIONS, swap("Not supported.", "N/A", "Not available.", "None")),
    Mutation(
        "order of permissions",
        PERMISSIONS,
        swap("Loan.Manage.All, Library.Manage.All", "Library.Manage.All, Loan.Manage.All"),
    ),
    Mutation(
        "permissions on lines of their own",
        PERMISSIONS,
        swap("Loan.Manage.All, Library", "Loan.Manage.All<br/>Library"),
    ),
    Mutation(
        "permissions as code and links",
        PERMISSIONS,
        swap("|Loan.Manage|", "|[`Loan.Manage`](/graph/permissions-reference#loan)|"),
    ),
    Mutation(
        "character references",
        PERMISSIONS,
        swap(
            "Loan.Manage.All, Library",
            "Loan.Manage.All,&nbsp;Library",
            "Delegated (w",
            "Delegated&#32;&#x28;w",
        ),
    ),
    Mutation(
        "backslash escapes", PERMISSIONS, swap("|Loan.Manage|", "|Loan\\.Manage|", "(work or", "\\(work or")
    ),
    Mutation("invisible characters", PERMISSIONS, swap("|Loan.Manage|", "|Loan.\u200bManage\ufeff|")),
    Mutation("alignment of the table", PERMISSIONS, swap("|:---|:---|:---|", "| - | :-: | -: |")),
    Mutation(
        "spelling of a heading",
        PERMISSIONS,
        swap("Least privileged permissions", "Least privileged permission"),
    ),
    Mutation("marks for clouds", CLOUDS, swap("✅", ":white_check_mark:", "❌", ":x:")),
    Mutation("order of clouds", CLOUDS, lambda text: "|China|Global service|\n|-|-|\n|❌|✅|\n"),
    Mutation(
        "one column of permissions",
        PERMISSIONS,
        lambda text: (
            "|Permission type|Permissions (from least to most privileged)|\n|-|-|\n"
            "|Delegated (work or school account)|Loan.Manage, Loan.Manage.All, Library.Manage.All|\n"
            "|Delegated (personal Microsoft account)|Not supported.|\n|Application|Loan.Manage.All|\n"
        ),
    ),
    Mutation(
        "one column of permissions, the other way round",
        PERMISSIONS,
        lambda text: (
            "|Permission type|Permissions (from most to least privileged)|\n|-|-|\n"
            "|Delegated (work or school account)|Library.Manage.All, Loan.Manage.All, Loan.Manage|\n"
            "|Delegated (personal Microsoft account)|Not supported.|\n"
            "|Application|Loan.Manage.All|\n"
        ),
    ),
    Mutation("body called content", PAGE, swap("Don't send a request body.", "It has no request content.")),
    Mutation("no fields in a word", PAGE, swap("|Name|Description|\n|:---|:---|\n" + HEADERS, "None.\n")),
    Mutation(
        "an annotation of the page",
        PAGE,
        lambda text: text + '\n<!--\n{\n  "type": "#page.annotation",\n  "suppressions": [\n  ]\n}\n-->\n',
    ),
    Mutation(
        "a status with a comma",
        PAGE,
        swap(
            "`204 No Content` status",
            "`204, No Content` code. It doesn't return anything in the response body",
        ),
    ),
)
