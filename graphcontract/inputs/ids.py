"""Draws task ids by input class: spellings, RFC 3986's character sets, Unicode, sizes, other notations.

A usable id has 1 to 2,048 characters, is not a dot segment, and contains no control character and no
surrogate. The keywords of a parameter's JSON Schema restrict the classes.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.inputs import id_texts
from graphcontract.inputs.partitions import Partitions
from graphcontract.inputs.strings import ALPHANUMERIC, between, controls, mixture, repeat_to_length, word

_LONGEST = 2048  # characters of the longest usable id
_ANY_TEXT: Mapping[str, Any] = {"type": "string"}

_KEYWORDS = {"type", "format", "pattern", "enum", "minLength", "maxLength", "description", "in", "name"}
_GUID_LENGTH = 36
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_LETTER = 0x0A  # bits that make a GUID's last hex digit a letter
_INTEGERS = {
    "integer-small": (0, 999),
    "integer-negative": (-999, -1),
    "integer-over-31-bits": (2**31, 2**32),
    "integer-over-53-bits": (2**53 + 1, 2**54),
    "integer-over-63-bits": (2**63, 2**64),
}

# Draws or lists texts of a class whose lengths are between two bounds; None if the class has no such text.
_Within = Callable[[int, int], SearchStrategy[str] | Sequence[str] | None]


@dataclass(frozen=True, slots=True)
class PathNames:
    """Names in a contract's path: an id that equals one of them must not be taken for it."""

    operation: str = "close"
    version: str = "beta"
    parameter: str = "itemId"

    @staticmethod
    def of(contract: Contract) -> PathNames:
        """Give the operation, or the last literal segment, the version, and the parameter."""
        request = contract.request
        segments = [segment.partition("(")[0] for segment in request.path.split("/")]
        literals = [segment for segment in segments if segment and not segment.startswith("{")]
        operation = contract.bound_operation or next(reversed(literals), request.version)
        return PathNames(operation, request.version, next(iter(request.parameters), "parameter"))


def task_ids(schema: Mapping[str, Any] = _ANY_TEXT, names: PathNames = PathNames()) -> Partitions[str]:
    """Draw usable ids that the parameter's schema allows; classes that it excludes entirely are missing.

    Some ids are made of the `names` in the path. ValueError for a schema with an unsupported keyword, or that
    allows no usable id.
    """
    return _make_classes(json.dumps(dict(schema)), names)


# A run makes calls of the same parameters for each of its tests. To make their strategies takes 15 ms.
@lru_cache(maxsize=256)
def _make_classes(spelled: str, names: PathNames) -> Partitions[str]:
    schema: Mapping[str, Any] = json.loads(spelled)
    if unknown := set(schema) - _KEYWORDS:
        raise ValueError(f"cannot draw ids for a schema with {', '.join(sorted(unknown))}")
    if "format" in schema and (schema["format"] != "uuid" or "pattern" in schema):
        raise ValueError("cannot draw ids for a format other than uuid, or a format together with a pattern")
    partitions = _narrow(schema, names)
    if not partitions:
        raise ValueError(f"the schema does not allow any usable id: {dict(schema)}")
    return partitions


def plain(schema: Mapping[str, Any] = _ANY_TEXT) -> SearchStrategy[str]:
    """Draw ordinary ids: GUIDs if the schema allows all of them."""
    partitions = task_ids(schema)
    return guids() if "guid" in partitions else partitions.any()


def distinguish(value: str, index: int, schema: Mapping[str, Any] = _ANY_TEXT) -> str:
    """Change a value that another parameter of the same call has, if it stays in its input class.

    `index` is the parameter's, counted from 0: up to 9 changed values differ from each other.
    """
    if schema.get("type") == "integer":
        return str(int(value) + index)
    if _GUID.fullmatch(value):
        return f"{(int(value[0], 16) + index) % 10}{value[1:]}"
    most = min(_LONGEST, schema.get("maxLength", _LONGEST))
    is_free = schema.keys().isdisjoint(("enum", "pattern")) and len(value) < most
    has_mark = not value.isalnum() and value[-1:].isascii() and value[-1:].isalnum()
    return f"{value}{index}" if is_free and has_mark else value


def guids() -> SearchStrategy[str]:
    """Draw lower-case GUIDs of any version with at least one letter, and so never the nil GUID, which a
    client may reject.
    """
    return st.binary(min_size=16, max_size=16).map(
        lambda drawn: str(uuid.UUID(bytes=bytes((*drawn[:15], drawn[15] | _LETTER))))
    )


def derive_plain(text: str, schema: Mapping[str, Any] = _ANY_TEXT) -> str | None:
    """Derive an ordinary id from a text: a GUID as `guids` draws them, or None if the schema excludes it."""
    if "guid" not in task_ids(schema):
        return None
    digest = hashlib.sha256(text.encode()).digest()
    return str(uuid.UUID(bytes=bytes((*digest[:15], digest[15] | _LETTER))))


def unusable_task_ids() -> Partitions[str]:
    """Draw ids that cannot be a path segment: the empty one and the dot segments (RFC 3986 3.3)."""
    return Partitions({"empty": st.just(""), "dot": st.just("."), "dot-dot": st.just("..")})


def control_task_ids() -> Partitions[str]:
    """Draw ids with control characters, a class for each kind."""
    return controls()


def _narrow(schema: Mapping[str, Any], names: PathNames) -> Partitions[str]:
    if "enum" in schema:
        return _draw_enum(schema["enum"])
    if schema.get("type") == "integer":
        return Partitions({name: st.integers(*bounds).map(str) for name, bounds in _INTEGERS.items()})
    least, most = max(1, schema.get("minLength", 1)), min(_LONGEST, schema.get("maxLength", _LONGEST))
    if "pattern" in schema:
        return _draw_matching(schema["pattern"], least, most)
    classes = _classes(names)
    if schema.get("format") == "uuid":
        classes = {name: classes[name] for name in ("guid", "guid-upper")}
    drawn = {name: within(least, most) for name, within in classes.items()}
    return Partitions({name: each for name, each in drawn.items() if each is not None})


def _draw_enum(values: list[object]) -> Partitions[str]:
    usable = [text for text in map(str, values) if _is_usable(text)]
    return Partitions({"enum": usable} if usable else {})


def _draw_matching(pattern: str, least: int, most: int) -> Partitions[str]:
    try:
        regex = re.compile(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is not a regular expression: {error}") from None

    def is_allowed(id: str) -> bool:
        return least <= len(id) <= most and _is_usable(id) and regex.search(id) is not None

    # JSON Schema's patterns are not anchored, and their character classes are ASCII.
    printable = st.characters(exclude_categories=("Cc", "Cs"))
    drawn = st.from_regex(regex, fullmatch=False, alphabet=printable)
    return Partitions({"pattern": drawn.filter(is_allowed)})


def _is_usable(id: str) -> bool:
    excluded = id in ("", ".", "..") or len(id) > _LONGEST
    return not excluded and not any(unicodedata.category(character) in ("Cc", "Cs") for character in id)


def _list(*texts: str) -> _Within:
    return lambda least, most: [text for text in texts if least <= len(text) <= most] or None


def _draw_fixed(texts: SearchStrategy[str], length: int) -> _Within:
    return lambda least, most: texts if least <= length <= most else None


def _draw_elastic(texts: SearchStrategy[str], shortest: int = 1, filler: str = "x") -> _Within:
    """Texts that still belong to their class if they are cut to `shortest` characters, or padded with
    fillers.
    """

    def within(least: int, most: int) -> SearchStrategy[str] | None:
        return texts.map(lambda text: text.ljust(least, filler)[:most]) if most >= shortest else None

    return within


def _draw_mixed(*pieces: str) -> _Within:
    return _draw_elastic(mixture(pieces), shortest=1 + max(map(len, pieces)))


def _draw_in_alphabet(alphabet: str) -> _Within:
    return _draw_elastic(st.text(alphabet, min_size=1, max_size=12))


def _classes(names: PathNames) -> dict[str, _Within]:
    return _spellings() | _make_reserved_classes() | _notations(names) | _scripts() | _sizes()


def _spellings() -> dict[str, _Within]:
    """Classes by the characters of an id: hex digits, letters, digits."""
    return {
        "guid": _draw_fixed(guids(), _GUID_LENGTH),
        "guid-upper": _draw_fixed(guids().map(str.upper), _GUID_LENGTH),
        "guid-braced": _draw_fixed(guids().map(lambda guid: f"{{{guid}}}"), _GUID_LENGTH + 2),
        "guid-urn": _draw_fixed(guids().map("urn:uuid:".__add__), _GUID_LENGTH + 9),
        "guid-compact": _draw_fixed(guids().map(lambda guid: guid.replace("-", "")), 32),
        "opaque": _draw_elastic(st.text(ALPHANUMERIC, max_size=62).map("aZ".__add__), shortest=2),
        "digits": _draw_elastic(st.text(string.digits, max_size=12).map("0".__add__), filler="0"),
        "many-digits": _draw_elastic(
            st.text(string.digits, min_size=20, max_size=40).map("9".__add__), shortest=20, filler="0"
        ),
        **{name: _list(*literals) for name, literals in id_texts.LITERALS.items()},
        "letter-case": _draw_elastic(
            st.text(string.ascii_letters, max_size=22).map("aZ".__add__), shortest=2
        ),
    }


def _make_reserved_classes() -> dict[str, _Within]:
    """Classes by RFC 3986's character sets, and texts that look like percent-encodings."""
    return {
        "unreserved": _draw_elastic(
            mixture(("-", ".", "_", "~", "..", "...")).map(lambda id: id if _is_usable(id) else f"{id}x"),
            shortest=4,
        ),
        "gen-delims": _draw_mixed(*":/?#[]@"),
        "sub-delims": _draw_mixed(*"!$&'()*+,;="),
        "unsafe": _draw_mixed(*' "<>\\^`{|}'),
        "percent": _draw_mixed("%41", "%2F", "%252F", "%C3%A9", "%2e%2e", "%20", "%00", "%25"),
        "percent-reserved": _draw_mixed("%2B", "%3D", "%40", "%27", "%3a"),
        "percent-malformed": _draw_mixed("%", "%zz", "100%", "%u0041", "%G1"),
        "plus-space": _list("a+b c", "a b+c", "a+ b", "a +b", "a++b  c", "1+1 = 2"),
        "dots-alone": _list("...", "....", ".. ", " ."),
        **{f"edge-{name}": _draw_edged(*edges) for name, edges in id_texts.EDGES.items()},
    }


def _draw_edged(*edges: str) -> _Within:
    """A letter with an edge on both sides, or on one side; the simplest has it on both."""
    both = [f"{lead}a{tail}" for lead, tail in product(edges, repeat=2)]
    one = [each for edge in edges for each in (f"{edge}a", f"a{edge}")]
    return _list(*both, *one)


def _notations(names: PathNames) -> dict[str, _Within]:
    """Classes that look like another notation: quotes, templates, paths, URLs, markup."""
    return {
        "quotes": _draw_mixed("'", "''", '"'),
        "template-like": _draw_mixed(*id_texts.TEMPLATES, f"{{{names.parameter}}}"),
        "variables": _list("$$", "a$$b", "$HOME", "${HOME}", "~/a"),
        "path-names": _list(names.operation, names.version, "$count", "$ref", "me"),
        "url-like": _list(*id_texts.URLS),
        "path-like": _draw_mixed("../", "/..", "/./", "./", "//"),
        "dot-segments": _list("./a", "a/../b", "../a"),
        "url-parts": _draw_mixed(";a=b", "?x=y", "#z", f"/{names.operation}", "@b", ":b"),
        "url-parameters": _list("a;jsessionid=1", "a;v=1", "a;"),
        "markup-like": _draw_mixed("&amp;", "&#39;", "\\u0041", "\\n", "<b>", "<!--", "]]>", "\\"),
        **{name: _list(*texts) for name, texts in id_texts.NOTATIONS.items()},
        "path-parts": _list(f"{names.operation}er", "v1.0", "a/v1.0/b", "$batch"),
        "entities": _list("&copy;", "a&copy;b&lt;c", "&#x41;&quot;", "a&eacute;b"),
    }


def _scripts() -> dict[str, _Within]:
    """Classes that are hard in Unicode: equivalence, letter case, planes, direction, invisible characters."""
    composed = st.text(_canonical(), min_size=1, max_size=8)
    return {
        "composed": _draw_elastic(composed),
        "decomposed": _draw_elastic(composed.map(lambda id: unicodedata.normalize("NFD", id)), shortest=2),
        "compatibility": _draw_mixed(*"ﬁ\u212b²\u2126½①Ａ／．％ﷺ㎏ª"),
        "case-folding": _draw_mixed(*"ßİſ\u212aςıẞŉǰΣ"),
        "latin1": _draw_in_alphabet("".join(map(chr, range(0xA1, 0x100))).replace("\u00ad", "")),
        "bmp": _draw_in_alphabet(_other_letters()),
        "astral": _draw_mixed("😀", "𠀀", "👩\u200d💻", "🏳\ufe0f\u200d🌈", "👍🏽", "🇩🇪", "𐐷", "\U0010fffd"),
        "right-to-left": _draw_in_alphabet(between(0x5D0, 0x5EA) + between(0x621, 0x64A)),
        "script-digits": _list("٠١٢٣", "१२३", "１２３", "𝟙𝟚𝟛", "²³", "1٢3"),
        "typographic": _draw_mixed(*"\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2212\ufffd\xb5"),
        "noncharacters": _draw_mixed("\ufffe", "\uffff", "\ufdd0", "\U0001ffff"),
        "invisible": _draw_mixed(*"\u200b\u200d\ufeff\u00ad\u202e\u2028\u2029\u00a0\u2060"),
    }


def _canonical() -> str:
    """Give letters that NFC does not change and NFD decomposes: Latin, Kana, Hangul."""
    letters = (
        between(0xC0, 0x17F) + between(0x1EA0, 0x1EFF) + between(0x304B, 0x3062) + between(0xAC00, 0xAC1F)
    )
    return "".join(
        letter
        for letter in letters
        if unicodedata.normalize("NFC", letter) == letter != unicodedata.normalize("NFD", letter)
    )


def _other_letters() -> str:
    """Give Greek, Cyrillic, Devanagari, Thai, Hiragana, Han and Hangul letters: 2 or 3 bytes in UTF-8
    each.
    """
    blocks = ((0x3B1, 0x3C9), (0x430, 0x44F), (0x905, 0x939), (0xE01, 0xE2E))
    return "".join(
        between(*block) for block in (*blocks, (0x3041, 0x3060), (0x4E00, 0x4E20), (0xAC01, 0xAC10))
    )


def _sizes() -> dict[str, _Within]:
    """Classes by length: one character, and very many."""
    units = st.text(ALPHANUMERIC, min_size=1, max_size=8)
    mixed = st.tuples(st.text("é中😀ñ", min_size=1, max_size=4), word()).map("".join)
    return {
        "single": _list(*"0aZ !\"#$%&'()*+,-/:;<=>?@[\\]^_`{|}~é中"),
        "length-255": _long(units, 260, 256, 255, 257),
        "length-1k": _long(units, 1025, 1024, 1023, 1500),
        "length-2k": _long(units, _LONGEST, 2047),
        "long-mixed": _long(mixed, 1000, 300, 100),
        "long-encoded": _long(st.text("😀𠀀👍", min_size=1, max_size=4), 700, 1024),
    }


def _long(units: SearchStrategy[str], *lengths: int) -> _Within:
    """Repeat a unit up to one of the lengths; the simplest text has the first."""
    drawn = st.tuples(units, st.sampled_from(lengths)).map(lambda drawn: repeat_to_length(*drawn))
    return _draw_elastic(drawn, shortest=min(lengths))
