"""Mixtures and their kin: nearly everything in each draw, one thing in the smallest."""

from __future__ import annotations

import string

import pytest

from graphcontract.inputs.strings import between, controls, mixture, most_of, repeat_to_length, word

from . import draws, smallest

DELIMS = "!$&'()*+,;="


@pytest.mark.parametrize("seed", range(5))
def test_a_mixture_shows_every_piece_within_few_draws(seed: int) -> None:
    assert set(DELIMS) <= set("".join(draws(mixture(DELIMS), 5, seed)))


def test_a_mixture_holds_nothing_but_pieces_and_letters() -> None:
    for text in draws(mixture(DELIMS), 50):
        assert set(text) <= set(DELIMS + string.ascii_lowercase)
        assert set(text) & set(DELIMS)


def test_the_simplest_mixture_is_its_first_piece() -> None:
    assert draws(mixture(("%41", "%2F")), 1) == ["%41"]


@pytest.mark.parametrize("piece", DELIMS)
def test_a_mixture_shrinks_to_the_piece_that_matters(piece: str) -> None:
    assert smallest(mixture(DELIMS), lambda text: piece in text) == piece


def test_many_a_piece_begins_or_ends_a_text() -> None:
    drawn = draws(mixture(DELIMS), 100)
    assert len({text[0] for text in drawn} & set(DELIMS)) > len(DELIMS) // 2
    assert len({text[-1] for text in drawn} & set(DELIMS)) > len(DELIMS) // 2


def test_most_of_keeps_the_order_and_shrinks_to_what_matters() -> None:
    drawn = draws(most_of((1, 2, 3)), 20)
    assert drawn[0] == (1,)
    assert (1, 2, 3) in drawn
    assert all(list(items) == sorted(items) for items in drawn)
    assert smallest(most_of((1, 2, 3)), lambda items: 3 in items) == (3,)


@pytest.mark.parametrize(
    ("unit", "length", "text"), [("ab", 5, "ababa"), ("ab", 0, ""), ("", 3, ""), ("abc", 2, "ab")]
)
def test_repeated(unit: str, length: int, text: str) -> None:
    assert repeat_to_length(unit, length) == text


def test_between_leaves_out_what_is_not_a_letter() -> None:
    assert between(ord("X"), ord("b")) == "XYZab"


def test_words_are_as_long_as_asked_for() -> None:
    assert {len(text) for text in draws(word(least=2, most=4), 50)} == {2, 3, 4}


CONTROLS = {
    "line-feed": "\n",
    "carriage-return": "\r",
    "crlf-field": "\r\n",
    "nul": "\0",
    "tab": "\t",
    "other-c0": "".join(map(chr, set(range(1, 32)) - {9, 10, 13})),
    "delete": "\x7f",
    "c1": "".join(map(chr, range(0x80, 0xA0))),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_stand_between_letters(name: str) -> None:
    for text in draws(controls()[name], 50):
        held = [character for character in text if not 0x20 <= ord(character) < 0x7F]
        assert held
        assert set(held) <= set(CONTROLS[name])
        assert text[0].isalpha()
        assert text[-1].isalpha() or (name in ("line-feed", "carriage-return") and text[-1] in "\r\n")
        assert not text.endswith("\r\n")


def test_controls_are_all_there() -> None:
    assert set(controls()) == set(CONTROLS)


@pytest.mark.parametrize("name", ["line-feed", "carriage-return"])
def test_a_line_end_stands_within_and_at_the_end(name: str) -> None:
    ends = {text[-1].isalpha() for text in draws(controls()[name], 20)}
    assert ends == {True, False}


def test_the_injected_field_is_a_whole_line() -> None:
    for text in draws(controls()["crlf-field"], 20):
        assert text.split("\r\n")[1].startswith("X-Injected: ")
