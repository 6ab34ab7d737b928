"""The clients that benchmarks measure conform: a run that fails is not measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks import many
from benchmarks.__main__ import GATES
from benchmarks.measuring import Command, sample


@pytest.mark.parametrize(
    ("command", "further"),
    [
        (GATES["raw socket, in process"], ["--select", "error.shape"]),
        (GATES["reference, HTTP/2"], ["--select", "request.method"]),
        (GATES["reference, mock, no clauses"], []),
        (many.make_command("few: beta POST /users/{id}/calendar/permanentDelete"), []),
    ],
    ids=["raw", "http2", "unjudged", "many"],
)
def test_a_command_ends_well_and_says_how_many_exchanges_there_were(
    command: Command, further: Sequence[str]
) -> None:
    quick = replace(command, arguments=[*command.arguments, "--profile", "quick", *further])
    assert sample(quick).exchanges > 0
