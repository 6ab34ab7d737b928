from __future__ import annotations

import pickle

import pytest

from graphcontract.clients import ClientUnavailable
from graphcontract.clients.spec import ClientSpecError
from graphcontract.contract.jsonfile import ContractError
from graphcontract.errors import MissingExtra, UserError


def test_the_terminal_shows_what_is_wrong_and_then_what_to_do() -> None:
    error = UserError("no client given", "Give one of\n\n  this\n  that", cause="")
    assert str(error) == "no client given\n  Give one of\n\n    this\n    that"
    assert error.format_for_terminal() == (
        "error: no client given [usage]\n  Give one of\n\n    this\n    that"
    )


def test_the_reason_that_something_else_gave_follows_the_problem() -> None:
    error = UserError("x cannot be written", cause="Permission denied")
    assert error.format_for_terminal() == "error: x cannot be written: Permission denied [usage]"


def test_a_terminal_wraps_the_hint_but_for_commands_and_examples() -> None:
    words = "Use another folder, or give the file that the run wrote, which is in the first one"
    command = f"  graphcontract live --resume {'journal ' * 12}x"
    error = UserError("x is open", f"{words}:\n{command}\n{'a' * 100}")
    assert error.format_for_terminal(80).splitlines() == [
        "error: x is open [usage]",
        "  Use another folder, or give the file that the run wrote, which is in the first",
        "  one:",
        f"  {command}",
        f"  {'a' * 100}",
    ]
    assert error.format_for_terminal().splitlines()[1] == f"  {words}:"


def test_a_terminal_wraps_the_problem_between_words() -> None:
    error = UserError(f"'request.paht' matches no clause of {'sharepoint' * 3}, nor of {'x' * 90}", "Look.")
    first, *rest = error.format_for_terminal(80).splitlines()
    assert first == f"error: 'request.paht' matches no clause of {'sharepoint' * 3}, nor"
    assert rest == ["  of", f"  {'x' * 90}", "  [usage]", "  Look."]
    assert " ".join(error.format_for_terminal().split()) == " ".join(
        [first, *(each.strip() for each in rest)]
    )


def test_what_a_client_can_be_fits_a_terminal() -> None:
    lines = ClientSpecError("`x` is not a client.").format_for_terminal(80).splitlines()
    assert max(map(len, lines)) <= 80


def test_an_error_within_another_text_is_one_line() -> None:
    error = UserError("x is open", "Settle it first:\n  graphcontract live --resume x")
    assert error.format_in_line() == "x is open. Settle it first: graphcontract live --resume x"
    assert UserError("x is open", cause="y").format_in_line() == "x is open: y"


@pytest.mark.parametrize(
    ("error", "code", "problem", "hint"),
    [
        (MissingExtra("jwt", "tenant"), "missing-extra", "jwt is not", "pip install 'graphcontract[tenant]'"),
        (
            ContractError("c.json", "JSON", "x", "Fix it.", "/a", 3),
            "invalid-file",
            "c.json:3: at /a",
            "Fix it.",
        ),
        (ClientUnavailable("gone", "Start it.", "log"), "client-unavailable", "gone", "Start it."),
        (ClientSpecError("`x` is not a client."), "client-spec", "`x`", "Specify a client"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_each_class_has_a_code_and_a_hint(error: UserError, code: str, problem: str, hint: str) -> None:
    first, second, *_ = error.format_for_terminal().splitlines()
    assert first.startswith(f"error: {problem}")
    assert first.endswith(f" [{code}]")
    assert second.startswith(f"  {hint}")


def test_an_error_can_come_from_another_process() -> None:
    error = UserError("a", "b", "c")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
