"""Stub responses: how they are made, settled, and rendered for a request."""

from __future__ import annotations

import gzip
import json

import pytest

from graphcontract.http import stub_response
from graphcontract.http.stub_response import ResponseScript, Spelling, StubResponse, render
from graphcontract.wire import Fields, WireRequest


def a_request(*fields: tuple[str, str]) -> WireRequest:
    return WireRequest(at=0.0, raw=b"", method="POST", target="/", version="1.1", fields=fields)


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()


# made


def test_what_an_answer_and_a_script_leave_out() -> None:
    response, script = StubResponse(204), ResponseScript((StubResponse(204),))
    assert (response.fault, response.drip, response.close, response.framing) == (
        None,
        0.2,
        False,
        "content-length",
    )
    assert script.elsewhere == ()
    assert script.concerns(a_request())


def test_members_by_name() -> None:
    made = stub_response.stub(409, b"x", "text/plain", fault="half-content", drip=1.0, close=True)
    assert made == StubResponse(
        409, (("Content-Type", "text/plain"),), b"x", fault="half-content", drip=1.0, close=True
    )
    with pytest.raises(TypeError, match="no_such"):
        stub_response.stub(409, no_such=1)


def test_an_error_carries_its_request_id_twice() -> None:
    made = stub_response.plain_error(409)
    inner = json.loads(made.content)["error"]["innerError"]
    assert ("request-id", inner["request-id"]) in made.fields
    assert made.fields[0] == ("Content-Type", "application/json")


@pytest.mark.parametrize("request_id", ["caf\u00e9", "a\r\nb", 7, None])
def test_a_request_id_that_no_field_can_hold_is_in_the_content_alone(request_id: object) -> None:
    made = stub_response.error(409, {"error": {"innererror": {"request-id": request_id}}})
    assert [name for name, _ in made.fields] == ["Content-Type"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"error": {"innerError": {"request-id": "a"}}}, "a"),
        ({"error": {"innererror": {"request-id": "a"}}}, "a"),
        ({"error": {"innerError": {"request-id": "a"}, "innererror": {"request-id": "b"}}}, "a"),
        ({"error": {"innerError": {}}}, None),
        ({"error": {"innerError": "a"}}, None),
        ({"error": "invalid_grant"}, None),
        ([], None),
        (None, None),
    ],
)
def test_request_id_of(body: object, found: str | None) -> None:
    assert stub_response.request_id_of(body) == found


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 599])
def test_statuses_that_make_clients_wait_say_at_once(status: int) -> None:
    made = stub_response.at_once(StubResponse(status, (("retry-after", "9"), ("A", "b"))))
    assert made.fields == (("A", "b"), ("Retry-After", "0"))


@pytest.mark.parametrize("status", [None, 204, 400, 409])
def test_others_do_not(status: int | None) -> None:
    assert stub_response.at_once(StubResponse(status)) == StubResponse(status)


@pytest.mark.parametrize(
    ("spelling", "content"),
    [
        ("usual", '{"a": ["é", 1]}'),
        ("compact", '{"a":["é",1]}'),
        ("indented", '{\r\n  "a": [\r\n    "é",\r\n    1\r\n  ]\r\n}'),
        ("escaped", '{"a": ["\\u00e9", 1]}'),
    ],
)
def test_spellings_of_one_document(spelling: Spelling, content: str) -> None:
    document = {"a": ["é", 1]}
    assert stub_response.serialize(document, spelling) == content.encode()
    made = stub_response.error(409, document, spelling=spelling, close=True)
    assert (made.content, made.close) == (content.encode(), True)


# settled


def test_success_is_the_contracts() -> None:
    success, conflict = stub_response.settle((stub_response.success(), StubResponse(409)), 200, b"{}")
    assert success == StubResponse(200, (("Content-Type", "application/json"),), b"{}")
    assert conflict == StubResponse(409)


def test_what_success_brings_of_its_own_stays() -> None:
    own: Fields = (("Content-Type", "text/plain"),)
    (settled,) = stub_response.settle(
        (StubResponse(None, own, b"x", fault="closed", close=True),), 200, b"{}"
    )
    assert settled == StubResponse(200, own, b"x", fault="closed", close=True)


def test_what_is_not_settled_is_not_rendered() -> None:
    with pytest.raises(ValueError, match="settle it first"):
        render(stub_response.success(), a_request())


# rendered


def test_no_content() -> None:
    rendered = render(StubResponse(204, (("A", "b"),)), a_request())
    assert rendered.final == head("HTTP/1.1 204 No Content", "A: b")
    assert (rendered.status, rendered.fields, rendered.content) == (204, (("A", "b"),), b"")


@pytest.mark.parametrize(
    ("response", "framed"),
    [
        (StubResponse(409), head("Content-Length: 0")),
        (StubResponse(409, content=b"abc"), head("Content-Length: 3") + b"abc"),
        (StubResponse(204, content=b"abc"), head("Content-Length: 3") + b"abc"),
        (
            StubResponse(409, content=b"abc", framing="chunked"),
            head("Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
        ),
        (StubResponse(409, framing="chunked"), head("Transfer-Encoding: chunked") + b"0\r\n\r\n"),
        (StubResponse(409, content=b"abc", framing="to-the-end"), head("Connection: close") + b"abc"),
        (StubResponse(409, content=b"abc", framing="none"), b"\r\nabc"),
    ],
)
def test_framings(response: StubResponse, framed: bytes) -> None:
    line, _, rest = render(response, a_request()).final.partition(b"\r\n")
    assert line.startswith(b"HTTP/1.1 ")
    assert rest == framed


def test_before_and_after() -> None:
    rendered = render(StubResponse(204, interim=(100, 103), stray=b"x", close=True), a_request())
    assert rendered.before == head("HTTP/1.1 100 Continue") + head("HTTP/1.1 103 Early Hints")
    assert (rendered.stray, rendered.interim, rendered.close) == (b"x", (100, 103), True)
    assert rendered.fields == (("Connection", "close"),)


def test_fields_of_interim_answers() -> None:
    hinting = StubResponse(204, (("A", "b"),), interim=(100, 103), interim_fields=(("Link", "x"),))
    rendered = render(hinting, a_request())
    assert rendered.before == head("HTTP/1.1 100 Continue", "Link: x") + head(
        "HTTP/1.1 103 Early Hints", "Link: x"
    )
    assert rendered.final == head("HTTP/1.1 204 No Content", "A: b")


def test_a_head_of_another_spelling() -> None:
    rendered = render(StubResponse(204, (("A", "b"),), phrase="Done", gap="\t", interim=(100,)), a_request())
    assert rendered.before == head("HTTP/1.1 100 Continue")
    assert rendered.final == head("HTTP/1.1 204 Done", "A:\tb")
    assert render(StubResponse(204, phrase=""), a_request()).final == head("HTTP/1.1 204 ")


@pytest.mark.parametrize(
    "response", [StubResponse(409, version="1.0"), StubResponse(409, framing="to-the-end")]
)
def test_what_ends_with_the_connection_closes_it(response: StubResponse) -> None:
    rendered = render(response, a_request())
    assert rendered.close
    assert ("Connection", "close") in rendered.fields
    assert rendered.final.startswith(f"HTTP/{response.version} 409 Conflict\r\n".encode())


def test_a_status_without_a_name() -> None:
    assert render(StubResponse(499), a_request()).final.startswith(b"HTTP/1.1 499 \r\n")


@pytest.mark.parametrize(
    ("accepted", "coded"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("*", False),
        ("", False),
    ],
)
def test_gzip_for_whom_asks_for_it(accepted: str, coded: bool) -> None:
    rendered = render(StubResponse(409, content=b"abc", coded=True), a_request(("Accept-Encoding", accepted)))
    assert (("Content-Encoding", "gzip") in rendered.fields) is coded
    assert (gzip.decompress(rendered.content) if coded else rendered.content) == b"abc"
    assert ("Content-Length", str(len(rendered.content))) in rendered.fields


@pytest.mark.parametrize(
    ("sent", "returned"),
    [(["a"], ["a"]), (["a", "b"], ["a"]), ([], []), (["caf\xe9"], []), (["{self}"], ["{self}"])],
)
def test_the_first_client_request_id_is_returned(sent: list[str], returned: list[str]) -> None:
    request = a_request(*(("Client-Request-Id", value) for value in sent))
    rendered = render(StubResponse(204), request)
    assert [value for name, value in rendered.fields if name == "client-request-id"] == returned


@pytest.mark.parametrize(
    ("accepted", "coding", "found"),
    [
        ("GZIP", "gzip", "gzip"),
        ("gzip", "GZIP", "GZIP"),
        ("gzip, deflate", "deflate", "deflate"),
        ("gzip", "deflate", None),
        ("gzip, br;q=0", "br", None),
    ],
)
def test_content_is_encoded_if_the_client_accepts_the_coding(
    accepted: str, coding: str, found: str | None
) -> None:
    stub_response = StubResponse(409, content=b"abc", coded=True, coding=coding)
    rendered = render(stub_response, a_request(("Accept-Encoding", accepted)))
    assert dict(rendered.fields).get("Content-Encoding") == found
    assert (rendered.content == b"abc") == (found is None)


def test_brotli_is_one_uncompressed_block() -> None:
    made = render(
        StubResponse(409, content=b"x" * 300, coded=True, coding="br"), a_request(("Accept-Encoding", "br"))
    )
    # RFC 7932, 9.1 and 9.2: a window of 16 bits, not the last block, 4 nibbles of length, uncompressed.
    header = int.from_bytes(made.content[:3], "little")
    assert (header & 0b1111, header >> 4 & 0xFFFF, header >> 20) == (0, 299, 1)
    assert made.content[3:] == b"x" * 300 + b"\x03"


def test_chunks_in_capitals() -> None:
    rendered = render(StubResponse(409, content=b"abc", framing="chunked-in-capitals"), a_request())
    assert ("TRANSFER-ENCODING", "CHUNKED") in rendered.fields
    assert rendered.final.endswith(b"3\r\nabc\r\n0\r\n\r\n")


def test_chunk_sizes_with_zeros() -> None:
    rendered = render(StubResponse(409, content=b"abc", framing="chunked-with-zeros"), a_request())
    assert ("Transfer-Encoding", "chunked") in rendered.fields
    assert rendered.final.endswith(b"\r\n\r\n00000003\r\nabc\r\n00000000\r\n\r\n")
