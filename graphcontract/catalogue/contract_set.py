"""Operations that are described by contract files: those of a folder, or those that are named one by one.

It finds operations and gives their contracts as a catalogue does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphcontract.catalogue.patterns import OperationPattern, reject_pattern
from graphcontract.contract import loader
from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.model import Contract
from graphcontract.contract.validation import Known
from graphcontract.errors import UserError


class SameOperation(UserError):
    """Two contracts of one operation, or with the same id."""

    code = "same-operation"


@dataclass(frozen=True, slots=True)
class ContractSet:
    """Contracts by id. `origins` has the file, or the id, that each was loaded from."""

    name: str
    contracts: Mapping[str, Contract]
    origins: Mapping[str, str]

    @classmethod
    def load(cls, origins: Sequence[str], load: Callable[[str], Contract]) -> ContractSet:
        """Load the contracts with these names; `SameOperation` if two of them are of one operation."""
        contracts: dict[str, Contract] = {}
        found: dict[str, str] = {}
        operations: dict[str, str] = {}
        for origin in origins:
            contract = load(origin)
            name = name_operation(contract)
            for key, others, what in ((contract.id, found, "the id"), (name, operations, "the operation")):
                if key in others:
                    problem = f"{others[key]} and {origin} both have {what} {key}"
                    raise SameOperation(problem, "Leave one of them out.")
            contracts[contract.id] = contract
            found[contract.id] = operations[name] = origin
        return cls(f"{len(contracts)} contracts", contracts, found)

    @classmethod
    def load_folder(cls, folder: Path, known: Known | None) -> ContractSet:
        """Load the contracts of a folder, bases left out; `ContractError` for one that is not valid, or if
        the folder has no contract.
        """
        loaded: dict[str, Contract] = {}
        for path in sorted(folder.glob("*.json")):
            found = loader.load_any(path, known)
            if isinstance(found, Contract):
                loaded[str(path)] = found
        if not loaded:
            remedy = "Give a folder with contracts in files *.json, a catalogue, or an OpenAPI description."
            raise ContractError(str(folder), "a folder with contract files", "none", remedy)
        made = cls.load(list(loaded), loaded.__getitem__)
        return cls(str(folder), made.contracts, made.origins)

    def find(self, pattern: str) -> list[str]:
        """Find the ids of the operations whose name or id matches a glob; `NoOperation` without a match."""
        sought = OperationPattern(pattern)
        found = [id for id, each in self.contracts.items() if sought.matches(name_operation(each), id)]
        if not found:
            raise reject_pattern("the pattern", pattern, self.name, list(self.contracts))
        return found

    def name_of(self, id: str) -> str:
        """Give version, method and path of an operation."""
        return name_operation(self.contracts[id])

    def contract(self, id: str) -> Contract:
        """Give the contract of an operation."""
        return self.contracts[id]


def name_operation(contract: Contract) -> str:
    """Version, method and path of a contract's operation."""
    request = contract.request
    return f"{request.version} {request.method} {request.path}"
