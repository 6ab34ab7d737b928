"""The command line. Imports that take long are made inside the command that needs them."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from functools import cache
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from graphcontract.cli import completion
from graphcontract.cli.catalogue import app as catalogue
from graphcontract.cli.changes import diff, replay
from graphcontract.cli.check import CLIENTS, check
from graphcontract.cli.contracts import app as contracts
from graphcontract.cli.doctor import doctor
from graphcontract.cli.drift import app as drift
from graphcontract.cli.explain import explain
from graphcontract.cli.import_contract import export, import_contract
from graphcontract.cli.lists import baseline, known_failures
from graphcontract.cli.live import SAFETY, live
from graphcontract.cli.mistakes import UsageError, make_error
from graphcontract.cli.new import app as new
from graphcontract.cli.report import app as report
from graphcontract.cli.serve import serve
from graphcontract.cli.tenant import tenant
from graphcontract.errors import UserError
from graphcontract.judging.sigint import take_sigterm_for_interrupt

app = typer.Typer(
    name="graphcontract",
    help="Check whether clients of Microsoft Graph, and tenants, conform to the contracts of its operations, "
    "with evidence for each violation.",
    epilog="Start with: graphcontract check reference",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# The list of commands has one line for each, which ends in "..." where it does not fit.
app.command(
    short_help="Check a client against contracts of operations.",
    epilog="\b\n" + CLIENTS.replace("\n\n", "\n\n\b\n"),
)(check)
app.command(short_help="Make a few plain calls, and say what does not work.")(doctor)
app.command(
    short_help="Check a tenant, without changing it by default.",
    epilog="\b\n" + SAFETY.replace("\n\n", "\n\n\b\n"),
)(live)
app.command(short_help="Serve a reference tenant, to try `live` or a client.")(tenant)
app.command(short_help="Explain a clause or a failure, and how to fix it.")(explain)
app.command(short_help="Compare two reports of one contract.")(diff)
app.command(short_help="Reproduce one failure of a report.")(replay)
app.command(short_help="Serve one case, to step through a client.")(serve)
app.add_typer(new, name="new")
app.add_typer(known_failures, name="known-failures")
app.add_typer(baseline, name="baseline")
app.add_typer(report, name="report")
contracts.command("import", short_help="Make a contract file from a published source.")(import_contract)
contracts.command(short_help="Export a contract for other tools.")(export)
contracts.add_typer(catalogue, name="catalogue")
app.add_typer(contracts, name="contracts")
app.add_typer(drift, name="drift", help="Compare contracts with what Microsoft publishes.")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"graphcontract {version('graphcontract')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def find_width() -> int | None:
    """The width of hints: 80 columns in a terminal; elsewhere, as in a log, they are not wrapped."""
    return 80 if sys.stderr.isatty() else None


def _exit_with(error: UserError) -> NoReturn:
    typer.echo(error.format_for_terminal(find_width()), err=True)
    if output := getattr(error, "output", ""):
        typer.echo(f"output: {output}", err=True)
    sys.exit(error.status)


def _find_command() -> Callable[..., int | None]:
    if completion.VARIABLE not in os.environ:
        return _make_command()
    command = get_command(app)  # one of its own, as it is changed
    completion.leave_values_as_typed(command)
    return command


@cache
def _make_command() -> Callable[..., int | None]:
    """Make the command with all that are below it, once in a process: that takes longer than many of them."""
    return get_command(app)


def main() -> None:
    """Run the command line. A user's mistake is one error message; a bug here is exit status 6."""
    try:
        with take_sigterm_for_interrupt():
            status = _find_command()(prog_name="graphcontract", standalone_mode=False)
        sys.exit(status or 0)
    except UserError as error:
        _exit_with(error)
    except UsageError as mistake:
        mistaken = make_error(mistake)
        if mistaken is not None:
            _exit_with(mistaken)
        mistake.show()
        sys.exit(mistake.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception:
        traceback.print_exc()
        typer.echo("error: this is a bug in graphcontract; please report it with the lines above", err=True)
        sys.exit(6)
