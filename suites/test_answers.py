"""What the client makes of an answer that is no error."""

from dataclasses import replace

from hypothesis import strategies as st

from graphcontract import service
from graphcontract.exchange import Call
from graphcontract.inputs import Strata
from graphcontract.inputs.calls import guid_calls
from graphcontract.judging.gate import Gate
from graphcontract.service import Answer, answer, success
from graphcontract.suite import given, proves

JSON = b'{"id":"0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e","status":"cancelled"}'
POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
FIELDS = (("request-id", "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"), ("Date", "Wed, 12 Nov 2025 09:30:00 GMT"))


@proves("response.no-content")
@given(
    call=guid_calls,
    promised=Strata(
        {
            "plain": st.just(success()),
            "fields": st.just(replace(success(), fields=(*FIELDS, ("x-ms-ags-diagnostic", "{}")))),
            "zero-length": st.just(replace(success(), fields=(("Content-Length", "0"),))),
            "closing": st.just(replace(success(), close=True)),
            "typed": st.just(replace(success(), fields=(("Content-Type", "application/json"),))),
            "vary": st.just(replace(success(), fields=(("Cache-Control", "no-cache"), ("Vary", "Accept")))),
        }
    ),
)
def test_promised_answer(gate: Gate, call: Call, promised: Answer) -> None:
    gate.judge(call, [promised])


def statuses(*codes: int) -> st.SearchStrategy[int]:
    return st.sampled_from(codes)


@proves("response.other-success")
@given(
    call=guid_calls,
    status=Strata(
        {
            "ok": statuses(200),
            "created": statuses(201),
            "accepted": statuses(202),
            "no-content": statuses(204),
            "registered": statuses(203, 205, 206, 207, 208, 226),
            "unregistered": statuses(209, 218, 250, 299),
        }
    ),
    content=Strata(
        {
            "none": st.just(b""),
            "json": st.just(JSON),
            "text": st.sampled_from([b"OK", b"<p>done</p>", b"\xff\xfe"]),
        }
    ),
)
def test_other_success(gate: Gate, call: Call, status: int, content: bytes) -> None:
    typed = "application/json" if content == JSON else "text/html" if content else None
    content = b"" if status in (204, 205) else content
    gate.judge(call, [answer(status, content, typed, close=True)])


@proves("response.redirection", "response.not-modified")
@given(
    call=guid_calls,
    status=Strata(
        {
            "moved": statuses(301, 308),
            "found": statuses(302, 307),
            "see-other": statuses(303),
            "not-modified": statuses(304),
            "choices": statuses(300, 305, 306),
            "unregistered": statuses(309, 310, 399),
        }
    ),
)
def test_redirection_to_nowhere(gate: Gate, call: Call, status: int) -> None:
    gate.judge(call, [answer(status)])


@proves("response.interim")
@given(
    call=guid_calls,
    before=Strata(
        {
            "continue": st.just((100,)),
            "processing": st.just((102,)),
            "early-hints": st.just((103,)),
            "several": st.sampled_from([(100, 102), (103, 103), (102, 100, 103)]),
        }
    ),
    final=Strata({"success": st.just(success()), "error": st.just(service.plain_error(409))}),
)
def test_interim_answers(gate: Gate, call: Call, before: tuple[int, ...], final: Answer) -> None:
    gate.judge(call, [replace(final, interim=before)], after=[gate.control([final])])


@proves("response.stray-content")
@given(
    call=guid_calls,
    stray=Strata(
        {
            "content": st.sampled_from([JSON, b"{}", b"x"]).map(
                lambda content: replace(success(), content=content)
            ),
            "unannounced": st.sampled_from([JSON, b"\r\n", b"0\r\n\r\n"]).map(
                lambda it: replace(success(), stray=it)
            ),
            "chunked": st.sampled_from([b"", JSON]).map(
                lambda content: replace(success(), content=content, framing="chunked")
            ),
            "another-answer": st.just(replace(success(), stray=POISON)),
        }
    ),
    following=Strata({"success": st.just(success()), "error": st.just(service.plain_error(409))}),
)
def test_stray_content(gate: Gate, call: Call, stray: Answer, following: Answer) -> None:
    control = gate.control([success()])
    gate.judge(call, [following], after=[control, gate.perform(gate.plain_call(), [stray])])
