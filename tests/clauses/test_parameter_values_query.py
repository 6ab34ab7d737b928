"""The values of parameters in the query of a request, and in a request that is not valid HTTP/1.1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.parameter_values import ValueFault, find_query_faults
from graphcontract.wire import WireRequest
from tests.clauses import call, read, request
from tests.clauses.test_parameter_values import CHANNEL, JOB, Values, contract_of, path_faults, texts

QUERY = {"item": "@id", "depth": "depth"}


def query_faults(values: Values, sent: str | WireRequest) -> list[ValueFault]:
    asked = replace(call(), arguments={"job": "7"} | values)
    given = request(f"/beta/jobs/7/stop{sent}") if isinstance(sent, str) else sent
    names = {each: QUERY[each] for each in values}
    return list(find_query_faults(contract_of(JOB, **names), given, asked))


def malformed(target: str) -> WireRequest:
    """A request whose lines end with a line feed alone."""
    made = read(request(target).raw.replace(b"\r\n", b"\n"))
    assert made.malformed is not None
    return made


class TestMalformedRequest:
    @pytest.mark.parametrize(
        ("value", "sent", "found"),
        [
            pytest.param("a b", "a%20b", "", id="encoded"),
            pytest.param("a b", "a b", "space", id="space"),
            pytest.param("\u00e9", "\u00e9", "non-ascii", id="non-ascii-letter"),
            pytest.param("\u2028", "\u2028", "non-ascii", id="non-ascii"),
            pytest.param("a<b", "a<b", "unsafe", id="unsafe"),
            pytest.param("a< b", "a< b", "unsafe", id="first-of-two"),
            pytest.param("a b", "a?c d", "space", id="after-question-mark"),
            pytest.param("a/b", "a/b", "", id="delimiter"),
            pytest.param("a HTTP/b", "a HTTP/b", "space", id="like-a-version"),
            pytest.param("a<b", "ab", "", id="removed"),
        ],
    )
    def test_the_path_is_searched_for_the_characters_of_a_value(
        self, value: str, sent: str, found: str
    ) -> None:
        target = f"/beta/jobs/{sent}/stop"
        line = f"{target} HTTP/1.1".encode().decode("latin-1")
        expected = f'one segment that decodes to "{value}"'
        faults = path_faults(JOB, {"job": value}, malformed(target))
        assert faults == ([ValueFault("raw", expected, line, found)] if found else [])

    def test_the_query_is_left_out_if_there_are_query_parameters(self) -> None:
        values, names = {"job": "a b", "item": "x<"}, {"item": "@id"}
        broken = malformed("/beta/jobs/a%20b/stop?@id=x<y z")
        assert path_faults(JOB, values, broken, names) == []
        broken = malformed("/beta/jobs/a b/stop?@id=x<")
        expected = 'job: one segment that decodes to "a b"'
        assert path_faults(JOB, values, broken, names) == [
            ValueFault("raw", expected, "/beta/jobs/a b/stop", "space")
        ]

    def test_each_value_of_the_path(self) -> None:
        values = {"team": "a b", "channel": "c<d"}
        broken = malformed("/beta/teams/a b/channels/c<d/archive")
        assert [each.input for each in path_faults(CHANNEL, values, broken)] == ["space", "unsafe"]

    def test_empty_lines_before_the_request_line_are_left_out(self) -> None:
        broken = read(b"\r\n" + request("/beta/jobs/a b/stop").raw)
        (found,) = path_faults(JOB, {"job": "a b"}, broken)
        assert found.actual == "/beta/jobs/a b/stop HTTP/1.1"

    def test_fields_are_not_searched(self) -> None:
        broken = malformed("/beta/jobs/a%3Cb/stop")
        broken = replace(broken, raw=broken.raw.replace(b"Bearer ", b"Bearer a<b"))
        assert path_faults(JOB, {"job": "a<b"}, broken) == []

    def test_a_line_without_a_target(self) -> None:
        broken = read("caf\u00e9\r\n\r\n".encode())
        assert texts(path_faults(JOB, {"job": "\u00e9"}, broken)) == [("raw", "caf\u00c3\u00a9", "non-ascii")]

    @pytest.mark.parametrize(
        ("target", "found"),
        [
            pytest.param("/beta/jobs/7/stop?@id=a b", ["@id=a b HTTP/1.1"], id="query"),
            pytest.param("/beta/jobs/a b/stop?@id=a%20b", [], id="path"),
            pytest.param("/beta/jobs/7/stop?@id=a+b", [], id="plus"),
            pytest.param("/beta/jobs/7/stop", [], id="no-query"),
        ],
    )
    def test_the_query_is_searched_for_the_characters_of_a_value(self, target: str, found: list[str]) -> None:
        faults = query_faults({"item": "a b"}, malformed(target))
        assert faults == [ValueFault("raw", '@id with the value "a b"', each, "space") for each in found]

    def test_each_value_of_the_query(self) -> None:
        broken = malformed("/beta/jobs/7/stop?@id=a b&depth=<")
        faults = query_faults({"item": "a b", "depth": "<"}, broken)
        assert [each.input for each in faults] == ["space", "unsafe"]


class TestQuery:
    @pytest.mark.parametrize(
        ("value", "sent"),
        [
            pytest.param("a b", "?@id=a%20b", id="encoded-space"),
            pytest.param("a b", "?@id=a+b", id="plus-for-space"),
            pytest.param("a b", "?%40id=a%20b", id="encoded-name"),
            pytest.param("a+b", "?@id=a%2Bb", id="encoded-plus"),
            pytest.param("a/b?c", "?@id=a/b?c", id="allowed-in-a-query"),
            pytest.param("a=b", "?@id=a=b", id="equals-sign"),
            pytest.param("\u00e9", "?@id=%C3%A9", id="utf-8"),
            pytest.param("", "?@id=", id="empty"),
            pytest.param("", "?@id", id="no-equals-sign"),
            pytest.param("a", "?&@id=a&", id="empty-pairs"),
        ],
    )
    def test_conforming(self, value: str, sent: str) -> None:
        assert query_faults({"item": value}, sent) == []

    @pytest.mark.parametrize(
        ("value", "sent", "shown", "input"),
        [
            pytest.param("a b", "a%2520b", "a%20b", "space", id="encoded-twice"),
            pytest.param("a+b", "a+b", "a b", "sub-delim", id="plus-not-encoded"),
            pytest.param("a%20b", "a%20b", "a b", "percent", id="percent-not-encoded"),
            pytest.param("b", "c", "c", "unreserved", id="greater"),
            pytest.param("b", "a", "a", "unreserved", id="less"),
            pytest.param("B", "b", "b", "letter-case", id="other-case"),
            pytest.param("a#b", "a", "a", "gen-delim", id="cut"),
            pytest.param("\u00e9", "%E9", "\ufffd", "non-ascii", id="latin-1"),
        ],
    )
    def test_a_changed_value(self, value: str, sent: str, shown: str, input: str) -> None:
        assert query_faults({"item": value}, f"?@id={sent}") == [
            ValueFault("changed", f'@id with the value "{value}"', f'{sent} (decodes to "{shown}")', input)
        ]

    @pytest.mark.parametrize(
        ("value", "input"),
        [
            pytest.param("a[b", "gen-delim", id="gen-delim"),
            pytest.param("/?[<", "gen-delim", id="first-of-two"),
            pytest.param("a<[", "unsafe", id="first-of-two-reversed"),
            pytest.param("100%", "percent", id="percent"),
        ],
    )
    def test_a_value_that_is_not_encoded(self, value: str, input: str) -> None:
        faults = query_faults({"item": value}, f"?@id={value}")
        assert faults == [ValueFault("raw", f'@id with the value "{value}"', value, input)]

    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            pytest.param("", ("missing", '@id with the value "m"', "no query"), id="no-query"),
            pytest.param("?", ("missing", '@id with the value "m"', "no query"), id="empty-query"),
            pytest.param("?@id=m&@id=m", ("repeated", "@id once", "?@id=m&@id=m"), id="twice"),
            pytest.param("?@id=m&@id=n", ("repeated", "@id once", "?@id=m&@id=n"), id="two-values"),
            pytest.param("?@id=m&$top=1", ("unknown", "only @id", '"$top" in ?@id=m&$top=1'), id="unknown"),
            pytest.param("?@id=m&%24=1", ("unknown", "only @id", '"$" in ?@id=m&%24=1'), id="encoded"),
            pytest.param("?@id=m&a&z", ("unknown", "only @id", '"a" in ?@id=m&a&z'), id="two-unknown"),
            pytest.param("?z=1&@id=m", ("unknown", "only @id", '"z" in ?z=1&@id=m'), id="greater-before"),
        ],
    )
    def test_names(self, sent: str, expected: tuple[str, str, str]) -> None:
        assert query_faults({"item": "m"}, sent) == [ValueFault(*expected)]

    def test_a_name_in_another_case_is_unknown(self) -> None:
        assert query_faults({"item": "m"}, "?@ID=m") == [
            ValueFault("missing", '@id with the value "m"', "?@ID=m"),
            ValueFault("unknown", "only @id", '"@ID" in ?@ID=m'),
        ]

    def test_several_parameters(self) -> None:
        values = {"item": "m", "depth": "2"}
        assert query_faults(values, "?depth=2&@id=m") == []
        assert query_faults(values, "?@id=m") == [ValueFault("missing", 'depth with the value "2"', "?@id=m")]
        assert query_faults(values, "?@id=2&depth=2&x=1") == [
            ValueFault("changed", '@id with the value "m"', '2 (decodes to "2")', "unreserved"),
            ValueFault("unknown", "only @id, depth", '"x" in ?@id=2&depth=2&x=1'),
        ]
