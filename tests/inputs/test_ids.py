"""Task ids: every class gives its own kind alone, all of it usable, and narrows as the schema says."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import quote

import pytest
from hypothesis.strategies import SearchStrategy

from graphcontract.inputs import ids
from tests.examples import count_examples

from . import contract, draws, smallest

LETTERS = set(string.ascii_lowercase)
WORD = set(string.ascii_letters + string.digits)


def matches(pattern: str) -> Callable[[str], bool]:
    return lambda id: re.fullmatch(pattern, id) is not None


def mixes(special: str) -> Callable[[str], bool]:
    return lambda id: bool(set(id) & set(special)) and set(id) <= set(special) | LETTERS


def edges(special: str) -> Callable[[str], bool]:
    return lambda id: id.strip(special) == "a" != id


def is_long(*lengths: int) -> Callable[[str], bool]:
    return lambda id: len(id) in lengths and id.isascii() and id.isalnum()


def holds(*pieces: str) -> Callable[[str], bool]:
    return lambda id: any(piece in id for piece in pieces)


def form(id: str, name: Literal["NFC", "NFD", "NFKC"]) -> str:
    return unicodedata.normalize(name, id)


def alternates_case(id: str) -> bool:
    return id.isascii() and id.lower() != id != id.upper()


def folds_oddly(id: str) -> bool:
    return not id.isascii() and (id.casefold() != id or id.upper().lower() != id)


def has_directions(id: str) -> bool:
    return all(unicodedata.bidirectional(character) in ("R", "AL") for character in id)


def has_malformed_percent(id: str) -> bool:
    return re.search(r"%(?![0-9A-Fa-f]{2})", id) is not None


def is_within(first: int, last: int) -> Callable[[str], bool]:
    return lambda id: all(first <= ord(character) <= last for character in id)


MEMBERS: dict[str, Callable[[str], bool]] = {
    "guid": matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "guid-upper": lambda id: matches("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")(id) and id != id.lower(),
    "guid-braced": matches(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"),
    "guid-urn": matches(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "guid-compact": matches("[0-9a-f]{32}"),
    "opaque": lambda id: set(id) <= WORD and alternates_case(id) and len(id) <= 64,
    "digits": matches(r"0\d*"),
    "many-digits": matches(r"9\d{20,40}"),
    "null-like": matches("(?i:null|none|nil|undefined)"),
    "boolean-like": matches("(?i:true|false)"),
    "number-like": matches(r"[+-]?\d[\d._]*(e\d+)?|0[xb]\d+"),
    "not-a-number": matches("(?i:nan|-?infinity)"),
    "letter-case": lambda id: id.isalpha() and alternates_case(id),
    "unreserved": mixes("-._~"),
    "gen-delims": mixes(":/?#[]@"),
    "sub-delims": mixes("!$&'()*+,;="),
    "unsafe": mixes(' "<>\\^`{|}'),
    "percent": lambda id: re.search("%[0-9A-Fa-f]{2}", id) is not None and not has_malformed_percent(id),
    "percent-reserved": matches(".*%(2B|3D|40|27|3a).*"),
    "percent-malformed": has_malformed_percent,
    "plus-space": lambda id: "+" in id and " " in id and id.strip("+ ") == id,
    "dots-alone": lambda id: id.strip(". ") == "",
    "edge-spaces": edges(" "),
    "edge-no-break-spaces": edges("\u00a0\ufeff"),
    "edge-wide-spaces": edges("\u3000\u2003"),
    "edge-dots": edges(". "),
    "edge-slashes": edges("/"),
    "edge-backslashes": edges("\\"),
    "edge-quotes": edges("'\""),
    "edge-equals": edges("=&"),
    "quotes": mixes("'\""),
    "template-like": holds("{", "%s", "%(x)s", "$", "\\1"),
    "variables": holds("$", "~"),
    "path-names": matches(r"\$?[a-z]+"),
    "url-like": matches(r"([a-z]+:)?//.+"),
    "path-like": lambda id: "/" in id and set(id) <= set("./") | LETTERS,
    "dot-segments": matches(r"(\w/)?\.{1,2}/\w"),
    "url-parts": mixes(";=?#/@:"),
    "url-parameters": holds(";"),
    "markup-like": holds("&amp;", "&#39;", "\\", "<b>", "<!--", "]]>"),
    "date-like": matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{2}:[0-9]{2}"),
    "decimal-like": matches("[0-9]+([.,][0-9]+)+"),
    "yaml-like": matches("yes|off|~|0x[0-9A-F]+"),
    "account-like": matches(r".*@.*|[A-Z]+\\[A-Za-z]+"),
    "file-like": matches(r"a\.json|C:\\a|CON|-a"),
    "shell-like": matches(r"\$\(id\)|`id`|%PATH%|a; id"),
    "template-marks": matches(r"#\{id\}|<%= id %>|\{\}|%d"),
    "enclosed": matches(r"\(a\)|<a>|\[.*\]|/\*a\*/"),
    "outer-marks": edges("?+~,_-@*"),
    "outer-punctuation": edges("!?;~:_%"),
    "graph-like": matches(r"[\w-]+=|19:.*@thread\.v2|b!.*|contoso.*|S-1-[\d-]+|\d_.*|root:|delta"),
    "word-like": matches(r"[aAb][-_ .]?[Bb1]|_a"),
    "doubled": matches(r"a([^\w]|_)\1b"),
    "base64-like": matches(r"[A-Za-z0-9+/_-]{3,4}|[A-Za-z+8/0-9]+={1,2}"),
    "regex-like": lambda id: bool(set(id) & set(".*^$\\|?[+")),
    "json-like": matches(r'[{\["].*[}\]"]|\d,\d'),
    "odata-like": matches(r"[a-z]*'.*'|a eq 1|a\(1\)|id=1|[@$].*"),
    "network-like": matches(r"\[?::1\]?|localhost|.*[:/]\w.*|data:,a|([0-9A-F]{2}-){5}5E"),
    "amount-like": matches(r"[-$#]?\d+([,./]\d)?(%|st| kg)?"),
    "prefixed": matches(r"(id|ID|urn|x|0x|no\.|\+49)[:-]?.*"),
    "path-parts": matches(r".*(cancel|close|v1\.0|\$batch).*"),
    "entities": matches(".*&#?[a-zA-Z0-9]+.*"),
    "composed": lambda id: form(id, "NFC") == id != form(id, "NFD"),
    "decomposed": lambda id: form(id, "NFD") == id != form(id, "NFC"),
    "compatibility": lambda id: form(id, "NFKC") != id,
    "case-folding": folds_oddly,
    "latin1": is_within(0xA1, 0xFF),
    "bmp": lambda id: id.isalpha() and is_within(0x100, 0xFFFF)(id),
    "astral": lambda id: any(ord(character) > 0xFFFF for character in id),
    "right-to-left": has_directions,
    "script-digits": lambda id: id.isdigit() and not id.isascii(),
    "typographic": matches(".*[\u2018-\u201d\u2013\u2014\u2026\u2212\ufffd\xb5].*"),
    "noncharacters": lambda id: any(ord(one) & 0xFFFE == 0xFFFE or one == "\ufdd0" for one in id),
    "invisible": lambda id: any(unicodedata.category(one) in ("Cf", "Zs", "Zl", "Zp") for one in id),
    "single": lambda id: len(id) == 1 and id.isprintable(),
    "length-255": is_long(255, 256, 257, 260),
    "length-1k": is_long(1023, 1024, 1025, 1500),
    "length-2k": is_long(2047, 2048),
    "long-mixed": lambda id: not id.isascii() and len(id) in (100, 300, 1000),
    "long-encoded": lambda id: len(quote(id, safe="")) > 8192,
}


# What is left of a class where its texts are cut, or padded with x (digits with 0), to fit a schema.
FITTED: dict[str, Callable[[str], bool]] = {
    "opaque": lambda id: set(id) <= WORD and alternates_case(id),
    "digits": str.isdigit,
    "many-digits": str.isdigit,
    "percent": lambda id: re.search("%[0-9A-Fa-f]{2}", id) is not None,
    **dict.fromkeys(("length-255", "length-1k", "length-2k"), str.isalnum),
    "long-mixed": lambda id: not id.isascii(),
    "long-encoded": lambda id: not id.isascii(),
}


def is_usable(id: str) -> bool:
    excluded = any(unicodedata.category(character) in ("Cc", "Cs") for character in id)
    return 1 <= len(id) <= 2048 and id not in (".", "..") and not excluded


def test_the_classes_are_these() -> None:
    assert list(ids.task_ids()) == list(MEMBERS)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_class_draws_usable_members_alone(name: str) -> None:
    drawn = draws(ids.task_ids()[name], count_examples(60))
    assert [id for id in drawn if not MEMBERS[name](id)] == []
    assert [id for id in drawn if not is_usable(id)] == []


# What makes a member of these is longer than a few characters, however simple it is.
WORDS = ("account", "date", "graph", "guid", "json", "leng", "long", "many", "odata", "path", "url")


@pytest.mark.parametrize("name", MEMBERS)
def test_the_simplest_of_a_class_is_short_and_comes_first(name: str) -> None:
    strategy = ids.task_ids()[name]
    first = draws(strategy, 1)[0]
    assert first == smallest(strategy, lambda _: True)
    assert len(first) <= 6 or name.startswith(WORDS)


@pytest.mark.parametrize(
    ("name", "characters"),
    [
        ("unreserved", "-._~"),
        ("gen-delims", ":/?#[]@"),
        ("sub-delims", "!$&'()*+,;="),
        ("unsafe", ' "<>\\^`{|}'),
        ("quotes", "'\""),
        ("invisible", "\u200b\u200d\ufeff\u00ad\u202e\u2028\u2029\u00a0"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_few_draws_show_every_character(name: str, characters: str, seed: int) -> None:
    assert set(characters) <= set("".join(draws(ids.task_ids()[name], 5, seed)))


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("percent", ["%41", "%2F", "%252F", "%C3%A9", "%2e%2e", "%00"]),
        ("percent-malformed", ["%zz", "100%", "%u0041"]),
        ("template-like", ["{id}", "{0}", "%s", "${x}", "$value", "{{x}}", "\\1", "$1"]),
        ("markup-like", ["&amp;", "&#39;", "\\u0041", "\\n", "<b>"]),
        ("unreserved", ["..."]),
    ],
)
def test_a_few_draws_show_every_piece(name: str, pieces: list[str]) -> None:
    drawn = draws(ids.task_ids()[name], 5)
    assert [piece for piece in pieces if not any(piece in id for id in drawn)] == []


@pytest.mark.parametrize(
    ("name", "character"),
    [("sub-delims", "'"), ("gen-delims", "#"), ("unsafe", "|"), ("percent", "%2F"), ("invisible", "\ufeff")],
)
def test_shrinks_to_the_character_that_matters(name: str, character: str) -> None:
    assert smallest(ids.task_ids()[name], lambda id: character in id) == character


@pytest.mark.parametrize(
    ("name", "wanted", "id"),
    [
        ("opaque", lambda id: len(id) > 4, "aZ000"),
        ("digits", lambda id: id != "0", "00"),
        ("latin1", lambda id: "é" in id, "é"),
        ("decomposed", lambda _: True, "A\u0300"),
        ("guid", lambda _: True, "00000000-0000-0000-0000-00000000000a"),
    ],
)
def test_shrinks_to_a_readable_id(name: str, wanted: Callable[[str], bool], id: str) -> None:
    assert smallest(ids.task_ids()[name], wanted) == id


@pytest.mark.parametrize(
    ("name", "first"), [("length-255", 260), ("length-1k", 1025), ("length-2k", 2048), ("long-mixed", 1000)]
)
def test_long_ids_begin_with_one_that_is_cut_wherever_others_are(name: str, first: int) -> None:
    drawn = draws(ids.task_ids()[name], 40)
    assert len(drawn[0]) == first
    assert len({len(id) for id in drawn}) > 1


@pytest.mark.parametrize("name", [name for name in MEMBERS if name.startswith("edge-")])
def test_edges_are_on_both_sides_first_and_on_either(name: str) -> None:
    drawn = draws(ids.task_ids()[name], 60)
    sides = [(not id[0].isalpha(), not id[-1].isalpha()) for id in drawn]
    assert sides[0] == (True, True)
    assert {(True, False), (False, True)} <= set(sides)


@pytest.mark.parametrize(
    ("name", "first"),
    [("null-like", "null"), ("boolean-like", "true"), ("number-like", "1e5"), ("not-a-number", "NaN")],
)
def test_literals_begin_with_the_commonest(name: str, first: str) -> None:
    assert draws(ids.task_ids()[name], 1) == [first]


def test_guids_are_lower_case_and_never_nil() -> None:
    drawn = draws(ids.guids(), 100)
    assert all(MEMBERS["guid"](id) and id != id.upper() for id in drawn)
    assert len({id[14] for id in drawn}) > 8


def test_unusable_ids() -> None:
    partitions = ids.unusable_task_ids()
    assert {name: draws(partitions[name], 3) for name in partitions} == {
        "empty": [""],
        "dot": ["."],
        "dot-dot": [".."],
    }


def test_control_ids_are_not_usable() -> None:
    assert "crlf-field" in ids.control_task_ids()
    assert not any(is_usable(id) for id in draws(ids.control_task_ids().any(), 100))


def test_an_enumeration_is_all_there_is() -> None:
    partitions = ids.task_ids({"type": "string", "enum": ["a", "b/c", "", "..", "x\ny"]})
    assert list(partitions) == ["enum"]
    assert set(draws(partitions["enum"], 20)) == {"a", "b/c"}


def test_numbers_of_an_enumeration_are_spelled() -> None:
    assert draws(ids.task_ids({"type": "integer", "enum": [7]})["enum"], 3) == ["7"]


def test_the_format_uuid_leaves_guids() -> None:
    assert list(ids.task_ids({"type": "string", "format": "uuid"})) == ["guid", "guid-upper"]


@pytest.mark.parametrize("pattern", ["^[0-9a-f]{4}$", "^t-", "x", r"^\d+$"])
def test_a_pattern_is_searched_for(pattern: str) -> None:
    partitions = ids.task_ids({"type": "string", "pattern": pattern, "maxLength": 40})
    assert list(partitions) == ["pattern"]
    for id in draws(partitions["pattern"], 30):
        assert re.search(pattern, id, re.ASCII)
        assert is_usable(id)
        assert len(id) <= 40


def test_integers_are_spelled_in_decimals() -> None:
    partitions = ids.task_ids({"type": "integer"})
    drawn = [int(id) for name in partitions for id in draws(partitions[name], 20)]
    assert min(drawn) < 0
    assert max(drawn) >= 2**63
    assert all(str(int(id)) == id for id in draws(partitions.any(), 50))


@pytest.mark.parametrize(
    "bounds", [(1, 1), (1, 8), (3, 3), (5, 40), (40, 100), (36, 36), (300, 2048), (2048, 2048)]
)
def test_lengths_are_kept_and_members_stay_members(bounds: tuple[int, int]) -> None:
    least, most = bounds
    partitions = ids.task_ids({"type": "string", "minLength": least, "maxLength": most})
    for name, strategy in partitions.items():
        for id in draws(strategy, count_examples(15)):
            assert least <= len(id) <= most, name
            assert is_usable(id), name
            belongs = FITTED.get(name, MEMBERS[name])
            assert belongs(id) or belongs(id.rstrip("x")), name


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/me/messages/{messageId}/archive", "archive"),
        ("POST", "/cases/{messageId}/microsoft.graph.security.close", "close"),
        ("DELETE", "/users/{messageId}", "users"),
        ("PUT", "/{messageId}", "v1.0"),
    ],
)
def test_names_of_the_path_are_those_of_the_contract(method: str, path: str, operation: str) -> None:
    made = contract()
    request = replace(
        made.request, method=method, path=path, version="v1.0", parameters={"messageId": {"type": "string"}}
    )
    names = ids.PathNames.of(replace(made, request=request))
    assert names == ids.PathNames(operation, "v1.0", "messageId")
    partitions = ids.task_ids(names=names)
    with_names = ("path-names", "url-parts", "template-like")
    drawn = {name: "".join(draws(partitions[name], 60)) for name in with_names}
    assert operation in drawn["path-names"]
    assert f"/{operation}" in drawn["url-parts"]
    assert "{messageId}" in drawn["template-like"]


def test_classes_that_cannot_be_of_a_length_are_left_out() -> None:
    partitions = ids.task_ids({"type": "string", "maxLength": 8})
    assert not {"guid", "guid-compact", "template-like", "length-255", "long-mixed"} & set(partitions)
    assert {"opaque", "single", "sub-delims", "percent", "null-like"} <= set(partitions)
    assert "single" not in ids.task_ids({"type": "string", "minLength": 2})


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string", "minimum": 3}, "minimum"),
        ({"type": "string", "format": "date"}, "other than uuid"),
        ({"type": "string", "format": "uuid", "pattern": "a"}, "together with a pattern"),
        ({"type": "string", "pattern": "("}, "is not a regular expression"),
        ({"type": "string", "enum": [""]}, "not allow any usable id"),
        ({"type": "string", "maxLength": 0}, "not allow any usable id"),
    ],
)
def test_a_schema_that_leaves_nothing_to_draw_is_an_error(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ids.task_ids(schema)


@pytest.mark.parametrize(
    ("schema", "is_guid"),
    [
        ({"type": "string", "description": "a task"}, True),
        ({"type": "string", "format": "uuid"}, True),
        ({"type": "string", "maxLength": 64}, True),
        ({"type": "string", "maxLength": 35}, False),
        ({"type": "string", "enum": ["a"]}, False),
        ({"type": "integer"}, False),
    ],
)
def test_plain_ids_are_guids_where_the_schema_admits_them(schema: dict[str, Any], is_guid: bool) -> None:
    plain: SearchStrategy[str] = ids.plain(schema)
    assert all(MEMBERS["guid"](id) is is_guid for id in draws(plain, 20))
