"""Pages that are generated from code: help of the command line, tables of JSON Schemas, and llms.txt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
import yaml

from graphcontract.cli import app
from tests.pages import ROOT

SCHEMAS = {
    "contract": "contracts/contract.schema.json",
    "report-event": "graphcontract/reporting/report-event.schema.json",
    "driver-protocol": "graphcontract/clients/driver-protocol.schema.json",
}
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def format_help() -> str:
    """The help of every command, as a terminal of 100 columns has it."""
    lines = ["# Help of every command", ""]
    for names, command in walk_commands(typer.main.get_command(app), ("graphcontract",)):
        context = command.make_context(names[-1], [], resilient_parsing=True, terminal_width=100)
        context.info_name = " ".join(names)
        lines += [f"## {' '.join(names)}", "", "```text", context.get_help(), "```", ""]
    return "\n".join(lines)


def walk_commands(command: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield names, command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk_commands(below, (*names, name))


def format_schema(name: str) -> str:
    """The members that a JSON Schema describes, a table for each object."""
    schema = json.loads((ROOT / SCHEMAS[name]).read_text(encoding="utf-8"))
    source = f"Generated from [{Path(SCHEMAS[name]).name}](../{SCHEMAS[name]}), which decides."
    lines = [f"# {schema['title']}", "", source, "", schema.get("description", ""), ""]
    for title, part in (("The document", schema), *schema.get("$defs", {}).items()):
        if "properties" in part:
            lines += [f"## {title}", "", part.get("description", "") if part is not schema else "", ""]
            lines += ["| member | type | required | is |", "| --- | --- | --- | --- |"]
            required = part.get("required", ())
            for member, each in part["properties"].items():
                cells = (f"`{member}`", describe_type(each), "yes" if member in required else "")
                lines.append(f"| {' | '.join((*cells, escape_cell(each.get('description', ''))))} |")
            lines.append("")
    return "\n".join(lines)


def describe_type(schema: Mapping[str, Any]) -> str:
    """The type of a member in few words: a name of another table, a type, or its values."""
    if "$ref" in schema:
        return escape_cell(str(schema["$ref"]).rpartition("/")[2])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(f"`{escape_cell(json.dumps(value))}`" for value in values)
    types = schema.get("type", "")
    return " or ".join(types) if isinstance(types, list) else str(types)


def escape_cell(text: str) -> str:
    """Text as it stands in a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def format_llms(pages: Path, configuration: Mapping[str, Any]) -> str:
    """A list of the pages for programs that read, each with its first sentence (https://llmstxt.org)."""
    lines = [f"# {configuration['site_name']}", "", f"> {configuration['site_description']}"]
    for section in configuration["nav"]:
        ((title, content),) = section.items()
        listed = content if isinstance(content, list) else [{title: content}]
        lines += ["", f"## {title}", ""]
        for each in listed:
            ((name, page),) = each.items()
            url = configuration["site_url"] + re.sub(r"(README)?\.md$", "", page).rstrip("/")
            text = (pages / page).read_text(encoding="utf-8")
            lines.append(f"- [{name}]({url.rstrip('/')}/): {find_first_sentence(text)}")
    return "\n".join(lines) + "\n"


def find_first_sentence(text: str) -> str:
    """The first sentence of a page's first paragraph."""
    prose = re.sub(r"<!--.*?-->|^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    blocks = (" ".join(block.split()) for block in prose.split("\n\n"))
    paragraph = next((block for block in blocks if block[:1].isalpha() or block[:1] in ("`", "[")), "")
    return re.split(r"(?<=[.:]) ", _LINK.sub(r"\1", paragraph), maxsplit=1)[0]


def read_configuration() -> dict[str, Any]:
    """mkdocs.yml, of which a part is written for Python."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    loaded: dict[str, Any] = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)
    return loaded
