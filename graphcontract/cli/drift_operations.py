"""`graphcontract drift --operations`: compares sources with many operations of a catalogue in one pass.

Heavy imports are inside the functions, so that other commands start fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from graphcontract.cli.catalogue import load_catalogue
from graphcontract.cli.output import STYLES_OF_LEVELS, parse_reports, write_report
from graphcontract.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.drift.many.pipeline import ManyResult
    from graphcontract.drift.many.source_comparison import Expected
    from graphcontract.drift.model import FactOrigin, Source
    from graphcontract.drift.rule import Level

_FOR_ONE = {"contract": "--contract", "root": "--root"}

Gone = tuple["FactOrigin", str]
"""A source that is no longer published, and a sentence that says so."""


@dataclass(frozen=True, slots=True)
class Many:
    """What `drift` is given for many operations: sources, patterns, and the catalogue to choose from. With
    `published`, sources are also fetched, into the folder `cache`.
    """

    sources: tuple[str, ...]
    patterns: tuple[str, ...]
    catalogue: Path | None
    published: bool = False
    cache: Path | None = None

    def check_sources(self) -> None:
        """Raise `UserError` without any source."""
        if not self.sources and not self.published:
            raise UserError(
                "no source given",
                "Give files: CSDL, OpenAPI, routes of an SDK, permissions.json; or --published.",
            )

    def list_sources(self, chosen: _Chosen | None) -> tuple[list[Source], Sequence[Gone]]:
        """List the sources that are given, or fetched for the chosen operations, and those that are no longer
        published. Raises `SourceError` if one cannot be fetched.
        """
        given = self.list_given()
        if not self.published or chosen is None:
            return given, ()
        from graphcontract.cli.drift_published import fetch_sources, list_addresses

        fetched = fetch_sources(list_addresses(chosen.base, chosen.ids), self.cache)
        return [*fetched.sources, *given], fetched.gone

    def list_given(self) -> list[Source]:
        """List the sources that are files."""
        from graphcontract.drift.model import Source

        return [Source(Path(name), name) for name in self.sources]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The operations that match, by their ids, and what they were chosen from."""

    base: Catalogue | ContractSet
    ids: Sequence[str]

    @classmethod
    def of(cls, many: Many) -> _Chosen:
        """Choose the operations of all patterns; `NoOperation` for a pattern that matches none."""
        base = _load(many)
        return cls(base, list(dict.fromkeys(id for pattern in many.patterns for id in base.find(pattern))))


def reject_other_options(ctx: typer.Context, patterns: Sequence[str] | None) -> None:
    """Reject options that make no sense for many operations; `UserError` for the first of them."""
    if not patterns:
        raise UserError("--from needs --operations", "Add --operations all, or a pattern.")
    for name, option in _FOR_ONE.items():
        given = ctx.get_parameter_source(name)
        if given is not None and given.name == "COMMANDLINE":
            raise UserError(
                f"{option} cannot be combined with --operations",
                "Leave one of them out: it is for a comparison with one contract.",
            )


@contextmanager
def explain_interrupt() -> Iterator[None]:
    """Turn Ctrl-C into one line and status 130: a source is compared as a whole, or not at all."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted: nothing was written", err=True)
        raise typer.Exit(130) from None


def compare(
    many: Many, since: Path | None, waivers: Path | None, reports: Sequence[str], fail_on: Level
) -> int:
    """Compare and report, and return the exit status; raises the error of the first source that cannot be
    read, after all reports.
    """
    from datetime import date

    from graphcontract.drift.many.pipeline import check_operations
    from graphcontract.drift.many.reports import FORMATS
    from graphcontract.drift.model import SourceError
    from graphcontract.drift.waivers import read_waivers

    listeners = parse_reports(reports, FORMATS)
    many.check_sources()
    accepted = read_waivers(waivers) if waivers else []
    unfetched: list[SourceError] = []
    with explain_interrupt():
        chosen = _Chosen.of(many) if since is None or many.published else None
        expected = _expect(many, chosen, since)
        try:
            sources, gone = many.list_sources(chosen)
        except SourceError as error:
            unfetched, sources, gone = [error], many.list_given(), ()
        result = check_operations(
            expected,
            many.patterns,
            sources,
            gone=gone,
            unfetched=unfetched,
            waivers=accepted,
            today=date.today(),
        )
    for write, path in listeners:
        write_report(path, write(result))
    _show(result, to_stderr=any(path == "-" for _, path in listeners))
    if result.unread:
        raise result.unread[0]
    return 4 if result.fails(fail_on) else 0


def make_snapshot(many: Many) -> str:
    """Make the text of a snapshot of the operations that match."""
    from graphcontract.drift.many.snapshots import format_snapshot
    from graphcontract.drift.model import SourceError

    many.check_sources()
    chosen = _Chosen.of(many)
    names = [chosen.base.name_of(id) for id in chosen.ids]
    with explain_interrupt():
        sources, gone = many.list_sources(chosen)
        if gone:
            problem = f"{gone[0][0].source}: {gone[0][1]}"
            raise SourceError(problem, "Write the snapshot without it, from files.")
        return format_snapshot(sources, names, _match_any(many.patterns), many.patterns)


def _expect(many: Many, chosen: _Chosen | None, since: Path | None) -> Expected:
    """Make what to compare with: operations of the catalogue or of a folder of contracts, or a snapshot."""
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.drift.many.line_facts import read_contract
    from graphcontract.drift.many.snapshots import read_snapshot
    from graphcontract.drift.many.source_comparison import Expected

    matches = _match_any(many.patterns)
    if since is not None:
        snapshot = read_snapshot(since, many.patterns)  # all of it matches
        return Expected.choose(snapshot, snapshot.ids, matches, is_snapshot=True)
    assert chosen is not None
    base, ids = chosen.base, chosen.ids
    if isinstance(base, ContractSet):
        lines = [read_contract(base.contract(id)) for id in ids]
        return Expected(base.name, {}, [base.name_of(id) for id in base.contracts], lines, matches)
    return Expected.choose(base, ids, matches)


def _load(many: Many) -> Catalogue | ContractSet:
    """Load the catalogue to choose from, or the contracts of a folder."""
    if many.catalogue is not None and many.catalogue.is_dir():
        from graphcontract.catalogue.contract_set import ContractSet
        from graphcontract.clauses import list_kinds

        return ContractSet.load_folder(many.catalogue, list_kinds())
    return load_catalogue(many.catalogue)


def _match_any(patterns: Sequence[str]) -> Callable[[str], bool]:
    from graphcontract.catalogue.patterns import OperationPattern

    sought = [OperationPattern(pattern) for pattern in patterns]
    return lambda name: any(each.matches(name) for each in sought)


def _show(result: ManyResult, *, to_stderr: bool) -> None:
    from rich.console import Console

    from graphcontract.drift.many.reports import format_head, summarize, summarize_source

    console = Console(stderr=to_stderr, markup=False, highlight=False, emoji=False)
    console.print(format_head(result), soft_wrap=True)
    for source in result.sources:
        head = f"  {source.origin.kind:<12}{source.origin.source}  {source.version or ''}".rstrip()
        console.print(f"{head}  {source.tally.facts} facts compared", soft_wrap=True)
        console.print(f"              {summarize_source(source)}", soft_wrap=True)
    _show_folds(console, result)
    for note in result.notes:
        console.print(f"note  {note}", style="dim", soft_wrap=True)
    counting = [each.finding.level for each in result.folds if each.finding.counts]
    style = "bold green" if result.facts else "bold red"
    worst = next((level for level in STYLES_OF_LEVELS if level in counting), None)
    console.print(f"{summarize(result)}.", style=STYLES_OF_LEVELS[worst] if worst else style, soft_wrap=True)


def _show_folds(console: Console, result: ManyResult) -> None:
    from graphcontract.drift.many.reports import format_operations
    from graphcontract.drift.reports import count, explain_acceptance, format_location

    if not result.folds:
        return
    console.print()
    for fold in result.folds:
        each = fold.finding
        if not each.counts:
            word = "known" if each.known is not None else "waived"
            row = f"{word:<8}{each.rule} in {count(len(fold.operations), 'operation')}"
            console.print(f"{row}\n      {explain_acceptance(each)}", style="dim", soft_wrap=True)
            continue
        head = f"{each.level:<6}{each.cls:<11}{each.rule:<30}{each.fingerprint}"
        console.print(head, style=STYLES_OF_LEVELS[each.level], soft_wrap=True)
        console.print(f"      {each.describe()}", soft_wrap=True)
        where = format_operations(fold) if fold.operations else format_location(each)
        console.print(f"      {where}".replace("\n", "\n      "), style="dim", soft_wrap=True)
    console.print()
