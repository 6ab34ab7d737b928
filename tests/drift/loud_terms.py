"""Changes to permissions, clouds and life of the library's page, each with the rules that must find it."""

from __future__ import annotations

from tests.drift.library import CLOUDS, PAGE, PERMISSIONS
from tests.drift.mutations import Mutation, swap, without

LOUD = (
    Mutation(
        "work accounts not supported",
        PERMISSIONS,
        swap("|Loan.Manage|Loan.Manage.All, Library.Manage.All|", "|Not supported.|Not supported.|"),
        ("permission-scheme-lost",),
    ),
    Mutation(
        "personal accounts supported",
        PERMISSIONS,
        swap("account)|Not supported.|", "account)|Loan.Manage|"),
        ("permission-scheme-added",),
    ),
    Mutation(
        "applications not supported",
        PERMISSIONS,
        swap("|Application|Loan.Manage.All|", "|Application|N/A|"),
        ("permission-scheme-lost",),
    ),
    Mutation(
        "another least permission with a character reference",
        PERMISSIONS,
        swap("|Loan.Manage|", "|Loan&#46;Manage\\.Some|"),
        ("least-permission-changed",),
    ),
    Mutation(
        "another least permission",
        PERMISSIONS,
        swap("|Loan.Manage|", "|Loan.Cancel|"),
        ("least-permission-changed",),
    ),
    Mutation(
        "least permission of applications",
        PERMISSIONS,
        swap("|Application|Loan.Manage.All|", "|Application|Loan.Cancel.All|"),
        ("least-permission-changed",),
    ),
    Mutation(
        "one more least permission",
        PERMISSIONS,
        swap("|Loan.Manage|", "|Loan.Manage, Loan.Cancel|"),
        ("least-permission-added",),
    ),
    Mutation(
        "a higher permission less",
        PERMISSIONS,
        swap("Loan.Manage.All, Library.Manage.All", "Loan.Manage.All"),
        ("higher-permission-removed",),
    ),
    Mutation(
        "a higher permission more",
        PERMISSIONS,
        swap("Loan.Manage.All, Library", "Loan.Manage.All, House.Manage.All, Library"),
        ("higher-permission-added",),
    ),
    Mutation(
        "least and higher swapped",
        PERMISSIONS,
        swap(
            "|Loan.Manage|Loan.Manage.All, Library.Manage.All|",
            "|Loan.Manage.All|Loan.Manage, Library.Manage.All|",
        ),
        ("least-permission-changed",),
    ),
    Mutation(
        "both needed at once",
        PERMISSIONS,
        swap("|Application|Loan.Manage.All|", "|Application|Loan.Manage.All and House.Read|"),
        ("least-permission-changed",),
    ),
    Mutation(
        "a cell that is not a permission",
        PERMISSIONS,
        swap("|Application|Loan.Manage.All|", "|Application|Ask your administrator!|"),
        ("fact-unreadable",),
    ),
    Mutation("no table in the include", PERMISSIONS, without("|Permission type", ""), ("fact-unreadable",)),
    Mutation(
        "no permissions at all", PAGE, without("## Permissions", "## HTTP request"), ("fact-unreadable",)
    ),
    Mutation(
        "an include that is not there",
        PAGE,
        swap("loan-cancel-permissions.md", "loan-permissions.md"),
        ("fact-unreadable",),
    ),
    Mutation(
        "an include that climbs out",
        PAGE,
        swap("../includes/permissions/loan-cancel-permissions.md", "../../../../loan.md"),
        ("fact-unreadable", "fact-unreadable"),
    ),
    Mutation(
        "a table beside the include that says otherwise",
        PAGE,
        swap(
            "## HTTP request",
            "|Permission type|Permissions|\n|-|-|\n|Application|House.Read|\n\n## HTTP request",
        ),
        ("self-contradiction",),
    ),
    Mutation("a cloud more", CLOUDS, swap("|✅|❌|❌|❌|", "|✅|✅|❌|❌|"), ("cloud-added",)),
    Mutation(
        "a cloud for another",
        CLOUDS,
        swap("|✅|❌|❌|❌|", "|❌|❌|❌|✅|"),
        ("cloud-added", "cloud-removed"),
    ),
    Mutation("no cloud", CLOUDS, swap("|✅|❌|❌|❌|", "|❌|❌|❌|❌|"), ("cloud-removed",)),
    Mutation("a cloud in doubt", CLOUDS, swap("|✅|❌|❌|❌|", "|✅|soon|❌|❌|"), ("fact-unreadable",)),
    Mutation(
        "the include of clouds is not there",
        PAGE,
        swap("global-only.md", "all-clouds.md"),
        ("fact-unreadable",),
    ),
    Mutation(
        "deprecated",
        PAGE,
        swap("## Permissions", "> [!CAUTION]\n> This action is deprecated.\n\n## Permissions"),
        ("deprecation-announced",),
    ),
    Mutation(
        "deprecated from a day on",
        PAGE,
        swap(
            "## Permissions",
            "> [!CAUTION]\n"
            "> This API is deprecated and will stop returning data on January 31, 2027.\n\n"
            "## Permissions",
        ),
        ("deprecation-announced",),
    ),
    Mutation(
        "gone since a day",
        PAGE,
        swap(
            "## Permissions",
            "> [!CAUTION]\n"
            "> This API is deprecated and will stop returning data on January 31, 2025.\n\n"
            "## Permissions",
        ),
        ("removal-date-passed",),
    ),
    Mutation(
        "a deprecation include",
        PAGE,
        swap(
            "## Permissions",
            "[!INCLUDE [loan-deprecation](../../includes/loan-deprecate.md)]\n\n## Permissions",
        ),
        ("deprecation-announced",),
    ),
    Mutation(
        "no request",
        PAGE,
        lambda text: without("### Request\n", "### Response")(
            without("## HTTP request", "## Request headers")(text)
        ),
        ("operation-missing",),
    ),
    Mutation(
        "another operation",
        PAGE,
        lambda text: swap(
            "# loan: cancel", "# List loans", "POST", "GET", "/{loanId}/cancel", "", "/5f0c/cancel", ""
        )(text),
        ("operation-missing",),
    ),
)
