"""The project is written in plain technical English: a closed list of words does not come back, and functions
are verbs.

What remains of either is counted in `words.txt`, which may only shrink: `python -m tests.test_words` writes
it, unless a word occurs more often than before.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
REMAINING = Path(__file__).with_name("words.txt")

# `no wait told` is an input class: evidence ids and draws depend on its name.
WORDS = {
    "owed (expected, required)": ("owed", r"\b(?:un)?owed\b"),
    "mend (fix)": ("mend", r"\bmend(?:s|ed|ing)?\b"),
    "condemn (violates, fails)": ("condemn", r"\bcondemn\w*"),
    "what became of (outcome)": ("became of", r"\bwhat became of\b"),
    "goes round (bypasses)": (" round", r"\b(?:goes|going|went) round\b"),
    "hangs on (depends on)": ("hang", r"\bhangs? on\b"),
    "others' business (not affected)": ("business", r"\bothers' business\b"),
    "be had (is available)": ("be had", r"\bbe had\b"),
    "at the most (at most)": ("the most", r"\bat the most\b"),
    "of one's own (its own)": ("one's own", r"\bof one's own\b"),
    "told (reported, stated)": ("told", r"(?<!\bno wait )\btold\b(?! apart)"),
    "bear (accept, tolerate)": ("b", r"\b(?:bears?|bore)\b"),
    "is none (is not one, is missing)": (
        " none",
        r"(?-i:\b(?:is|are) none\b)(?! of\b)",
    ),  # in code, `is None`
    "is no (is not a)": ("is no ", r"(?<!there )\bis no (?!(?:longer|more|less|fewer|different)\b)"),
}
"""What must not be written, each with what to write instead in parentheses: its pattern, and before that a
text without which it does not match, since patterns take seconds for the whole project.
"""

# Other people's texts, and records that must not change.
QUOTED = {
    "LICENSE",
    "NOTICE",
    "tests/golden/clients.json",
    "tests/test_words.py",
    "tests/words.txt",
}
TEXTS = {
    *(".cs", ".go", ".java", ".json", ".md", ".mjs", ".py", ".toml", ".ts", ".txt", ".yml"),
    "",  # Makefile, scripts
}

CODE = {"benchmarks", "graphcontract", "suites"}
"""Where functions are verbs. The names of fixtures and sample clients are nouns, and tests are sentences."""

# Constructors of `Outcome` that every driver calls; the suites' decorator, named after Hypothesis' own.
PUBLIC = {"given", "rejected", "unsupported"}

# In Python, a name is one word: `is_told` and `_told` count like the word itself.
NAME = re.compile(r"_+")

PARTICIPLES = re.compile(
    r"_?(?:told|said|shown|named|kept|held|meant|written|sent|drawn|found|made|known|given|taken|seen"
    r"|spent|left|lost|met|put|bound|built|broken|chosen|begun|gone|done|heard|sworn|torn|worn"
    r"|(?!(?:need|feed|speed|embed|seed|shed|exceed|proceed|succeed|bleed|shred)$)[a-z]{2,}ed)"
    r"|_?(?:answer|exchange|reading|listing|opening|finding|dossier)s?"
)
"""Names of functions that say neither what the function does nor what it returns.

A participle with an object or a subject is fine (`is_shown`, `named_tasks`), and so is a property: it has a
value, and does nothing.
"""


def tracked() -> list[Path]:
    """The text files of the repository that are ours."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    names = (name for name in listed.stdout.split("\0") if name and name not in QUOTED)
    paths = (CHECKOUT / name for name in names)
    return [path for path in paths if path.suffix in TEXTS and path.is_file()]


def functions(path: Path) -> Iterator[str]:
    """Names of functions and methods, without properties and clauses (whose names are those of their ids);
    none of a file without a participle, which takes less time.
    """
    text = path.read_text(encoding="utf-8")
    if not any(PARTICIPLES.fullmatch(name) for name in re.findall(r"\bdef\s+(\w+)", text)):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {
                ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list
            }
            if not decorators & {"property", "cached_property", "clause"} and node.name not in PUBLIC:
                yield node.name


def count_words(text: str) -> Counter[str]:
    """How often each of WORDS occurs in a text."""
    folded = text.casefold()
    return Counter(
        {
            word: len(re.findall(pattern, text, re.IGNORECASE))
            for word, (part, pattern) in WORDS.items()
            if part in folded
        }
    )


def counted() -> Counter[tuple[str, str]]:
    """How often each word, and each function named by a participle, occurs in a file."""
    found: Counter[tuple[str, str]] = Counter()
    for path in tracked():
        name = path.relative_to(CHECKOUT).as_posix()
        text = path.read_text(encoding="utf-8")
        text = NAME.sub(" ", text) if path.suffix == ".py" else text
        for word, count in count_words(text).items():
            found[name, word.partition(" (")[0]] += count
        if path.suffix == ".py" and name.partition("/")[0] in CODE:
            found[name, "function"] += sum(
                PARTICIPLES.fullmatch(each) is not None for each in functions(path)
            )
    return Counter({key: count for key, count in found.items() if count})


def allowed() -> Counter[tuple[str, str]]:
    """The counts that remain."""
    lines = (line.split(None, 2) for line in REMAINING.read_text(encoding="utf-8").splitlines())
    return Counter({(name, word): int(count) for count, name, word in lines})


def listed(counts: Counter[tuple[str, str]]) -> str:
    """Write counts as lines: count, file, word."""
    return "".join(f"{count} {name} {word}\n" for (name, word), count in sorted(counts.items()))


def test_no_word_comes_back_and_the_list_of_what_remains_is_up_to_date() -> None:
    """One test, as counting takes seconds in each process."""
    found, left = counted(), allowed()
    more, fewer = found - left, left - found
    assert not more, f"write these in plain words (tests/test_words.py says which):\n{listed(more)}"
    assert not fewer, f"fewer remain: run `python -m tests.test_words`:\n{listed(fewer)}"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a 204 was owed", "owed"),
        ("Mended since", "mend"),
        ("no exchange could have condemned it", "condemn"),
        ("this line is no JSON", "is no"),
        ("the client is told", "told"),
        ("servers bear it", "bear"),
    ],
)
def test_a_word_is_found(text: str, word: str) -> None:
    assert list(+count_words(text)) == [name for name in WORDS if name.startswith(f"{word} ")]


@pytest.mark.parametrize(
    "text",
    ["allowed", "Authorization: Bearer ey", "a recommendation", "it is no longer there", "there is no body",
     "he tells", "forbear"],
)  # fmt: skip
def test_an_ordinary_word_is_not(text: str) -> None:
    assert not +count_words(text)


def test_a_participle_is_found() -> None:
    names = ["shown", "_told", "written", "parsed", "format_value", "need", "find_owner", "seed", "is_shown"]
    assert [name for name in names if PARTICIPLES.fullmatch(name)] == ["shown", "_told", "written", "parsed"]


if __name__ == "__main__":
    # By word alone, so that a file can be moved with what remains in it.
    totals = [Counter[str](), Counter[str]()]
    for total, counts in zip(totals, (counted(), allowed()), strict=True):
        for (_, word), count in counts.items():
            total[word] += count
    if grown := totals[0] - totals[1]:
        sys.exit(f"these have grown, so that nothing is written: {dict(grown)}")
    REMAINING.write_text(listed(counted()), encoding="utf-8")
