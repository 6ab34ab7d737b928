"""Reads the generated request builders of a Kiota SDK for Python: one file, or all of them in a wheel.

An SDK marks an operation as deprecated only there; its API export leaves that out. Kiota marks every
operation below a deprecated node of the path with the words of that node, so the builders above tell an own
mark from an inherited one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import unquote

from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Reading, Source, SourceError, Unknown, Wanted
from graphcontract.drift.operation_paths import format_path, name_action, split_path
from graphcontract.drift.page.deprecation_text import find_removal_date
from graphcontract.drift.sdk_export import SDK_VERSIONS, is_builder, name_builder
from graphcontract.drift.sdk_files import SdkFiles, open_files
from graphcontract.drift.source_file import decode_text

NAMES = (
    *("method", "version", "path", "action", "content", "success", "route"),
    *("deprecation", "deprecation.inherited", "wording"),
)
_ALONE = (
    "the builders of the nodes above were not found, so the deprecation may be inherited: give the wheel, or "
    "the file in its own folder tree"
)
_SUFFIX = "_request_builder.py"
_VERBS = ("get", "post", "put", "patch", "delete")
_VIEW = re.compile(r"[?&]view=graph-rest-(beta|1\.0)\b")
_ANNOUNCED = re.compile(r"\bon (\d{4}-\d{2}-\d{2})\b")
_REMOVED = re.compile(r"\bremoved (?:on )?(\d{4}-\d{2}-\d{2})\b")
_MARK = re.compile(r"^\s*(?:@deprecated|\.\. deprecated::|Deprecated:)\s*(.*)$", re.MULTILINE)


class _Notice(NamedTuple):
    text: str
    line: int

    def parse(self) -> tuple[str | None, str | None, str]:
        """Parse the announced date and the removal date, each as YYYY-MM-DD or None, and the text."""
        text = " ".join(self.text.split())
        announced, removed = _ANNOUNCED.search(text), _REMOVED.search(text)
        removal = removed[1] if removed else find_removal_date(text)
        return announced[1] if announced else None, removal, text


@dataclass(frozen=True, slots=True)
class _Builder:
    """A file with one request builder: its name in the SDK, the URL template, and its verbs."""

    member: str
    template: str
    verbs: dict[str, ast.AsyncFunctionDef | ast.FunctionDef]


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what generated code says of the wanted operation; raises `Unknown` without a builder for it."""
    with open_files(source) as files:
        version = source.version or files.version
        notes = FactCollector(FactOrigin("sdk", source.name, version))
        member = _find_member(files, wanted)
        if member is None:
            problem = f"it has no request builder of /{format_path(wanted.path)}"
            raise Unknown(problem, notes.origin)
        code = decode_text(files.read(member), files.locate(member))
        builder = _parse_builder(code, files.locate(member), member)
        verb = builder.verbs.get(wanted.method.lower())
        if verb is None and wanted.method != "DELETE":  # the other methods of an entity are other operations
            verb = next(iter(builder.verbs.values()), None)
        if verb is None:
            raise Unknown(f"its request builder {member} has no {wanted.method.lower()}()", notes.origin)
        _read_operation(notes, files, builder, verb, wanted)
        _read_deprecation(notes, files, builder, verb, wanted)
        notes.mark_silent(NAMES)
        alone = "deprecation" in notes.facts and not any(_list_parents(files, member))
        said = (_ALONE,) if alone and notes.facts["deprecation"].stance == "asserts" else ()
        return notes.make_reading(sha256(code.encode()).hexdigest(), said)


def _find_member(files: SdkFiles, wanted: Wanted) -> str | None:
    above = ".".join(map(name_builder, wanted.path[:-1])).casefold()
    for member in files.members:
        folder = member.rpartition("/")[0].partition("generated/")[2]
        path = ".".join(_convert_case(part) for part in folder.split("/"))
        if member.endswith(_SUFFIX) and is_builder(path, above, wanted):
            return member
    return files.only if files.only and files.only.endswith(".py") else None


def _convert_case(name: str) -> str:
    """The name of a module as the export spells it: `share_point` is `sharePoint`."""
    first, *rest = name.strip("_").split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _parse_builder(code: str, name: str, member: str) -> _Builder:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise SourceError(f"{name}:{line}: this is not valid Python", "Fetch the file again.") from None
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("RequestBuilder"):
            functions = [
                each for each in node.body if isinstance(each, ast.AsyncFunctionDef | ast.FunctionDef)
            ]
            verbs = {each.name: each for each in functions if each.name in _VERBS}
            return _Builder(member, _find_template(functions), verbs)
    raise SourceError(f"{name}: it has no request builder", f"Give a generated …{_SUFFIX}, or the wheel.")


def _find_template(functions: list[ast.AsyncFunctionDef | ast.FunctionDef]) -> str:
    """Find the URL template in the constructor, without its base URL and its query parameters."""
    made = next((each for each in functions if each.name == "__init__"), None)
    for node in ast.walk(made) if made else ():
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text.startswith("{+baseurl}/"):
            return unquote(re.sub(r"\{[?&][^}]*\}", "", text.removeprefix("{+baseurl}")))
    return ""


def _read_operation(
    notes: FactCollector,
    files: SdkFiles,
    builder: _Builder,
    verb: ast.AsyncFunctionDef | ast.FunctionDef,
    wanted: Wanted,
) -> None:
    place = notes.locate(verb.lineno, files.locate(builder.member))
    path = split_path(builder.template) if builder.template else ()
    if not path or len(path) != len(wanted.path):
        raise Unknown(f"its request builder is of {builder.template or 'no path'}", place)
    notes.add_fact("method", verb.name.upper(), place)
    notes.add_fact("path", path, place)
    notes.add_fact("action", name_action(wanted.method, path), place)
    notes.add_fact("route", "reachable", place)
    body = next((each for each in verb.args.args if each.arg == "body"), None)
    optional = body is not None and ast.unparse(body.annotation or ast.Constant(None)).startswith("Optional")
    notes.add_fact("content", "none" if body is None else "optional" if optional else "required", place)
    returned = verb.returns
    without = returned is None or (isinstance(returned, ast.Constant) and returned.value is None)
    notes.add_fact("success", (None, "none" if without else "content"), place)
    text = ast.get_docstring(verb) or ""
    view = _VIEW.search(text)
    version = SDK_VERSIONS.get(builder.member.partition("/")[0])
    if view or version:
        seen = view[1] if view else ""
        notes.add_fact("version", version or {"1.0": "v1.0"}.get(seen, seen), place)
    if text and not _MARK.match(text):
        notes.add_fact("wording", (("description", text.splitlines()[0].strip()),), place)


def _read_deprecation(
    notes: FactCollector,
    files: SdkFiles,
    builder: _Builder,
    verb: ast.AsyncFunctionDef | ast.FunctionDef,
    wanted: Wanted,
) -> None:
    notice = _find_notice(verb)
    if notice is None:
        return
    place = notes.locate(notice.line, files.locate(builder.member))
    announced, removal, text = notice.parse()
    for member, depth in _list_parents(files, builder.member):
        code = decode_text(files.read(member), files.locate(member))
        parent = _parse_builder(code, files.locate(member), member)
        marks = [mark for each in parent.verbs.values() if (mark := _find_notice(each))]
        if any(mark.parse() == (announced, removal, text) for mark in marks):
            node = f"/{format_path(wanted.path[:depth])}"
            notes.add_fact("deprecation.inherited", (announced, removal, text, node), place)
            return
    notes.add_fact("deprecation", (announced, removal, text), place)


def _list_parents(files: SdkFiles, member: str) -> Iterator[tuple[str, int]]:
    """Yield the builders of the nodes above, the root of the path first, each with its depth from 1."""
    root, _, below = member.rpartition("/")[0].partition("generated/")
    parts = below.split("/")
    for depth in range(1, len(parts)):
        folder = "/".join((f"{root}generated", *parts[:depth]))
        yield from ((each, depth) for each in files.list_folder(folder) if each.endswith(_SUFFIX))


def _find_notice(function: ast.AsyncFunctionDef | ast.FunctionDef) -> _Notice | None:
    """Find a deprecation in a decorator, a warning in the body, or the docstring of a method."""
    calls = [*function.decorator_list]
    calls += [each.value for each in function.body if isinstance(each, ast.Expr)]
    for call in calls:
        if isinstance(call, ast.Call) and _names_deprecation(call):
            texts = [each.value for each in call.args if isinstance(each, ast.Constant)]
            return _Notice(str(texts[0]) if texts else "", call.lineno)
    mark = _MARK.search(ast.get_docstring(function) or "")
    return _Notice(mark[1], function.lineno) if mark else None


def _names_deprecation(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    kinds = [ast.unparse(each) for each in (*call.args[1:], *(each.value for each in call.keywords))]
    return name == "deprecated" or (name == "warn" and "DeprecationWarning" in kinds)
