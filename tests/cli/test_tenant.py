from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from graphcontract.tenant import faults, variants
from tests.cli.running import ENVIRONMENT, MAIN, Here


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends(tmp_path: Path, end: signal.Signals) -> None:
    with subprocess.Popen(
        [*MAIN, "tenant", "--tls", "--fault", "no-challenge"],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        answer = httpx.get(
            f"{ready['root']}/users", verify=ssl.create_default_context(cafile=ready["ca_file"])
        )
        process.send_signal(end)
        out, err = process.communicate(timeout=20)
    assert (answer.status_code, "www-authenticate" in answer.headers) == (401, False)
    assert (process.returncode, out) == (0, "")
    assert ready["root"] in err
    assert "no-challenge" in err
    assert "Traceback" not in err
    assert not Path(ready["ca_file"]).exists()
    assert not Path(ready["credentials"]["reader"]["client_certificate"]).exists()


@pytest.mark.parametrize("words", [("--list-faults",), ("--fault", "help")])
def test_faults_are_listed(here: Here, words: tuple[str, ...]) -> None:
    ended = here("tenant", *words)
    assert ended.status == 0
    for entry in (*faults(), *variants()):
        assert f"  {entry.name} " in ended.out
        assert entry.sentence in ended.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (
            ("--fault", "no-efect"),
            2,
            "error: 'no-efect' is not a fault or a variant [usage]\n  Did you mean no-effect?",
        ),
        (("--port", "70000"), 2, "--port"),
        (("--contract", "no-such"), 2, "error: no-such: expected a contract file"),
        (("--colour",), 2, "no such option"),
    ],
)
def test_mistakes(here: Here, words: tuple[str, ...], status: int, said: str) -> None:
    ended = here("tenant", *words)
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err
