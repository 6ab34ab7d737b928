"""Faulty clients: request.path-parameters, texts that are also something else."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.bases.inputs import ChangesTheId
from tests.sample_clients.registry import faulty

_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u2212", "''\"\"---")


@faulty("request.path-parameters", rare=True)
class DatesConverted(ChangesTheId):
    """A JSON library reads each text that looks like a date as one, and writes it in its own way."""

    def change(self, task_id: str) -> str:
        if re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}", task_id):
            with suppress(ValueError):
                return datetime.fromisoformat(task_id).strftime("%m/%d/%Y %H:%M:%S")
        return task_id


@faulty("request.path-parameters", rare=True)
class TimesOfDayAsMinutes(ChangesTheId):
    """YAML 1.1 reads 12:30 as a number to the base of 60."""

    def change(self, task_id: str) -> str:
        found = re.fullmatch("([0-9]{1,2}):([0-5][0-9])", task_id)
        return str(int(found[1]) * 60 + int(found[2])) if found else task_id


@faulty("request.path-parameters", rare=True)
class DecimalsShortened(ChangesTheId):
    """A text that reads as a number becomes one, without the zeros at its end."""

    def change(self, task_id: str) -> str:
        return re.sub(r"^([0-9]+\.[0-9]*[1-9])0+$", r"\1", task_id)


@faulty("request.path-parameters", rare=True)
class AddressesAsNumbers(ChangesTheId):
    """A parser of hosts meets an id that is an address."""

    def change(self, task_id: str) -> str:
        with suppress(ValueError):
            return str(int(ip_address(task_id)))
        return task_id


@faulty("request.path-parameters", rare=True)
class YamlWordsAsBooleans(ChangesTheId):
    """The id comes from a file in YAML 1.1, where yes and off are true and false."""

    def change(self, task_id: str) -> str:
        return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(task_id, task_id)


@faulty("request.path-parameters", rare=True)
class MailDomainsInLowerCase(ChangesTheId):
    """Users are named by their address, whose domain has no letter case."""

    def change(self, task_id: str) -> str:
        name, at, domain = task_id.rpartition("@")
        return name + at + (domain.lower() if domain.endswith(".COM") else domain)


@faulty("request.path-parameters", rare=True)
class ExtensionsDropped(ChangesTheId):
    """A framework takes `.json` at the end of a path for the format of the response."""

    def change(self, task_id: str) -> str:
        return task_id.removesuffix(".json")


@faulty("request.path-parameters", rare=True)
class LeadingAtAsAFile(ChangesTheId):
    """A wrapper of curl: what begins with @ is the name of a file."""

    def change(self, task_id: str) -> str:
        return "" if task_id == "@a" else task_id


@faulty("request.path-parameters", rare=True)
class CommandsSubstituted(ChangesTheId):
    """A shell script without quotes around its argument."""

    def change(self, task_id: str) -> str:
        return re.sub(r"\$\(.*?\)", "", task_id) or "uid=0(root)"


@faulty("request.path-parameters", rare=True)
class PlaceholdersOfRubyFilled(ChangesTheId):
    """The path is a text in double quotes that is read once more."""

    def change(self, task_id: str) -> str:
        return re.sub(r"#\{.*?\}|<%.*?%>", "x", task_id)


@faulty("request.path-parameters", rare=True)
class PunctuationStraightened(ChangesTheId):
    """What an editor made of quotes and dashes is undone."""

    def change(self, task_id: str) -> str:
        return task_id.translate(_STRAIGHT)


@faulty("request.path-parameters", rare=True)
class ParenthesesRemoved(ChangesTheId):
    """GUIDs come in braces and in parentheses, and go without."""

    def change(self, task_id: str) -> str:
        return task_id[1:-1] if re.fullmatch(r"\(.+\)", task_id) else task_id


@faulty("request.path-parameters", rare=True)
class MarksAtTheEndTrimmed(ChangesTheId):
    """What follows a link in a text is punctuation of the sentence."""

    def change(self, task_id: str) -> str:
        return task_id.rstrip(",!?;") or task_id


@faulty("request.path-parameters", rare=True)
class ReservedEscapesDecoded(ChangesTheId):
    """Ids from a query string, in which plus, equals sign and at sign were encoded."""

    def change(self, task_id: str) -> str:
        return task_id.replace("%2B", "+").replace("%3D", "=").replace("%40", "@")


@faulty("request.path-parameters", rare=True)
class VersionReplacedInTheWholeUrl(Conforming):
    """`url.replace("v1.0", "beta")`."""

    def target(self, call: Call) -> str:
        return super().target(call).replace("v1.0", "beta")
