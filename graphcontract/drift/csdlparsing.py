"""CSDL in XML, streamed into an `edm.Model`: bounded, without entities, document types or network.

Knows the grammar of CSDL 4 as far as the model needs it; it knows no operation by name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn
from xml.parsers import expat

from graphcontract.drift.edm import Model, Navigation, Operation, Parameter, Revision, Structure
from graphcontract.drift.model import SourceError

_MOST_BYTES = 64 * 1024 * 1024
_MOST_TAGS = 1_000_000
_MOST_DEEP = 64
_LONGEST = 1024 * 1024
_CHUNK = 64 * 1024
_CORE = "Org.OData.Core.V1"
_FETCH = "Fetch it again, and whole."

_EDMX, _INCLUDE = (f"http://docs.oasis-open.org/odata/ns/edmx {name}" for name in ("Edmx", "Include"))
_EDM = "http://docs.oasis-open.org/odata/ns/edm "
_STRUCTURED = frozenset((_EDM + "EntityType", _EDM + "ComplexType"))
_OPERATIONS = frozenset((_EDM + "Action", _EDM + "Function"))
_TEXTS = frozenset((_EDM + "String", _EDM + "Date", _EDM + "EnumMember"))
_KEY, _NAVIGATION, _ENUM = _EDM + "Key", _EDM + "NavigationProperty", _EDM + "EnumType"
_PARAMETER, _ANNOTATIONS = _EDM + "Parameter", _EDM + "Annotations"
_CONTAINER, _RECORD, _ANNOTATION = _EDM + "EntityContainer", _EDM + "Record", _EDM + "Annotation"

Attributes = dict[str, str]


def parse(path: Path, name: str) -> Model:
    """Read a CSDL file of at most 64 MiB; `SourceError` where it is none, or not whole."""
    try:
        with path.open("rb") as file:
            return _Parsing(name).whole(file)
    except OSError as error:
        raise SourceError(f"{name}: it cannot be read: {error.strerror}. Give a file that can.") from None


class _Parsing:
    """One parse: its handlers, and what is open while it runs. The handlers are most of the time it takes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._model = Model()
        self._open: list[str] = []
        self._types: dict[str, str] = {}  # one string for each type, however often it is named
        self._namespace = ""
        self._structure = Structure("", None, 0)
        self._operation = Operation("", "Action", False, 0)
        self._members: list[tuple[str, str | None]] = []
        self._target = ""
        self._revision: Attributes = {}
        self._property = ""
        self._expat = expat.ParserCreate("UTF-8", " ")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._starting()
        self._expat.EndElementHandler = self._end = self._ending()
        self._expat.StartDoctypeDeclHandler = self._doctype

    def whole(self, file: BinaryIO) -> Model:
        """Parse a file to its end."""
        fed = tags = 0
        try:
            while chunk := file.read(_CHUNK):
                fed, tags = fed + len(chunk), tags + chunk.count(b"<")
                if fed > _MOST_BYTES or tags > _MOST_TAGS:
                    self._refuse("it is larger than any CSDL of Graph")
                self._expat.Parse(chunk)
                if fed - self._expat.CurrentByteIndex > _LONGEST:
                    self._refuse(f"a tag or text here is longer than {_LONGEST >> 20} MiB")
            self._expat.Parse(b"", True)
        except expat.ExpatError as error:
            problem = expat.errors.messages.get(error.code, "not well-formed")
            place = f"{self._name}:{error.lineno}"
            raise SourceError(f"{place}: the XML is broken or ends early ({problem}). {_FETCH}") from None
        if not self._model.types:
            raise SourceError(
                f"{self._name}: it is XML, but holds no type of OData 4. Give a $metadata file."
            )
        return self._model

    def _refuse(self, problem: str) -> NoReturn:
        raise SourceError(f"{self._name}:{self._expat.CurrentLineNumber}: {problem}. {_FETCH}")

    def _doctype(self, *_: object) -> None:
        self._refuse("it declares a document type or entities, which CSDL never does, and which are not read")

    def _starting(self) -> Callable[[str, Attributes], None]:
        handlers = {
            _INCLUDE: self._alias,
            **{_EDM + tag: handler for tag, handler in self._handlers().items()},
        }
        find, open, push = handlers.get, self._open, self._open.append

        def start(tag: str, attributes: Attributes) -> None:
            handler = find(tag)
            if handler is not None:
                handler(attributes)
            elif not open and tag != _EDMX:
                self._refuse("it is XML, but no CSDL of OData 4: its outermost element is not Edmx")
            push(tag)
            if len(open) > _MOST_DEEP:
                self._refuse(f"elements nest deeper than {_MOST_DEEP} levels")

        return start

    def _ending(self) -> Callable[[str], None]:
        pop = self._open.pop

        def end(_: str) -> None:
            pop()

        return end

    def _handlers(self) -> dict[str, Callable[[Attributes], None]]:
        return {
            "Schema": self._schema,
            "EntityType": self._a_type,
            "ComplexType": self._a_type,
            "PropertyRef": self._a_key,
            "Property": self._a_property,
            "NavigationProperty": self._a_navigation,
            "EnumType": self._an_enum,
            "Member": self._a_member,
            "Action": self._an_action,
            "Function": self._a_function,
            "Parameter": self._a_parameter,
            "ReturnType": self._returns,
            "EntityContainer": self._a_container,
            "EntitySet": self._a_set,
            "Singleton": self._a_singleton,
            "Annotations": self._annotations,
            "Annotation": self._an_annotation,
        }

    def _shared(self, type: str) -> str:
        return self._types.setdefault(type, type)

    def _alias(self, attributes: Attributes) -> None:
        if "Alias" in attributes and "Namespace" in attributes:
            self._model.aliases[attributes["Alias"]] = attributes["Namespace"]

    def _schema(self, attributes: Attributes) -> None:
        self._namespace = attributes.get("Namespace", "")
        self._alias(attributes)

    def _a_type(self, attributes: Attributes) -> None:
        name = f"{self._namespace}.{attributes.get('Name', '')}"
        line = self._expat.CurrentLineNumber
        self._structure = self._model.types[name] = Structure(name, attributes.get("BaseType"), line)

    def _a_key(self, attributes: Attributes) -> None:
        if self._open[-1] == _KEY:
            self._structure.keys.append(attributes.get("Name", ""))

    def _a_property(self, attributes: Attributes) -> None:
        if self._open[-1] in _STRUCTURED:
            nullable = attributes.get("Nullable") != "false"
            type = self._types.setdefault(type := attributes.get("Type", ""), type)
            self._structure.properties.append((attributes.get("Name", ""), type, nullable))

    def _a_navigation(self, attributes: Attributes) -> None:
        if self._open[-1] in _STRUCTURED:
            contained = attributes.get("ContainsTarget") == "true"
            type, line = self._shared(attributes.get("Type", "")), self._expat.CurrentLineNumber
            self._structure.navigation.append(Navigation(attributes.get("Name", ""), type, contained, line))

    def _an_enum(self, attributes: Attributes) -> None:
        self._members = []
        name = f"{self._namespace}.{attributes.get('Name', '')}"
        self._model.enums[name] = (self._expat.CurrentLineNumber, self._members)

    def _a_member(self, attributes: Attributes) -> None:
        if self._open[-1] == _ENUM:
            self._members.append((attributes.get("Name", ""), attributes.get("Value")))

    def _an_action(self, attributes: Attributes) -> None:
        self._an_operation(attributes, "Action")

    def _a_function(self, attributes: Attributes) -> None:
        self._an_operation(attributes, "Function")

    def _an_operation(self, attributes: Attributes, kind: str) -> None:
        bound, line = attributes.get("IsBound") == "true", self._expat.CurrentLineNumber
        self._operation = Operation(attributes.get("Name", ""), kind, bound, line)
        self._model.operations.append(self._operation)

    def _a_parameter(self, attributes: Attributes) -> None:
        if self._open[-1] in _OPERATIONS:
            omissible = attributes.get("Nullable") != "false"
            name, type = attributes.get("Name", ""), self._shared(attributes.get("Type", ""))
            self._operation.parameters.append(Parameter(name, type, omissible))

    def _returns(self, attributes: Attributes) -> None:
        if self._open[-1] in _OPERATIONS:
            self._operation.returns = self._shared(attributes.get("Type", ""))

    def _a_container(self, _: Attributes) -> None:
        self._model.containers += 1

    def _a_set(self, attributes: Attributes) -> None:
        self._resource(attributes, f"Collection({attributes.get('EntityType', '')})")

    def _a_singleton(self, attributes: Attributes) -> None:
        self._resource(attributes, attributes.get("Type", ""))

    def _resource(self, attributes: Attributes, type: str) -> None:
        if self._open[-1] == _CONTAINER:
            name = attributes.get("Name", "")
            self._model.container[name] = Navigation(name, type, True, self._expat.CurrentLineNumber)

    def _annotations(self, attributes: Attributes) -> None:
        self._target = attributes.get("Target", "")

    def _an_annotation(self, attributes: Attributes) -> None:
        space, _, term = attributes.get("Term", "").rpartition(".")
        if self._model.aliases.get(space, space) != _CORE:
            return
        if term == "Revisions":
            self._revise()
        elif term == "Description" and "(" in (about := self._about()):
            self._model.described[about] = attributes.get("String", "")
        elif term == "OptionalParameter" and self._open[-1] == _PARAMETER and self._operation.parameters:
            self._operation.parameters[-1].omissible = True

    def _about(self) -> str:
        """Name what an annotation is about, as `Target` of an element with annotations does."""
        parent, structure = self._open[-1], self._structure
        if parent in _OPERATIONS:
            types = ", ".join(each.type for each in self._operation.parameters)
            return f"{self._namespace}.{self._operation.name}({types})"
        if parent in _STRUCTURED:
            return structure.name
        if parent == _NAVIGATION and structure.navigation:
            return f"{structure.name}/{structure.navigation[-1].name}"
        return self._target if parent == _ANNOTATIONS else ""

    def _revise(self) -> None:
        """Read an annotation of revisions to its end with handlers of its own."""
        expat_, start, about, depth = (
            self._expat,
            self._expat.StartElementHandler,
            self._about(),
            len(self._open),
        )
        told: Attributes = {}
        property = ""

        def starts(tag: str, attributes: Attributes) -> None:
            nonlocal property
            if tag == _RECORD:
                told.clear()
            elif "Property" in attributes:
                property = attributes["Property"]
                for kind in ("String", "Date", "EnumMember"):
                    if kind in attributes:
                        told[property] = attributes[kind]
            self._open.append(tag)
            if len(self._open) > _MOST_DEEP:
                self._refuse(f"elements nest deeper than {_MOST_DEEP} levels")

        def texts(text: str) -> None:
            if self._open[-1] in _TEXTS:
                told[property] = told.get(property, "") + text

        def ends(tag: str) -> None:
            self._open.pop()
            if tag == _RECORD and told.get("Kind", "").strip().endswith("/Deprecated"):
                self._model.deprecated[about] = Revision(
                    told.get("Date"),
                    told.get("RemovalDate"),
                    told.get("Description"),
                    expat_.CurrentLineNumber,
                )
            if len(self._open) == depth:
                expat_.StartElementHandler, expat_.EndElementHandler = start, self._end
                expat_.CharacterDataHandler = None

        expat_.StartElementHandler, expat_.EndElementHandler = starts, ends
        expat_.CharacterDataHandler = texts
