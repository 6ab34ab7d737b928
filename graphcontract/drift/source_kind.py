"""Detects the kind of a source by its first 64 KiB; the file name is ignored."""

from __future__ import annotations

import re
import stat

from graphcontract.drift.model import Kind, Source, SourceError, reject_source
from graphcontract.drift.sdk_files import is_wheel

_HEAD = 64 * 1024  # enough to recognize every kind, also below a long comment
_COMMENTS = rb"\A\s*+(?:<!--(?>.*?-->)\s*+)*+"
_OPENAPI_KEY = rb"['\"]?(?:openapi|info|servers|tags|paths|components|security|externalDocs)['\"]?\s*+:"
_YAML_KEY = rb"(?:['\"]?x-[\w-]+['\"]?\s*+:|" + _OPENAPI_KEY + rb")"
GENERATED = re.compile(rb"^class \w+RequestBuilder\(BaseRequestBuilder\):", re.MULTILINE)
"""A generated request builder of a Kiota SDK for Python."""

_KINDS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = (
    ("csdl", re.compile(rb"\A\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--(?>.*?-->)\s*+)*+<(?:\w+:)?Edmx\b", re.DOTALL)),
    ("snapshot", re.compile(rb'\A\s*+\{[^{]*?"snapshot"\s*:')),
    ("openapi", re.compile(rb"\A\s*+\{(?:[^{}\[]*?,)?\s*['\"]?openapi['\"]?\s*:")),
    ("openapi", re.compile(rb"\A\s*+\{\s*+" + _OPENAPI_KEY)),  # its members may be sorted
    ("run", re.compile(rb'\A\s*+\{\s*"log"\s*:|\A\s*+\{[^{\n]*?"event"\s*:\s*"header"')),
    ("permissions", re.compile(rb'\A\s*+\{[^{\[]*?"permissions"\s*:\s*\{')),
    ("openapi", re.compile(rb"\A(?:[ \t]*+(?:#[^\n]*+)?\n|---[ \t]*+\n)*+" + _YAML_KEY)),
    ("sdk", GENERATED),
    ("sdk", re.compile(rb"^[\w.]++(?:::\|(?:static\|)?public\||-->|::\d{4}-)", re.MULTILINE)),
    ("page", re.compile(rb"\A\s*+---[ \t]*\n|^ {0,3}#{1,6}\s|blockType|\[!INCLUDE", re.MULTILINE)),
)
_ZIP = b"PK\x03\x04"
_PACKED = {b"\xfd7zXZ\x00": "xz", b"\x1f\x8b": "gzip", _ZIP: "zip", b"BZh": "bzip2"}
_HTML = re.compile(_COMMENTS + rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_SWAGGER = re.compile(
    rb"^['\"]?swagger['\"]?\s*+:|\A\s*+\{(?:[^{}\[]*?,)?\s*['\"]?swagger['\"]?\s*:", re.MULTILINE
)
_OUTDATED = ("it is Swagger 2.0, and only OpenAPI 3 is supported", "Convert it to OpenAPI 3.")
_RENDERED = (
    "it is HTML: a rendered page, or the response of a proxy or sign-in page",
    "Give the Markdown source of the page, or the file itself.",
)
_OTHER = (
    "it is not a documentation page, permissions.json, CSDL, OpenAPI description, SDK or recorded run",
    "Give one of these. If it should be one, check that it was fetched completely.",
)


def detect_kind(source: Source) -> Kind:
    """Detect a source's kind; raises `NotASource` for another file, `SourceError` if it is unreadable."""
    head = read_head(source)
    if head.startswith(_ZIP) and is_wheel(source.path):
        return "sdk"
    problem = _explain_unusable(head)
    kind = None if problem else next((kind for kind, begins in _KINDS if begins.search(head)), None)
    if kind is None:
        raise reject_source(source, *(problem or _OTHER))
    return kind


def is_generated_code(source: Source) -> bool:
    """Whether a source of the kind `sdk` is generated code, a wheel or one file, and not an API export."""
    head = read_head(source)
    return head.startswith(_ZIP) or GENERATED.search(head) is not None


def read_head(source: Source) -> bytes:
    """Read the first 64 KiB, with plain line ends; `SourceError` if the file is unreadable."""
    try:
        mode = source.path.stat().st_mode
        if stat.S_ISREG(mode):
            with source.path.open("rb") as file:
                return file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
        is_folder = stat.S_ISDIR(mode)
        problem = "this is a folder" if is_folder else "this is not a regular file"
        hint = "Give a file in it." if is_folder else "Give a file."
    except FileNotFoundError:
        problem, hint = "this file does not exist", "Give the path of a file that exists."
    except OSError as error:
        problem, hint = f"it cannot be read: {error.strerror}", "Give a readable file."
    except ValueError:
        problem, hint = "this is not a valid file name", "Give the path of a file."
    raise SourceError(f"{source.name}: {problem}", hint)


def _explain_unusable(head: bytes) -> tuple[str, str] | None:
    """Why a file is not a source, and what to do; None if it may be one."""
    if not head.strip():
        return "it is empty", "Fetch it again."
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            return f"it is compressed with {name}", "Decompress it first."
    if b"\0" in head:
        return "it is binary, and a source is text", "Give the page or the description itself."
    if _SWAGGER.search(head):
        return _OUTDATED
    return _RENDERED if _HTML.match(head) else None
