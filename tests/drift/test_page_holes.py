"""What a page says wrongly, half or no more is reported, and what only looks like it raises no word."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.page.blocks import filter_visible, parse, strip_markup
from graphcontract.drift.page.deprecation_text import announces_deprecation, find_removal_date
from graphcontract.drift.page.prose import classify_content
from graphcontract.drift.page.tables import find_statuses
from tests.drift import library
from tests.drift.library import CLOUDS, PAGE, PERMISSIONS
from tests.drift.mutations import APPLICATION, HEADERS, REQUEST, SAMPLE, WORK, Mutation, swap, without

PERSONAL = "|Delegated (personal Microsoft account)|Not supported.|Not supported.|\n"
INTRO = "Call off a [loan]"
SUCCESS = "the `204 No Content` status."
UNREADABLE = ("fact-unreadable",)
CONTRADICTS = ("self-contradiction",)
ANNOUNCED = ("deprecation-announced",)
PASSED = ("removal-date-passed",)
CLOUDS_BESIDE = "\n|Global service|China|\n|-|-|\n|❌|❌|\n"


def quoted(*paragraphs: str) -> Mutation:
    text = "\n>\n".join(f"> {each}" for each in paragraphs)
    return Mutation(paragraphs[0], PAGE, swap(INTRO, f"> [!CAUTION]\n{text}\n\n{INTRO}"), ANNOUNCED)


PERMISSIONS_LOUD = (
    Mutation("no row for applications", PERMISSIONS, swap(APPLICATION, ""), UNREADABLE),
    Mutation("no row for work accounts", PERMISSIONS, swap(WORK, ""), UNREADABLE),
    Mutation("no row for personal accounts", PERMISSIONS, swap(PERSONAL, ""), UNREADABLE),
    Mutation(
        "personal accounts alone", PERMISSIONS, swap(APPLICATION, "", WORK, ""), ("fact-unreadable",) * 2
    ),
    Mutation("no row at all", PERMISSIONS, without(WORK, ""), UNREADABLE),
    Mutation("cut before a row", PERMISSIONS, without(APPLICATION, ""), UNREADABLE),
    Mutation("cut after a cell", PERMISSIONS, without("|Not available.", ""), UNREADABLE),
    Mutation("cut in a cell", PERMISSIONS, without("t available.", ""), UNREADABLE),
    Mutation("cut in a name", PERMISSIONS, without("lication|", ""), ("fact-unreadable",) * 2),
    Mutation(
        "a row for a scheme unknown", PERMISSIONS, swap("|App", "|App-only and app"), ("fact-unreadable",) * 2
    ),
    Mutation("a row more", PERMISSIONS, swap(APPLICATION, f"{APPLICATION}|Agent|A.B|C.D|\n"), UNREADABLE),
    Mutation(
        "a row without a name", PERMISSIONS, swap(APPLICATION, f"{APPLICATION}||A.B|C.D|\n"), UNREADABLE
    ),
    Mutation("guests", PERMISSIONS, swap("(work or school", "(guest"), ("fact-unreadable",) * 2),
    Mutation(
        "a row that contradicts another",
        PERMISSIONS,
        swap(APPLICATION, f"{APPLICATION}|Application|Not supported.|Not supported.|\n"),
        CONTRADICTS,
    ),
)
STRUCTURE_LOUD = (
    Mutation("cut in the last fence", PAGE, lambda text: text.removesuffix("```\n"), UNREADABLE),
    Mutation("cut in an annotation", PAGE, without('"truncated"', ""), ("fact-unreadable",) * 2),
    Mutation("a comment to the end", PAGE, lambda text: f"{text}\n<!-- and so on", UNREADABLE),
    Mutation("a fence to the end", PAGE, lambda text: f"{text}\n~~~\nand so on\n", UNREADABLE),
    Mutation(
        "a fence to the end in another tab",
        PAGE,
        lambda text: f"{text}\n# [C#](#tab/csharp)\n```csharp\nawait\n",
        UNREADABLE,
    ),
    Mutation(
        "a fence that is not closed before the next",
        PAGE,
        swap(f"{REQUEST}\n```\n", f"{REQUEST}\n"),
        ("fact-unreadable",) * 2,
    ),
    Mutation(
        "a comment that is not closed before the next",
        PAGE,
        swap("## HTTP request", "<!--\n## HTTP request"),
        UNREADABLE,
    ),
    Mutation(
        "a conflict of versions",
        PAGE,
        swap(SUCCESS, f"{SUCCESS}\n\n<<<<<<< HEAD\nNo.\n>>>>>>> main"),
        UNREADABLE,
    ),
    Mutation("no status in the sample", PAGE, swap("HTTP/1.1 204 No Content", "HTTP/1.1"), UNREADABLE),
    Mutation("half a status in the sample", PAGE, swap("HTTP/1.1 204 No Content", "HTTP/1.1 20"), UNREADABLE),
    Mutation("an empty sample", PAGE, swap("HTTP/1.1 204 No Content\n", ""), UNREADABLE),
    Mutation("a method alone in the sample", PAGE, swap(SAMPLE, "POST"), UNREADABLE),
    Mutation("no sample below Response", PAGE, without("\nAnd this comes", ""), UNREADABLE),
    Mutation(
        "no sample below Response but words",
        PAGE,
        without('<!-- {\n  "blockType": "response"', ""),
        UNREADABLE,
    ),
    Mutation("no sample below Request", PAGE, without("\nA call looks", "### Response"), UNREADABLE),
    Mutation("nothing below Examples", PAGE, without("\n### Request\n", ""), UNREADABLE),
    Mutation(
        "no fence below HTTP request", PAGE, without("``` http\nPOST /l", "## Request headers"), UNREADABLE
    ),
    Mutation("no request in the fence", PAGE, swap(f"{REQUEST}\n", "POST\n"), UNREADABLE),
    Mutation(
        "the fence in a comment",
        PAGE,
        swap("``` http\nPOST /l", "<!--\n``` http\nPOST /l", "Id}/cancel\n```", "Id}/cancel\n```\n-->"),
        UNREADABLE,
    ),
)
CLOUDS_LOUD = (
    Mutation(
        "no column for the global service",
        CLOUDS,
        swap("|Global service", "", "|-|-|-|-|", "|-|-|-|", "|✅", ""),
        UNREADABLE,
    ),
    Mutation("a row that contradicts", CLOUDS, lambda text: f"{text}|❌|❌|❌|❌|\n", CONTRADICTS),
    Mutation("dashes for fewer columns", CLOUDS, swap("|-|-|-|-|", "|-|-|-|"), UNREADABLE),
    Mutation("a row after a gap", CLOUDS, swap("|✅", "\n|✅"), ("fact-unreadable",) * 2),
    Mutation("no row", CLOUDS, swap("|✅|❌|❌|❌|\n", ""), UNREADABLE),
    Mutation("cut in the row", CLOUDS, without("❌|❌|\n", ""), UNREADABLE),
    Mutation("a cloud twice", CLOUDS, swap("US Government L4", "China"), UNREADABLE),
    Mutation("a table beside", PAGE, swap("## Permissions", f"{CLOUDS_BESIDE}\n## Permissions"), CONTRADICTS),
    Mutation(
        "announced and not there",
        CLOUDS,
        lambda _: (
            "This API is available in the following [national cloud deployments](/graph/deployments).\n"
        ),
        UNREADABLE,
    ),
)
DEPRECATED = (
    Mutation("H1", PAGE, swap("# loan: cancel\n", "# loan: cancel (deprecated)\n"), ANNOUNCED),
    Mutation("H1 in brackets", PAGE, swap("# loan: cancel\n", "# loan: cancel [Deprecated]\n"), ANNOUNCED),
    Mutation("H1 with a dash", PAGE, swap("# loan: cancel\n", "# loan: cancel - deprecated\n"), ANNOUNCED),
    Mutation("title alone", PAGE, swap('"loan: cancel"', '"loan: cancel (deprecated)"'), ANNOUNCED),
    Mutation("both", PAGE, swap("loan: cancel", "loan: cancel (deprecated)"), ANNOUNCED),
    Mutation("description", PAGE, swap('up."', 'up. This API is deprecated."'), ANNOUNCED),
    Mutation("one word", PAGE, swap(INTRO, f"**Deprecated.** Use the v2 API.\n\n{INTRO}"), ANNOUNCED),
    quoted("This API is no longer supported. Use the new one."),
    quoted("This API is scheduled for retirement on March 31, 2027."),
    quoted("Starting March 31, 2027, this action will no longer be available."),
    Mutation(
        "further down",
        PAGE,
        swap(
            "## Request headers",
            "This API is deprecated and will be removed on June 30, 2027.\n\n## Request headers",
        ),
        ANNOUNCED,
    ),
    *(
        Mutation(
            day,
            PAGE,
            swap(INTRO, f"> This API is deprecated.\n>\n> It will be removed {day}.\n\n{INTRO}"),
            PASSED,
        )
        for day in (
            *("on Mar. 30, 2026", "in March 2026", "on 03/30/2026", "on 30/03/2026", "on 2026-03-30"),
            *("on 2026-03-30T00:00:00Z", "on 30 March 2026", "on March 30th, 2026", "by Sept 2025"),
        )
    ),
)
SILENT = (
    Mutation(
        "keys in quotes and parentheses",
        PAGE,
        swap("/{loanId}", "({loanId})", "/5f0c", "('3ed6d46d-13a3-4995-b6ea-a74a20b1fac0')"),
    ),
    Mutation("keys in parentheses", PAGE, swap("/{loanId}", "({loanId})", "/5f0c", "(3ed6d46d-13a3)")),
    Mutation("encoded keys", PAGE, swap("/{loanId}", "('{loanId}')", "/5f0c", "(%275f0c%27)")),
    Mutation("an empty body", PAGE, swap("Don't send a request body.", "Supply an empty request body.")),
    Mutation("no field in a row", PAGE, swap(HEADERS, "|None|No headers.|\n")),
    Mutation(
        "a number of things", PAGE, swap(SUCCESS, f"{SUCCESS} Up to 500 Tasks can be cancelled an hour.")
    ),
    Mutation("the same row twice", PERMISSIONS, swap(APPLICATION, APPLICATION * 2)),
    Mutation("a row of nothing", PERMISSIONS, swap(APPLICATION, f"{APPLICATION}||||\n")),
    Mutation("no end of line", PERMISSIONS, lambda text: text.rstrip("\n")),
    Mutation(
        "no outer pipes",
        PERMISSIONS,
        lambda text: text.replace("\n|", "\n").replace("|\n", "\n").rstrip("\n"),
    ),
    Mutation("the same clouds twice", CLOUDS, lambda text: f"{text}|✅|❌|❌|❌|\n"),
    Mutation("the global service alone", CLOUDS, lambda _: "|Global service|\n|-|\n|✅|\n"),
    Mutation("other marks in code", PAGE, swap(INTRO, f"Neither `<!--` nor ` ``` ` counts.\n\n{INTRO}")),
    Mutation("an empty comment", PAGE, swap(INTRO, f"<!-->\n\n{INTRO}")),
    Mutation("a longer fence", PAGE, lambda text: f"{text}\n````md\n``` http\n```\n````\n"),
    Mutation("no end of line in the page", PAGE, lambda text: text.rstrip("\n")),
    Mutation(
        "samples numbered",
        PAGE,
        swap("### Request\n", "### Example 1\n#### Request\n", "### Response", "#### Response"),
    ),
    *(
        Mutation(text, PAGE, swap(INTRO, f"> [!NOTE]\n> {text}\n\n{INTRO}"))
        for text in (
            "If the branch that the loan moves to is removed from the library, the action fails.",
            "The older returns API for branches is deprecated; this action replaces it.",
            "The **reason** property of this action is deprecated and will be removed on June 30, 2025.",
            "Cancelled loans are removed after 30 days.",
            "APIs under the `/beta` version in Microsoft Graph are subject to change. Use of these APIs in "
            "production applications is not supported.",
        )
    ),
)
HERE = ("loan", "cancel", "library", "loanRequests")
ENDS = {
    "This API is deprecated. Until June 30, 2027, calls of this API are not affected.": None,
    "The legacy loans API is deprecated and will be removed by April 2026.": "2026-04-30",
    "The loan: cancel API is deprecated and will stop returning data on June 30, 2027.": "2027-06-30",
    "The cancel method on the loan resource is deprecated.": None,
    "The loanRequests API is deprecated.": None,
    "The beta version of this API is deprecated.": None,
    "This endpoint is now retired.": None,
    "These APIs have been deprecated.": None,
    "This API isn't supported any longer.": None,
    "Deprecated": None,
    "No longer supported.": None,
    "We are retiring this API on June 30, 2027.": "2027-06-30",
    "Support for this API ends on June 30, 2027.": "2027-06-30",
    "The retirement date of this API is June 30, 2027.": "2027-06-30",
    "This API will reach end of life on June 30, 2027.": "2027-06-30",
    "After this API is retired on March 31, 2027, calls fail.": "2027-03-31",
    "This API is deprecated. Removal date: 2027-06-30.": "2027-06-30",
    "This API was deprecated on May 1, 2026 and will be removed on June 30, 2027.": "2027-06-30",
    "This API is deprecated as of May 1, 2026.": None,
    "This API was removed on June 30, 2026. The new API has support until June 30, 2028.": "2026-06-30",
    "This API will be removed on June 30, 2026, and the new API has support until May 1, 2028.": "2026-06-30",
    "On June 30, 2027, this API, deprecated since May 1, 2026, will be removed.": "2027-06-30",
    "This API is deprecated and, effective June 30, 2027, will stop returning data.": "2027-06-30",
    "This API is deprecated and will be removed on June 31, 2027.": None,
}
OTHERS = (
    "The reason property is deprecated and will be removed on June 30, 2027.",
    "This action's reason parameter is deprecated.",
    "Use this API to find properties that are deprecated.",
    "Use this API on a loan before it is removed.",
    "The operation is removed after 30 days.",
    "This operation is removed automatically after 7 days.",
    "The action is removed from the queue after it completes.",
    "If this API is deprecated in your country, ask us.",
    "The returnRequest API is deprecated.",
    "This API isn't deprecated.",
    "Data that this API returns is removed after 30 days.",
    "This API is unavailable in national clouds.",
    "When the loan is removed, this action fails.",
    "Deprecated properties aren't returned.",
    "This API might be removed at any time.",
    "The related shelf resource is deprecated.",
    "This action no longer returns the status property.",
    "The previous version of this API is deprecated.",
    "The API permission Loan.Read is deprecated.",
    "This operation ends when the loan is cancelled.",
    "The API for books was retired on June 30, 2020. This one is not affected.",
    "The API for books is deprecated. This API isn't deprecated.",
)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


def named(mutation: Mutation) -> str:
    return mutation.name


LOUD = (*PERMISSIONS_LOUD, *STRUCTURE_LOUD, *CLOUDS_LOUD, *DEPRECATED)


@pytest.mark.parametrize("mutation", LOUD, ids=named)
def test_what_is_wrong_is_reported(mutation: Mutation, contract: Contract, tmp_path: Path) -> None:
    folder = library.laid_out(tmp_path, mutation.files())
    assert library.rules(library.compared(contract, library.source(folder))) == list(mutation.rules)


@pytest.mark.parametrize("mutation", SILENT, ids=named)
def test_what_is_right_is_not(mutation: Mutation, contract: Contract, tmp_path: Path) -> None:
    folder = library.laid_out(tmp_path, mutation.files())
    assert library.compared(contract, library.source(folder)).findings == []


@pytest.mark.parametrize("mutation", PERMISSIONS_LOUD, ids=named)
def test_an_include_by_itself_is_held_to_the_same(
    mutation: Mutation, contract: Contract, tmp_path: Path
) -> None:
    folder = library.laid_out(tmp_path, mutation.files())
    found = library.compared(contract, library.source(folder, PERMISSIONS))
    assert library.rules(found) == sorted([*mutation.rules, "fact-unreadable"])
    assert [each.fact for each in found.findings].count("operation") == 1


def test_a_row_for_either_account_is_of_two_schemes(contract: Contract, tmp_path: Path) -> None:
    either = WORK.replace("work or school account", "work, school or personal account")
    change = swap(PERSONAL, "", WORK, either)
    folder = library.laid_out(tmp_path, Mutation("either", PERMISSIONS, change).files())
    found = library.compared(contract, library.source(folder))
    assert library.rules(found) == ["permission-scheme-added"]


def test_a_title_is_read_without_its_note(contract: Contract, tmp_path: Path) -> None:
    change = swap("# loan: cancel\n", "# loan: revoke (deprecated)\n")
    folder = library.laid_out(tmp_path, Mutation("revoke", PAGE, change).files())
    found = library.rules(library.compared(contract, library.source(folder)))
    assert found == ["action-changed", "deprecation-announced", "wording-changed"]


@pytest.mark.parametrize("text", ENDS)
def test_the_end_of_the_operation(text: str) -> None:
    assert announces_deprecation(text, HERE)
    assert find_removal_date(text) == ENDS[text]


@pytest.mark.parametrize("text", OTHERS)
def test_what_ends_is_another_thing(text: str) -> None:
    assert not announces_deprecation(text, HERE)
    assert not announces_deprecation(text, HERE, strictly=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("This endpoint is no longer supported.", True),
        ("The action will be retired.", True),
        ("The cancel action is deprecated.", True),
        ("The loans API is deprecated.", False),
        ("Deprecated. Use another.", False),
    ],
)
def test_below_the_first_section_a_sentence_has_to_point_here(text: str, said: bool) -> None:
    assert announces_deprecation(text, ("cancel",), strictly=True) is said


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Leave it be: send an empty body.", "none"),
        ("The request body must not be empty.", "required"),
        ("Don't send an empty request body.", "required"),
        ("Supply an empty request body or a JSON object.", "optional"),
        ("You must supply an empty JSON object ({}) as the request body.", "required"),
    ],
)
def test_empty_bodies(text: str, content: str) -> None:
    assert classify_content([text], []) == content


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a `409 Conflict` or 404 NOT FOUND", ["409", "404"]),
        ("It answers with a 423 response, or 422 Unprocessable Entity.", ["423", "422"]),
        ("Up to 500 Tasks, more than 500 error records, at most `400` loans, 400 Loans, 404 Books", []),
    ],
)
def test_numbers_that_are_statuses(text: str, found: list[str]) -> None:
    assert find_statuses(text) == found


def test_what_is_open_shows_in_every_tab() -> None:
    text = "# [C#](#tab/csharp)\n\n- ```\n  in a list\n\nafter\n\n```csharp\n"
    assert [block.line for block in filter_visible(parse(text, "x").blocks) if block.kind == "open"] == [8]
    assert strip_markup("[!CAUTION]") == "[!CAUTION]"
