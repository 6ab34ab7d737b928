"""Reads a Markdown documentation page of Microsoft Graph into facts about an operation.

Only the English pages of microsoft-graph-docs-contrib are supported: sections are found by their headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from graphcontract.drift.contract_facts import SCHEMES
from graphcontract.drift.fact_collector import Notes
from graphcontract.drift.model import FactOrigin, Reading, Source, SourceError, Unknown, Wanted, refuse_source
from graphcontract.drift.operation_paths import Path
from graphcontract.drift.page import resource_page, tables
from graphcontract.drift.page.blocks import Block, plain
from graphcontract.drift.page.deprecation_text import deprecation, removal_of, untitled
from graphcontract.drift.page.includes import Includes
from graphcontract.drift.page.page_kinds import NOT_A_PAGE, TITLE, is_documentation, is_include
from graphcontract.drift.page.page_request import read_request, request_templates
from graphcontract.drift.page.prose import content_of, names_in, success_of
from graphcontract.drift.page.request_lines import (
    RequestLine,
    ShownResponse,
    cut_short,
    read_response,
    request_lines,
    sample_request,
)
from graphcontract.drift.page.sections import examples, sections
from graphcontract.drift.source_file import read_bytes

NAMES = (
    *("method", "version", "path", "binding", "action", "content", "query", "fields", "parameters"),
    *("success", "errors", *SCHEMES.values(), "clouds", "route", "deprecation", "wording"),
)

_MOST_BYTES = 512 * 1024
_MOST_QUOTED = 20  # paragraphs of one block quote; a notice has a few
_PERMISSIONS_IN_OTHER_LANGUAGES = {
    *("autorisations", "autorizzazioni", "berechtigungen", "machtigingen", "oprávnění", "permisos"),
    *("permissões", "tillstånd", "uprawnienia", "разрешения", "дозволи", "アクセス許可", "权限", "許可權"),
    *("사용 권한", "권한", "i̇zinler", "izinler", "engedélyek", "behörigheter", "tilladelser", "tillatelser"),
}
_CLOUDS_FOLLOW = re.compile(r"available in the following national cloud", re.IGNORECASE)
_BROKEN_TABLE = re.compile(r"\A\||^[ \t]*\|?[ \t]*:?-+:?[ \t]*\|[-|: \t]*$", re.MULTILINE)
_EMPTY_OBJECT = re.compile(r"\s*\{\s*\}\s*")
_TRANSLATED = ("ms.translationtype", "ms.contentlocale", "translationtype", "contentlocale")


def read(source: Source, wanted: Wanted) -> Reading:
    """Read an operation's page, a resource's page, or an include with a table of permissions or clouds.

    Raises `SourceError` for any other text, and `Unknown` if the page does not describe the operation.
    """
    includes = Includes(source.path, source.name, source.root)
    front, blocks = includes.page(read_bytes(source.path, source.name, _MOST_BYTES))
    _reject_translations(front, blocks, source.name)
    origin = FactOrigin("page", source.name, source.version or front.get("ms.date"))
    notes = Notes(origin)
    for place, problem in includes.refusals:
        notes.unreadable("includes", problem, place)
    for block in blocks:
        if block.kind == "open":
            notes.unreadable("page", block.text, block)
        elif block.kind == "text" and _BROKEN_TABLE.search(block.text):
            notes.unreadable("page", "a table is broken here: Markdown shows it as text", block)
    if not is_documentation(front, blocks):
        raise refuse_source(source, NOT_A_PAGE)
    if is_include(front, blocks):
        _read_include(notes, blocks)
    elif front.get("doc_type", "").casefold() == "resourcepagetype":
        resource_page.read(notes, front, blocks, wanted)
    else:
        _read_operation(notes, front, blocks, source, wanted)
    missing = tuple(
        f"line {each.line}: an included file is missing: {each.text}" for each in includes.missing
    )
    if missing and includes.rootless:
        missing = (
            *missing,
            "no docs root was found: give the folder that holds api-reference with --root",
        )
    return notes.reading(includes.sha256, missing)


def routes(source: Source) -> list[Path]:
    """List the paths of the HTTP requests on a page; raises `SourceError` if it cannot be read."""
    includes = Includes(source.path, source.name, source.root)
    _, blocks = includes.page(read_bytes(source.path, source.name, _MOST_BYTES))
    return [each.path for each in request_templates(blocks)]


def _reject_translations(front: dict[str, str], blocks: Sequence[Block], name: str) -> None:
    headings = {plain(block.text).casefold() for block in blocks if block.kind == "heading"}
    locale = front.get("ms.contentlocale") or front.get("contentlocale") or ""
    if any(member in front for member in _TRANSLATED) and not locale.casefold().startswith("en"):
        found = f"a translation ({locale or 'according to its front matter'})"
    elif headings & _PERMISSIONS_IN_OTHER_LANGUAGES:
        found = f"not in English ({sorted(headings & _PERMISSIONS_IN_OTHER_LANGUAGES)[0]})"
    else:
        return
    raise SourceError(f"{name}: this page is {found}. Give the English source of the page (en-us).")


def _read_include(notes: Notes, blocks: Sequence[Block]) -> None:
    """Read a single table, and report a problem: it names no operation, so it could belong to any."""
    _permissions(notes, blocks)
    _needed_schemes(notes, blocks)
    _clouds(notes, blocks)
    if not notes.facts and not notes.problems:
        raise Unknown("this include has no table of permissions or clouds", notes.origin)
    text = "this include has only a table, and does not name an operation. Give the page that includes it"
    notes.unreadable("operation", text, None)


def _read_operation(
    notes: Notes, front: dict[str, str], blocks: Sequence[Block], source: Source, wanted: Wanted
) -> None:
    heading = next((block for block in blocks if block.kind == "heading" and block.level == 1), None)
    titled = TITLE.fullmatch(_title(front, heading))
    samples, responses = _examples(notes, blocks)
    request = read_request(notes, blocks, samples, source, wanted, titled.groups() if titled else None)
    _needed_requests(notes, blocks)
    notes.asserts("route", "reachable", notes.place("path"))
    if titled:
        notes.asserts("binding", titled[1], heading)
        notes.asserts("action", titled[2], heading)
    _fields(notes, blocks)
    _query(notes, blocks, request)
    _content(notes, blocks, samples)
    _success(notes, blocks, responses)
    _errors(notes, blocks)
    permissions = sections(blocks, r"permissions?|prerequisites")
    _permissions(notes, [block for section in permissions for block in section])
    if not permissions:
        _permissions(notes, blocks)
    _needed_permissions(notes, blocks)
    _needed_schemes(notes, blocks)
    _clouds(notes, blocks)
    _deprecation(notes, front, blocks, wanted)
    _wording(notes, front, blocks, heading)
    notes.silent(NAMES)


def _title(front: dict[str, str], heading: Block | None) -> str:
    return untitled(plain(heading.text) if heading else front.get("title", ""))[0]


def _examples(notes: Notes, blocks: Sequence[Block]) -> tuple[list[RequestLine], list[ShownResponse]]:
    samples, responses = list[RequestLine](), list[ShownResponse]()
    for role, block in examples(blocks):
        request = sample_request(block.text, block.line) if role in ("request", "") else None
        response = read_response(block.text, block.line) if role in ("response", "") else None
        samples += [request] if request else []
        responses += [response] if response else []
        shown = role in ("request", "response") or block.text.lstrip().startswith("HTTP/")
        if role != "ignored" and shown and not request and not response and cut_short(block.text):
            notes.unreadable("examples", "a sample ends in its first line", block)
    return samples, responses


def _needed_requests(notes: Notes, blocks: Sequence[Block]) -> None:
    """Require a request line in the section on the HTTP request, and an example below its heading."""
    for section in sections(blocks, r"http requests?|request (syntax|uri|url)"):
        if not any(block.kind == "fence" and request_lines(block.text, block.line) for block in section):
            notes.unreadable("path", "the section on the HTTP request has no request line", section[0])
    for section in sections(blocks, r"examples?\b.*"):
        if all(block.kind in ("heading", "comment", "open") for block in section):
            notes.unreadable("examples", "the section on examples has no example", section[0])
            continue
        for part in sections(section[1:], r"(sample |example )?(requests?|responses?)"):
            names_status = any(any(success_of(_with_code(b.text))) for b in part if b.kind == "text")
            if not names_status and not any(block.kind == "fence" for block in part):
                notes.unreadable("examples", f"{plain(part[0].text)!r} has no example below it", part[0])


def _fields(notes: Notes, blocks: Sequence[Block]) -> None:
    for section in sections(blocks, r"request headers?"):
        if any(
            block.kind == "text" and plain(block.text).casefold() in ("none", "none.") for block in section
        ):
            notes.asserts("fields", (), section[0])
        for table in _tables(section):
            found = [(name, tables.presence(cells)) for name, cells, _ in tables.named(table)]
            rows = sorted(each for each in found if each[0].casefold() != "authorization")
            notes.asserts("fields", tuple(rows), table)


def _query(notes: Notes, blocks: Sequence[Block], request: RequestLine) -> None:
    """Read query parameters: those in the request line are required, unless their section says otherwise."""
    found = dict.fromkeys(request.query, "required")
    place = notes.at(request.line)
    for section in sections(blocks, r"(optional |supported )?query parameters"):
        texts = [plain(block.text) for block in section if block.kind == "text"]
        rows = {
            name.partition("=")[0]: tables.presence(cells)
            for table in _tables(section)
            for name, cells, _ in tables.named(table)
        }
        rows |= dict.fromkeys(re.findall(r"(\$[a-z]+)\b", " ".join(texts)), "optional")
        if any(re.search(r"n't support|not support", text) for text in texts):
            notes.asserts("query", (), section[0])
        elif not rows:
            notes.unreadable("query", "the section on query parameters names no parameter", section[0])
        found, place = found | rows, notes.at(section[0].line, section[0].file)
    if found and not notes.knows("query"):
        notes.asserts("query", tuple(sorted(found.items())), place)


def _content(notes: Notes, blocks: Sequence[Block], samples: Sequence[RequestLine]) -> None:
    shown = next((sample for sample in samples if sample.has_body), None)
    found = sections(blocks, r"request body")
    if not found:
        if samples:
            notes.asserts("content", "required" if shown else "none", notes.at(samples[0].line))
        else:
            notes.unreadable(
                "content", "the page has no section on the request body, and no sample request", None
            )
        return
    (section, *_) = found
    rows = [
        (name, plain(cells.get("type", "")), tables.presence(cells))
        for table in _tables(section)
        for name, cells, _ in tables.named(table)
    ]
    texts = [plain(block.text) for block in section if block.kind == "text"]
    texts += [
        block.text for block in section if block.kind == "fence" and _EMPTY_OBJECT.fullmatch(block.text)
    ]
    content = content_of(texts, rows)
    if content is None:
        notes.unreadable(
            "content", "the wording of the section on the request body is not recognized", section[0]
        )
        return
    notes.asserts("content", content, next((b for b in section if b.kind == "text"), section[0]))
    if content == "none":
        notes.asserts("parameters", (), section[0])
    elif rows:
        notes.asserts("parameters", tuple(sorted(rows)), section[0])
    if content == "none" and shown:
        text = "the section on the request body says that there is no body, and the sample request has one"
        notes.contradiction("content", text, notes.at(shown.line))


def _success(notes: Notes, blocks: Sequence[Block], responses: Sequence[ShownResponse]) -> None:
    shown = next((each for each in responses if each.status < 300), None)
    texts = [b for section in sections(blocks, r"responses?") for b in section if b.kind == "text"]
    found = [(each, block) for block in texts for each in success_of(_with_code(block.text))]
    statuses = sorted({status for (status, _), _ in found})
    if len(statuses) > 1:
        listed = ", ".join(map(str, statuses))
        notes.unreadable("success", f"the page names more than one success status: {listed}", found[0][1])
    elif found:
        (status, content), block = found[0]
        if shown and shown.status != status:
            text = f"the text says {status}, and the sample response has {shown.status}"
            notes.contradiction("success", text, notes.at(shown.line))
        elif shown and content and shown.content != content:
            text = (
                f"the text says {status} with {_words(content)}, and the sample has {_words(shown.content)}"
            )
            notes.contradiction("success", text, notes.at(shown.line))
        elif shown and not content:
            content = shown.content
        notes.asserts("success", (status, content), block)
    elif shown:
        notes.asserts("success", (shown.status, shown.content), notes.at(shown.line))
    else:
        notes.unreadable("success", "neither the text nor a sample response has a success status", None)


def _with_code(text: str) -> str:
    """Remove the Markdown marks of a paragraph, except the backticks that enclose status codes."""
    return "`".join(plain(part) for part in text.split("`"))


def _words(content: str) -> str:
    return "no content" if content == "none" else "content"


def _errors(notes: Notes, blocks: Sequence[Block]) -> None:
    found: dict[str, Block] = {}
    for table in _tables(blocks):
        for status, _ in tables.errors(table):
            found.setdefault(status, table)
    for section in sections(blocks, r"responses?|.*\berrors?\b.*"):
        for block in section:
            for status in tables.statuses(block.text) if block.kind == "text" else ():
                found.setdefault(status, block)
    if found:
        notes.asserts("errors", tuple(sorted(found)), next(iter(found.values())))


def _permissions(notes: Notes, blocks: Sequence[Block]) -> None:
    for table in _permission_tables(blocks):
        for name, cell in tables.permissions(table):
            if cell.problem:
                notes.unreadable(name, cell.problem, notes.at(cell.line, cell.file))
            else:
                notes.asserts(name, cell.value, notes.at(cell.line, cell.file))


def _needed_permissions(notes: Notes, blocks: Sequence[Block]) -> None:
    """Require a permissions table: an operation's page without one is unreadable, not silent."""
    if not any(notes.knows(name) for name in ("permissions", *SCHEMES.values())) and not next(
        _permission_tables(blocks), None
    ):
        missing = [b for b in blocks if b.kind == "missing" and "permission" in b.text.casefold()]
        text = (
            "the include with the permissions table is missing"
            if missing
            else "the page has no permissions table"
        )
        notes.unreadable("permissions", text, missing[0] if missing else None)


def _needed_schemes(notes: Notes, blocks: Sequence[Block]) -> None:
    """Require a row for each permission type if there is a permissions table."""
    table = next(_permission_tables(blocks), None)
    if table is not None:
        missing = [name for name in SCHEMES.values() if not notes.knows(name)]
        if len(missing) == len(SCHEMES):
            notes.unreadable(
                "permissions", "no row of the permissions table has a known permission type", table
            )
            return
        for name in missing:
            notes.unreadable(name, "the permissions table has no row for it", table)


def _permission_tables(blocks: Sequence[Block]) -> Iterator[Block]:
    return (table for table in _tables(blocks) if tables.of_permissions(table))


def _clouds(notes: Notes, blocks: Sequence[Block]) -> None:
    for table in _tables(blocks):
        for cell in tables.clouds(table):
            if cell.problem:
                notes.unreadable("clouds", cell.problem, notes.at(cell.line, cell.file))
            else:
                notes.asserts("clouds", cell.value, notes.at(cell.line, cell.file))
    announced = next((b for b in blocks if b.kind == "text" and _CLOUDS_FOLLOW.search(plain(b.text))), None)
    if announced and not notes.knows("clouds"):
        notes.unreadable("clouds", "a table of national clouds is announced, but was not found", announced)
    missing = [b for b in blocks if b.kind == "missing" and "national-cloud" in b.text.casefold()]
    if missing and not notes.knows("clouds"):
        notes.unreadable("clouds", "the include with the table of national clouds is missing", missing[0])


def _deprecation(notes: Notes, front: dict[str, str], blocks: Sequence[Block], wanted: Wanted) -> None:
    """Read deprecation notices: in the introduction, in block quotes, or naming this operation."""
    names = (wanted.binding, wanted.action, *(each for each in wanted.path if isinstance(each, str)))
    heading = next((block for block in blocks if block.kind == "heading" and block.level == 1), None)
    titles = [*([plain(heading.text)] if heading else []), plain(front.get("title", ""))]
    notices: list[tuple[str | None, str, Block | None]] = [
        (None, title, heading) for title in titles if untitled(title)[1]
    ]
    if deprecation(description := plain(front.get("description", "")), names):
        notices.append((removal_of(description), description, heading))
    second = next((i for i, b in enumerate(blocks) if b.kind == "heading" and b.level == 2), len(blocks))
    for index, block in enumerate(blocks):
        text = plain(block.text)
        if block.kind == "missing" and re.search(r"deprecat|retire", text, re.IGNORECASE):
            notices.append((None, text, block))
        elif block.kind == "text":
            strictly = not block.quoted and index >= second
            if deprecation(text, names, strictly=strictly):
                text = plain(" ".join(_quoted_from(blocks, index))) if block.quoted else text
                notices.append((removal_of(text), text, block))
    if notices:
        dated = [each for each in notices if each[0]]
        removal, text, place = min(dated, key=lambda each: str(each[0])) if dated else notices[0]
        notes.asserts("deprecation", (None, removal, text), place)


def _quoted_from(blocks: Sequence[Block], index: int) -> Iterator[str]:
    """Yield the paragraphs of a block quote from an index on."""
    below = islice(blocks, index, index + _MOST_QUOTED)
    return (block.text for block in takewhile(lambda each: each.kind == "text" and each.quoted, below))


def _wording(notes: Notes, front: dict[str, str], blocks: Sequence[Block], heading: Block | None) -> None:
    title = _title(front, heading)
    texts: list[tuple[str, str]] = [("title", title), ("description", plain(front.get("description", "")))]
    begins = next((i for i, b in enumerate(blocks) if b.kind == "heading"), 0)
    intro = []
    for block in blocks[begins + 1 :]:
        if block.kind == "heading":
            break
        counts = block.kind == "text" and not block.quoted and not deprecation(plain(block.text))
        intro += [names_in(block.text)] if counts and "Namespace:" not in block.text else []
    texts.append(("introduction", " ".join(intro)))
    for name, pattern in (("request-body", r"request body"), ("response", r"responses?")):
        section = next(iter(sections(blocks, pattern)), [])
        texts.append((name, " ".join(names_in(b.text) for b in section if b.kind == "text")))
    notes.asserts("wording", tuple((name, text) for name, text in texts if text), heading)


def _tables(blocks: Sequence[Block]) -> list[Block]:
    return [block for block in blocks if block.kind == "table" and block.rows and block.rows[0].cells]
