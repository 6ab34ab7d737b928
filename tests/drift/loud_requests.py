"""Changes to what the library's page says of request and answer, each with the rules that must find it."""

from __future__ import annotations

from tests.drift.library import PAGE
from tests.drift.mutations import CONTENT, HEADERS, REQUEST, Mutation, swap, without

LOUD: tuple[Mutation, ...] = (
    Mutation(
        "another method", PAGE, swap("POST /l", "DELETE /l", "POST http", "DELETE http"), ("method-changed",)
    ),
    Mutation(
        "method of the template", PAGE, swap("POST /l", "PUT /l"), ("method-changed", "self-contradiction")
    ),
    Mutation("method of the sample", PAGE, swap("POST http", "PATCH http"), ("self-contradiction",)),
    Mutation("a literal", PAGE, swap("/branches/", "/houses/"), ("path-changed",)),
    Mutation(
        "literal of the template",
        PAGE,
        swap("/library/branches/loanRequests/{", "/library/houses/loanRequests/{"),
        ("path-changed", "self-contradiction"),
    ),
    Mutation(
        "literal of the sample",
        PAGE,
        swap("/branches/loanRequests/5", "/houses/loanRequests/5"),
        ("self-contradiction",),
    ),
    Mutation(
        "the last literal",
        PAGE,
        swap("}/cancel", "}/revoke", "5f0c/cancel", "5f0c/revoke"),
        ("path-changed",),
    ),
    Mutation("a segment less", PAGE, swap("/branches/", "/"), ("path-changed",)),
    Mutation("a segment more", PAGE, swap("/branches/", "/halls/branches/"), ("path-changed",)),
    Mutation("a key for a literal", PAGE, swap("/branches/", "/{branchId}/"), ("path-changed",)),
    Mutation(
        "letter case of the path", PAGE, swap("/loanRequests/", "/loanrequests/"), ("letter-case-changed",)
    ),
    Mutation(
        "the action in the title",
        PAGE,
        swap("# loan: cancel", "# loan: revoke"),
        ("action-changed", "wording-changed"),
    ),
    Mutation(
        "the type in the title",
        PAGE,
        swap("# loan: cancel", "# lending: cancel"),
        ("binding-changed", "wording-changed"),
    ),
    Mutation(
        "letter case in the title",
        PAGE,
        swap("# loan: cancel", "# Loan: cancel"),
        ("letter-case-changed", "wording-changed"),
    ),
    Mutation("another title", PAGE, swap("# loan: cancel", "# Call off a loan"), ("wording-changed",)),
    Mutation("version of the sample", PAGE, swap(".com/beta/", ".com/v1.0/"), ("self-contradiction",)),
    Mutation(
        "a query in the request", PAGE, swap(REQUEST, REQUEST + "?why={why}"), ("required-input-added",)
    ),
    Mutation(
        "a required query parameter",
        PAGE,
        swap(
            "## Request headers",
            "## Query parameters\n\n|Name|Description|\n|-|-|\n|why|The reason. Required.|\n\n"
            "## Request headers",
        ),
        ("required-input-added",),
    ),
    Mutation(
        "an optional query parameter",
        PAGE,
        swap(
            "## Request headers", "## Optional query parameters\n\nOnly `$select` is.\n\n## Request headers"
        ),
        ("optional-input-added",),
    ),
    Mutation(
        "a query section that names none",
        PAGE,
        swap("## Request headers", "## Query parameters\n\nSee elsewhere.\n\n## Request headers"),
        ("fact-unreadable",),
    ),
    Mutation(
        "a required field",
        PAGE,
        swap(HEADERS, HEADERS + "|If-Match|An etag. Required.|\n"),
        ("required-input-added",),
    ),
    *(
        Mutation(
            f"a required field in other words: {text}",
            PAGE,
            swap(HEADERS, f"{HEADERS}|If-Match|The etag. {text}|\n"),
            ("required-input-added",),
        )
        for text in ("This is mandatory.", "You must include this header.", "This header must be sent.")
    ),
    *(
        Mutation(
            f"an optional field in other words: {text}",
            PAGE,
            swap(HEADERS, f"{HEADERS}|If-Match|The etag. {text}|\n"),
            ("optional-input-added",),
        )
        for text in ("It isn't mandatory.", "The value must include the quotes.", "Not required.")
    ),
    Mutation(
        "an optional field", PAGE, swap(HEADERS, HEADERS + "|Prefer|Optional.|\n"), ("optional-input-added",)
    ),
    Mutation(
        "a field not called either",
        PAGE,
        swap(HEADERS, HEADERS + "|Prefer|Wishes.|\n"),
        ("optional-input-added",),
    ),
    Mutation(
        "content",
        PAGE,
        swap("## Request body\n\nDon't send a request body.\n", CONTENT),
        ("content-required",),
    ),
    Mutation(
        "optional content",
        PAGE,
        swap("Don't send a request body.", "A request body is optional."),
        ("content-optional",),
    ),
    Mutation(
        "a required parameter",
        PAGE,
        swap(
            "Don't send a request body.",
            "In the request body, give these.\n\n|Parameter|Type|Description|\n|-|-|-|\n"
            "|reason|String|Required.|",
        ),
        ("content-required", "required-input-added"),
    ),
    Mutation(
        "an optional parameter",
        PAGE,
        swap(
            "Don't send a request body.",
            "In the request body, give these.\n\n|Parameter|Type|Description|\n|-|-|-|\n"
            "|reason|String|Optional.|",
        ),
        ("content-optional", "optional-input-added"),
    ),
    Mutation(
        "a body that nobody understands",
        PAGE,
        swap("Don't send a request body.", "Lorem ipsum."),
        ("fact-unreadable",),
    ),
    Mutation(
        "content in the sample",
        PAGE,
        swap("5f0c/cancel\n", '5f0c/cancel\nContent-Type: application/json\n\n{"a": 1}\n'),
        ("self-contradiction",),
    ),
    Mutation(
        "no section on the body, and content in the sample",
        PAGE,
        lambda text: swap("5f0c/cancel\n", '5f0c/cancel\n\n{"a": 1}\n')(
            without("## Request body", "## Response")(text)
        ),
        ("content-required",),
    ),
    Mutation(
        "another status",
        PAGE,
        swap("`204 No Content`", "`202 Accepted`", "HTTP/1.1 204 No Content", "HTTP/1.1 202 Accepted"),
        ("success-status-changed",),
    ),
    Mutation(
        "status of the text",
        PAGE,
        swap("`204 No Content`", "`200 OK`"),
        ("self-contradiction", "success-status-changed"),
    ),
    Mutation(
        "status of the sample",
        PAGE,
        swap("HTTP/1.1 204 No Content", "HTTP/1.1 200 OK"),
        ("self-contradiction",),
    ),
    Mutation(
        "content of a 204",
        PAGE,
        swap(
            "HTTP/1.1 204 No Content\n",
            'HTTP/1.1 204 No Content\nContent-Type: application/json\n\n{"a": 1}\n',
        ),
        ("self-contradiction",),
    ),
    Mutation(
        "an answer with content",
        PAGE,
        swap(
            "`204 No Content` status",
            "`200 OK` status and a loan in the response body",
            "HTTP/1.1 204 No Content\n",
            "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}\n",
        ),
        ("success-status-changed",),
    ),
    Mutation(
        "two statuses of success",
        PAGE,
        swap("`204 No Content` status", "`204 No Content` or the `202 Accepted` status"),
        ("fact-unreadable",),
    ),
    Mutation(
        "no status anywhere",
        PAGE,
        lambda text: swap("the `204 No Content` status", "good news")(
            without("### Response\n\nAnd", "")(text)
        ),
        ("fact-unreadable",),
    ),
    Mutation(
        "errors in a table",
        PAGE,
        swap(
            "## Examples",
            "### Errors\n\n|Code|Scenario|\n|-|-|\n|404|Unknown.|\n|409|Picked up.|\n\n## Examples",
        ),
        ("errors-documented",),
    ),
    Mutation(
        "errors in the text",
        PAGE,
        swap("status.\n", "status. Otherwise `404 Not Found`.\n"),
        ("errors-documented",),
    ),
)
