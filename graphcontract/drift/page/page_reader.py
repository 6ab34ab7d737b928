"""Reads a Markdown documentation page of Microsoft Graph into facts about an operation.

Only the English pages of microsoft-graph-docs-contrib are supported: sections are found by their headings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphcontract.drift.contract_facts import SCHEMES
from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Reading, Source, SourceError, Unknown, Wanted, reject_source
from graphcontract.drift.operation_paths import Path
from graphcontract.drift.page import availability, resource_page, tables
from graphcontract.drift.page.blocks import Block, strip_markup
from graphcontract.drift.page.deprecation_notices import read_deprecation
from graphcontract.drift.page.deprecation_text import announces_deprecation, strip_deprecation_note
from graphcontract.drift.page.includes import Includes
from graphcontract.drift.page.page_kinds import GIVE_PAGE, NOT_A_PAGE, TITLE, is_documentation, is_include
from graphcontract.drift.page.page_request import find_request_templates, read_request
from graphcontract.drift.page.prose import classify_content, find_successes, format_paragraph
from graphcontract.drift.page.request_lines import (
    RequestLine,
    ShownResponse,
    find_request_lines,
    is_cut_short,
    parse_sample_request,
    parse_sample_response,
)
from graphcontract.drift.page.sections import find_examples, find_sections
from graphcontract.drift.source_file import read_bytes

NAMES = (
    *("method", "version", "path", "binding", "action", "content", "query", "fields", "parameters"),
    *("success", "errors", *SCHEMES.values(), "clouds", "route", "deprecation", "wording"),
)

_MOST_BYTES = 512 * 1024  # bounds the work on a file that is not a page
_PERMISSIONS_IN_OTHER_LANGUAGES = {
    *("autorisations", "autorizzazioni", "berechtigungen", "machtigingen", "oprávnění", "permisos"),
    *("permissões", "tillstånd", "uprawnienia", "разрешения", "дозволи", "アクセス許可", "权限", "許可權"),
    *("사용 권한", "권한", "i̇zinler", "izinler", "engedélyek", "behörigheter", "tilladelser", "tillatelser"),
}
_BROKEN_TABLE = re.compile(r"\A\||^[ \t]*\|?[ \t]*:?-+:?[ \t]*\|[-|: \t]*$", re.MULTILINE)
_EMPTY_OBJECT = re.compile(r"\s*\{\s*\}\s*")
# Every request is authorized, and RFC 9110, 12.5.1, lets a client send Accept or not.
_OF_ANY_REQUEST = {("authorization", "required"), ("authorization", "optional"), ("accept", "optional")}
_TRANSLATED = ("ms.translationtype", "ms.contentlocale", "translationtype", "contentlocale")


def read(source: Source, wanted: Wanted) -> Reading:
    """Read an operation's page, a resource's page, or an include with a table of permissions or clouds.

    Raises `SourceError` for any other text, and `Unknown` if the page does not describe the operation.
    """
    includes = Includes(source.path, source.name, source.root)
    front, blocks = includes.read_page(read_bytes(source.path, source.name, _MOST_BYTES))
    _reject_translations(front, blocks, source.name)
    origin = FactOrigin("page", source.name, source.version or front.get("ms.date"))
    notes = FactCollector(origin)
    for place, problem in includes.refusals:
        notes.add_unreadable("includes", problem, place)
    for block in blocks:
        if block.kind == "open":
            notes.add_unreadable("page", block.text, block)
        elif block.kind == "text" and _BROKEN_TABLE.search(block.text):
            notes.add_unreadable("page", "a table is broken here: Markdown shows it as text", block)
    if not is_documentation(front, blocks):
        raise reject_source(source, NOT_A_PAGE, GIVE_PAGE)
    if is_include(front, blocks):
        _read_include(notes, blocks)
    elif front.get("doc_type", "").casefold() == "resourcepagetype":
        resource_page.read(notes, front, blocks, wanted)
    else:
        _read_operation(notes, front, blocks, source, wanted, includes.described)
    missing = tuple(
        f"line {each.line}: an included file is missing: {each.text}" for each in includes.missing
    )
    if missing and includes.rootless:
        missing = (
            *missing,
            "no docs root was found: give the folder that holds api-reference with --root",
        )
    return notes.make_reading(includes.sha256, missing)


def find_requests(source: Source) -> list[tuple[str, Path]]:
    """List method and path of the HTTP requests on a page; raises `SourceError` if it cannot be read."""
    includes = Includes(source.path, source.name, source.root)
    _, blocks = includes.read_page(read_bytes(source.path, source.name, _MOST_BYTES))
    return [(each.method, each.path) for each in find_request_templates(blocks)]


def _reject_translations(front: dict[str, str], blocks: Sequence[Block], name: str) -> None:
    headings = {strip_markup(block.text).casefold() for block in blocks if block.kind == "heading"}
    locale = front.get("ms.contentlocale") or front.get("contentlocale") or ""
    if any(member in front for member in _TRANSLATED) and not locale.casefold().startswith("en"):
        found = f"a translation ({locale or 'according to its front matter'})"
    elif headings & _PERMISSIONS_IN_OTHER_LANGUAGES:
        found = f"not in English ({sorted(headings & _PERMISSIONS_IN_OTHER_LANGUAGES)[0]})"
    else:
        return
    raise SourceError(f"{name}: this page is {found}", "Give the English source of the page (en-us).")


def _read_include(notes: FactCollector, blocks: Sequence[Block]) -> None:
    """Read a single table, and report a problem: it names no operation, so it could belong to any."""
    availability.read_permissions(notes, blocks)
    availability.require_permission_types(notes, blocks)
    availability.read_clouds(notes, blocks)
    if not notes.facts and not notes.problems:
        raise Unknown("this include has no table of permissions or clouds", notes.origin)
    text = "this include has only a table, and does not name an operation. Give the page that includes it"
    notes.add_unreadable("operation", text, None)


def _read_operation(
    notes: FactCollector,
    front: dict[str, str],
    blocks: Sequence[Block],
    source: Source,
    wanted: Wanted,
    described: int | None,
) -> None:
    heading = next((block for block in blocks if block.kind == "heading" and block.level == 1), None)
    titled = TITLE.fullmatch(_find_title(front, heading))
    samples, responses = _read_examples(notes, blocks)
    request = read_request(notes, blocks, samples, source, wanted, titled.groups() if titled else None)
    _require_requests(notes, blocks)
    notes.add_fact("route", "reachable", notes.locate_fact("path"))
    if titled:
        notes.add_fact("binding", titled[1], heading)
        notes.add_fact("action", titled[2], heading)
    _read_fields(notes, blocks)
    _read_query(notes, blocks, request)
    _read_content(notes, blocks, samples)
    _read_success(notes, blocks, responses)
    _read_errors(notes, blocks)
    permissions = find_sections(blocks, r"permissions?|prerequisites")
    availability.read_permissions(notes, [block for section in permissions for block in section])
    if not permissions:
        availability.read_permissions(notes, blocks)
    availability.require_permissions_table(notes, blocks)
    availability.require_permission_types(notes, blocks)
    availability.read_clouds(notes, blocks)
    read_deprecation(notes, front, blocks, wanted)
    _read_wording(notes, front, blocks, heading, described)
    notes.mark_silent(NAMES)


def _find_title(front: dict[str, str], heading: Block | None) -> str:
    return strip_deprecation_note(strip_markup(heading.text) if heading else front.get("title", ""))[0]


def _read_examples(
    notes: FactCollector, blocks: Sequence[Block]
) -> tuple[list[RequestLine], list[ShownResponse]]:
    samples, responses = list[RequestLine](), list[ShownResponse]()
    for role, block in find_examples(blocks):
        request = parse_sample_request(block.text, block.line) if role in ("request", "") else None
        response = parse_sample_response(block.text, block.line) if role in ("response", "") else None
        samples += [request] if request else []
        responses += [response] if response else []
        shown = role in ("request", "response") or block.text.lstrip().startswith("HTTP/")
        if role != "ignored" and shown and not request and not response and is_cut_short(block.text):
            notes.add_unreadable("examples", "a sample ends in its first line", block)
    return samples, responses


def _require_requests(notes: FactCollector, blocks: Sequence[Block]) -> None:
    """Require a request line in the section on the HTTP request, and an example below its heading."""
    for section in find_sections(blocks, r"http requests?|request (syntax|uri|url)"):
        if not any(block.kind == "fence" and find_request_lines(block.text, block.line) for block in section):
            notes.add_unreadable("path", "the section on the HTTP request has no request line", section[0])
    for section in find_sections(blocks, r"examples?\b.*"):
        if all(block.kind in ("heading", "comment", "open") for block in section):
            notes.add_unreadable("examples", "the section on examples has no example", section[0])
            continue
        for part in find_sections(section[1:], r"(sample |example )?(requests?|responses?)"):
            names_status = any(any(find_successes(_strip_marks(b.text))) for b in part if b.kind == "text")
            if not names_status and not any(block.kind == "fence" for block in part):
                notes.add_unreadable(
                    "examples", f"{strip_markup(part[0].text)!r} has no example below it", part[0]
                )


def _read_fields(notes: FactCollector, blocks: Sequence[Block]) -> None:
    for section in find_sections(blocks, r"request headers?"):
        if any(
            block.kind == "text" and strip_markup(block.text).casefold() in ("none", "none.")
            for block in section
        ):
            notes.add_fact("fields", (), section[0])
        for table in tables.list_tables(section):
            found = [
                (name, tables.read_presence(cells)) for name, cells, _ in tables.iterate_named_rows(table)
            ]
            rows = sorted(each for each in found if (each[0].casefold(), each[1]) not in _OF_ANY_REQUEST)
            notes.add_fact("fields", tuple(rows), table)


def _read_query(notes: FactCollector, blocks: Sequence[Block], request: RequestLine) -> None:
    """Read query parameters: those in the request line are required, unless their section says otherwise."""
    found = dict.fromkeys(request.query, "required")
    place = notes.locate(request.line)
    for section in find_sections(blocks, r"(optional |supported )?query parameters"):
        texts = [strip_markup(block.text) for block in section if block.kind == "text"]
        rows = {
            name.partition("=")[0]: tables.read_presence(cells)
            for table in tables.list_tables(section)
            for name, cells, _ in tables.iterate_named_rows(table)
        }
        rows |= dict.fromkeys(re.findall(r"(\$[a-z]+)\b", " ".join(texts)), "optional")
        if any(re.search(r"n't support|not support", text) for text in texts):
            notes.add_fact("query", (), section[0])
        elif not rows:
            notes.add_unreadable("query", "the section on query parameters names no parameter", section[0])
        found, place = found | rows, notes.locate(section[0].line, section[0].file)
    if found and not notes.mentions("query"):
        notes.add_fact("query", tuple(sorted(found.items())), place)


def _read_content(notes: FactCollector, blocks: Sequence[Block], samples: Sequence[RequestLine]) -> None:
    shown = next((sample for sample in samples if sample.has_body), None)
    found = find_sections(blocks, r"request body")
    if not found:
        if samples:
            notes.add_fact("content", "required" if shown else "none", notes.locate(samples[0].line))
        else:
            notes.add_unreadable(
                "content", "the page has no section on the request body, and no sample request", None
            )
        return
    (section, *_) = found
    rows = [
        (name, strip_markup(cells.get("type", "")), tables.read_presence(cells))
        for table in tables.list_tables(section)
        for name, cells, _ in tables.iterate_named_rows(table)
    ]
    texts = [strip_markup(block.text) for block in section if block.kind == "text"]
    texts += [
        block.text for block in section if block.kind == "fence" and _EMPTY_OBJECT.fullmatch(block.text)
    ]
    content = classify_content(texts, rows)
    if content is None:
        notes.add_unreadable(
            "content", "the wording of the section on the request body is not recognized", section[0]
        )
        return
    notes.add_fact("content", content, next((b for b in section if b.kind == "text"), section[0]))
    if content == "none":
        notes.add_fact("parameters", (), section[0])
    elif rows:
        notes.add_fact("parameters", tuple(sorted(rows)), section[0])
    if content == "none" and shown:
        text = "the section on the request body says that there is no body, and the sample request has one"
        notes.add_contradiction("content", text, notes.locate(shown.line))


def _read_success(notes: FactCollector, blocks: Sequence[Block], responses: Sequence[ShownResponse]) -> None:
    shown = next((each for each in responses if each.status < 300), None)
    texts = [b for section in find_sections(blocks, r"responses?") for b in section if b.kind == "text"]
    found = [(each, block) for block in texts for each in find_successes(_strip_marks(block.text))]
    statuses = sorted({status for (status, _), _ in found})
    if len(statuses) > 1:
        listed = ", ".join(map(str, statuses))
        notes.add_unreadable("success", f"the page names more than one success status: {listed}", found[0][1])
    elif found:
        (status, content), block = found[0]
        if shown and shown.status != status:
            text = f"the text says {status}, and the sample response has {shown.status}"
            notes.add_contradiction("success", text, notes.locate(shown.line))
        elif shown and content and shown.content != content:
            stated, sample = _format_content(content), _format_content(shown.content)
            text = f"the text says {status} with {stated}, and the sample has {sample}"
            notes.add_contradiction("success", text, notes.locate(shown.line))
        elif shown and not content:
            content = shown.content
        notes.add_fact("success", (status, content), block)
    elif shown:
        notes.add_fact("success", (shown.status, shown.content), notes.locate(shown.line))
    else:
        notes.add_unreadable("success", "neither the text nor a sample response has a success status", None)


def _strip_marks(text: str) -> str:
    """Remove the Markdown marks of a paragraph, except the backticks that enclose status codes."""
    return "`".join(strip_markup(part) for part in text.split("`"))


def _format_content(content: str) -> str:
    return "no content" if content == "none" else "content"


def _read_errors(notes: FactCollector, blocks: Sequence[Block]) -> None:
    found: dict[str, Block] = {}
    for table in tables.list_tables(blocks):
        for status, _ in tables.find_errors(table):
            found.setdefault(status, table)
    for section in find_sections(blocks, r"responses?|.*\berrors?\b.*"):
        for block in section:
            for status in tables.find_statuses(block.text) if block.kind == "text" else ():
                found.setdefault(status, block)
    if found:
        notes.add_fact("errors", tuple(sorted(found)), next(iter(found.values())))


def _read_wording(
    notes: FactCollector,
    front: dict[str, str],
    blocks: Sequence[Block],
    heading: Block | None,
    described: int | None,
) -> None:
    title = _find_title(front, heading)
    texts: list[tuple[str, str]] = [
        ("title", title),
        ("description", strip_markup(front.get("description", ""))),
    ]
    begins = next((i for i, b in enumerate(blocks) if b.kind == "heading"), 0)
    intro = list[Block]()
    for block in blocks[begins + 1 :]:
        if block.kind == "heading":
            break
        counts = (
            block.kind == "text" and not block.quoted and not announces_deprecation(strip_markup(block.text))
        )
        intro += [block] if counts and "Namespace:" not in block.text else []
    paragraphs = {"introduction": intro}
    for name, pattern in (("request-body", r"request body"), ("response", r"responses?")):
        section = next(iter(find_sections(blocks, pattern)), [])
        paragraphs[name] = [block for block in section if block.kind == "text"]
    parts = {
        name: tuple((format_paragraph(each.text), notes.locate(each.line, each.file)) for each in found)
        for name, found in paragraphs.items()
    }
    texts += [(name, " ".join(text for text, _ in found)) for name, found in parts.items()]
    if described is not None:
        parts["description"] = (("", notes.locate(described)),)
    wording = tuple((name, text) for name, text in texts if text)
    notes.add_fact("wording", wording, heading, parts=parts)
