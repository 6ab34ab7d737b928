"""The options of one run: a single value, from the command line or pytest's options to the last worker.

A new option is a field of `Options`. The pytest plugin declares it from the field, workers receive the whole
value as JSON, and reports name those that reproduce a run.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from graphcontract.contract.model import DEFAULT_CONTRACT
from graphcontract.errors import UserError
from graphcontract.judging.profile import PROFILES

if TYPE_CHECKING:
    from graphcontract.reporting.events import FailOn, HttpName, ProfileName


class OptionError(UserError):
    """Options that cannot be carried out."""

    code = "option"


def _describe(
    help: str, *, metavar: str | None = None, choices: tuple[str, ...] = (), reproduces: bool = False
) -> dict[str, Any]:
    """Metadata of a field. `reproduces` is for options that the verdict on a clause depends on."""
    return {"help": help, "metavar": metavar, "choices": choices, "reproduces": reproduces}


@dataclass(frozen=True, slots=True)
class Options:
    """What a run checks and how; texts as on the command line, `start_timeout` in seconds.

    The order of the fields is that of the command line that `repeat` writes.
    """

    client: str = field(
        metadata=_describe(
            "client under test: python:module:callable, process:ARGV, command:ARGV, reference",
            metavar="CLIENT",
            reproduces=True,
        )
    )
    contract: str = field(
        default=DEFAULT_CONTRACT,
        metadata=_describe("contract to check against", metavar="ID|FILE", reproduces=True),
    )
    transport: str = field(
        default="loopback",
        metadata=_describe(
            "where responses come from", choices=("loopback", "mock", "proxy"), reproduces=True
        ),
    )
    profile: ProfileName = field(
        default="gate",
        metadata=_describe("how many inputs to try", choices=tuple(PROFILES), reproduces=True),
    )
    implementation: str | None = field(
        default=None,
        metadata=_describe("name of the client in reports", metavar="NAME[@VERSION]", reproduces=True),
    )
    tls: bool = field(
        default=False, metadata=_describe("use https on the loopback transport", reproduces=True)
    )
    http: HttpName = field(
        default="auto",
        metadata=_describe(
            "version of HTTP: 2 for https with HTTP/2, auto for 1.1 and the clauses on HTTP/2",
            choices=("auto", "1.1", "2"),
            reproduces=True,
        ),
    )
    in_process: bool = field(
        default=False, metadata=_describe("call a python: client in this process", reproduces=True)
    )
    allow_own_root: bool = field(
        default=False,
        metadata=_describe(
            "let the client call its own service root even if such calls could leave this machine",
            reproduces=True,
        ),
    )
    seed: int = field(default=0, metadata=_describe("seed of the inputs", metavar="N", reproduces=True))
    fail_on: FailOn = field(
        default="must",
        metadata=_describe("lowest level whose violation fails a test", choices=("must", "should")),
    )
    select: tuple[str, ...] = field(
        default=(), metadata=_describe("check only matching clauses", metavar="CLAUSE")
    )
    deselect: tuple[str, ...] = field(
        default=(), metadata=_describe("skip matching clauses", metavar="CLAUSE")
    )
    start_timeout: float = field(
        default=60.0, metadata=_describe("maximum time for a driver to start", metavar="SECONDS")
    )
    record: str = field(
        default="failures",
        metadata=_describe("which exchanges the report contains", choices=("failures", "all")),
    )
    known_failures: str | None = field(
        default=None, metadata=_describe("accept exactly the failures listed in this file", metavar="FILE")
    )

    @property
    def https(self) -> bool:
        """Whether service roots are usually https: as `tls` says, or as HTTP/2 requires."""
        return self.tls or self.http == "2"

    def with_seed(self, seed: int | None, random: int) -> Options:
        """Use this seed; without one, 0 if the profile is deterministic, else the random one."""
        usual = 0 if PROFILES[self.profile].deterministic else random
        return replace(self, seed=usual if seed is None else seed)

    def to_json(self) -> str:
        """Write the options for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Options:
        """Read what `to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        for spec in SPECS:
            if spec.kind is tuple:  # JSON has lists only
                values[spec.name] = tuple(values[spec.name])
        return cls(**values)

    def to_report(self) -> dict[str, Any]:
        """Return the options that reproduce the run, as its report's header contains them."""
        return {spec.name: getattr(self, spec.name) for spec in SPECS if spec.reproduces}

    @classmethod
    def of_report(cls, options: Mapping[str, Any], clause: str, *, allow_own_root: bool = False) -> Options:
        """Make options that check one clause as a run did, from `options` of its report's header.

        A report does not allow calls that could leave the machine: whoever repeats the run does.
        """
        specs = {spec.name: spec for spec in SPECS if spec.reproduces and spec.name != "allow_own_root"}
        given = {name: options[name] for name in specs if options.get(name) is not None}
        wrong = [name for name, value in given.items() if not specs[name].admits(value)]
        if wrong or "client" not in given:
            missing = ", ".join(wrong) or "no client"
            raise OptionError(f"the report does not say how to repeat its run: {missing}")
        return cls(**given, select=(clause,), allow_own_root=allow_own_root)

    def repeat(self, *clauses: str) -> str:
        """Write the command line that checks one clause, or several, again as this run did."""
        words = ["graphcontract", "check", self.client]
        for spec in SPECS:
            value = getattr(self, spec.name)
            if spec.reproduces and spec.name not in ("client", "seed") and value != spec.default:
                words += [spec.flag] if value is True else [spec.flag, value]
        words += [word for clause in clauses for word in ("--select", clause)]
        return shlex.join([*words, "--seed", str(self.seed)])


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """How a field of `Options` is written: `kind` is the type of its value, `tuple` if it is repeatable."""

    name: str
    kind: type
    default: Any
    help: str
    metavar: str | None
    choices: tuple[str, ...]
    reproduces: bool

    @property
    def flag(self) -> str:
        """The option on the command line of `check`."""
        return "--" + self.name.replace("_", "-")

    def admits(self, value: object) -> bool:
        """Whether a value has the option's type and is one of its choices."""
        return type(value) is self.kind and (not self.choices or value in self.choices)


def _specify(of: Field[Any]) -> OptionSpec:
    kind = str if of.default in (None, MISSING) else type(of.default)
    return OptionSpec(of.name, kind, of.default, **of.metadata)


SPECS = tuple(_specify(each) for each in fields(Options))
"""Every option, in order."""
