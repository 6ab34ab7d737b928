"""No token leaves a run: clients tell their tokens to everyone, and all that is written is searched."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from graphcontract.inputs.tokens import CANARY
from graphcontract.reporting import FORMATS

CHECKOUT = Path(__file__).parents[1]
MAIN = [sys.executable, "-c", "from graphcontract.cli import main; main()"]
PROFILE = ("--profile", "quick", "--record", "all")
BOTH = ("--select", "request.authorization", "--select", "response.no-content")
TALKATIVE = """
import base64, logging, os, sys
from urllib.parse import quote
from graphcontract.clients.reference import make_call as good
from graphcontract.exchange import Outcome

logging.basicConfig(level=logging.DEBUG)
seen = []


def tell(token):
    raw = token.encode("utf-8", "replace")
    spellings = [token, token[:30], token[-40:], token[3:-1], token.lower(), token.upper(), f"{token}&x=1"]
    spellings += [f"Bearer {token}", quote(token, safe=""), repr({"token": token})]
    spellings += [base64.b64encode(b"a" * lead + raw).decode() for lead in range(3)]
    spellings += [base64.urlsafe_b64encode(raw[:-1]).decode(), base64.encodebytes(b"user:" + raw).decode()]
    return " ".join(spellings)


def cancel(call):
    seen.append(call.token)
    leaked = f"{tell(call.token)} and before that {tell(seen[len(seen) // 2])}"
    print("out", leaked)
    print("err", leaked, file=sys.stderr)
    os.write(2, f"raw {leaked}\\n".encode())
    logging.getLogger("client").error("log %s", leaked)
    outcome = good(call)
    if len(seen) % 3 == 0:
        raise KeyError(leaked)
    if len(seen) % 3 == 1:
        texts = dict(type=leaked, code=leaked, message=leaked, request_id=leaked)
        return Outcome.failure(kind=leaked, status=500, **texts)
    return Outcome.success(request_id=leaked) if outcome.kind == "failure" else Outcome.rejected(leaked)
"""
SPREADING = """
import base64
import httpx
from graphcontract.exchange import Outcome

client = httpx.Client(trust_env=False, timeout=2)


def cancel(call):
    token = "".join(each for each in call.token if each.isascii() and each.isprintable())
    basic = base64.b64encode(f"user:{token}".encode()).decode()
    fields = {"Authorization": f"bearer {token}", "X-Token": token, "X-Id": token.lower()[:50]}
    fields |= {"Cookie": f"session={token[:25]}", "Proxy-Authorization": f"Basic {basic}"}
    content = {"token": token, "cut": token[-50:]}
    url = f"{call.base_url}/solutions/{token[:60]}/cancel?access_token={token[:200]}"
    try:
        answer = client.post(url, headers=fields, json=content)
    except (httpx.HTTPError, ValueError) as error:
        return Outcome.failure(message=f"{error!r} {url} {fields}")
    return Outcome.failure(status=answer.status_code, message=f"{url} {fields}")
"""


def leaks(data: bytes) -> list[bytes]:
    """Stretches that show a token's beginning and at least one character of what was drawn for it."""
    canary = CANARY.encode()
    found = re.findall(
        re.escape(canary) + rb"[A-Za-z0-9\-._~+/=]", data + b" " + unquote_to_bytes(data), re.IGNORECASE
    )
    for lead in range(3):
        # The digits of base64 that hold nothing but the beginning, whatever stands before it.
        coded = base64.b64encode(b"\0" * lead + canary)[-(-8 * lead // 6) : 8 * (lead + len(canary)) // 6]
        for spelling in (coded, coded.translate(bytes.maketrans(b"+/", b"-_"))):
            found += re.findall(re.escape(spelling) + rb"[A-Za-z0-9+/_-]", data)
    return found


def test_the_search_finds_what_it_is_for() -> None:
    token = f"{CANARY}abc".encode()
    for leaked in (
        token,
        token.lower(),
        b"t=%65" + token[1:],
        *(base64.b64encode(b"x" * n + token) for n in range(3)),
    ):
        assert leaks(b"before " + leaked + b" behind"), leaked
    assert not leaks(CANARY.encode())


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (TALKATIVE, ("--transport", "mock", *BOTH)),
        (TALKATIVE, BOTH[2:]),
        pytest.param(TALKATIVE, ("-n", "2", *BOTH[2:]), marks=pytest.mark.nightly),
        (SPREADING, ("--transport", "mock", *BOTH)),
        (SPREADING, BOTH),
    ],
    ids=["telling, in process", "telling", "telling, by workers", "sending, in process", "sending"],
)
def test_no_token_is_written(tmp_path: Path, client: str, words: tuple[str, ...]) -> None:
    (tmp_path / "my_client.py").write_text(client)
    reports = [word for name in FORMATS for word in ("--report", f"{name}=out/{name}")]
    ended = subprocess.run(
        [*MAIN, "check", "python:my_client:cancel", *PROFILE, *words, *reports],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert files.pop("my_client.py")
    assert files.keys() == set(FORMATS)
    assert b"[token" in files["jsonl"]
    for name, data in {**files, "stdout": ended.stdout, "stderr": ended.stderr}.items():
        assert leaks(data) == [], name
