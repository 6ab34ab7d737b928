"""Compares two statements of one fact, and yields the rules that apply to the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from graphcontract.drift.fact_collector import format_value
from graphcontract.drift.model import Fact, Value
from graphcontract.drift.operation_paths import fold_path, format_path, normalize_path


class Hit(NamedTuple):
    """A rule that applies, and both sides as text; a side that states nothing is empty."""

    rule: str
    before: str
    now: str
    part: str = ""
    """The name of the text, where one text of several differs."""


_WHOLE = {"int", "int16", "int32", "int64", "integer", "number"}
_REMOVED = {"query", "parameters"}
_INPUTS = {"query", "fields", "parameters"}


def compare_facts(old: Fact, new: Fact, *, same_source: bool, today: date) -> Iterator[Hit]:
    """Yield a hit for each rule that applies to two statements of one fact.

    `same_source` is True for one source at two times: then a fact that is no longer stated is a hit, too.
    """
    if old.stance == "asserts" and new.stance == "asserts":
        yield from _COMPARED.get(old.name.partition(".")[0], _skip)(old, new, today)
    elif old.stance == "asserts" and new.stance == "denies":
        if old.value not in ((), ((), ())):
            yield Hit("fact-denied", format_value(old.value), "denied")
    elif old.stance == "asserts" and same_source:
        yield _make_dropped_hit(old)
    elif new.stance == "asserts" and old.stance != "asserts":
        yield from _compare_new_statement(old, new, same_source=same_source, today=today)


def are_comparable(old: Fact, new: Fact) -> bool:
    """Whether two statements of one fact have something in common, so that a difference would be seen."""
    if "silent" in (old.stance, new.stance):
        return False
    if "denies" in (old.stance, new.stance):
        return True
    if new.name == "success":
        return any(None not in pair for pair in zip(_as_tuple(old.value), _as_tuple(new.value), strict=True))
    if new.name == "wording":
        return bool(dict(_iterate_rows(old.value)).keys() & dict(_iterate_rows(new.value)).keys())
    return new.name.partition(".")[0] in _COMPARED


def compare_statuses(statuses: Fact, enum: Fact) -> Iterator[Hit]:
    """Yield a hit for each name of a status that a contract needs and an enum lacks."""
    if enum.stance == "asserts":
        members = [name for name, _ in _iterate_rows(enum.value)]
        for name in _texts(statuses.value):
            if name not in members:
                yield Hit("enum-member-removed", name, ", ".join(members))


def _make_dropped_hit(old: Fact) -> Hit:
    rule = {"errors": "errors-dropped", "deprecation": "deprecation-withdrawn"}.get(
        old.name.partition(".")[0], "statement-dropped"
    )
    return Hit(rule, _format_statement(old), "")


def _compare_new_statement(old: Fact, new: Fact, *, same_source: bool, today: date) -> Iterator[Hit]:
    if new.name == "deprecation":
        removal = _texts(new.value)[1]
        rule = "removal-date-passed" if _has_passed(removal, today) else "deprecation-announced"
        yield Hit(rule, "", _format_statement(new))
    elif new.name == "deprecation.inherited":
        yield Hit("deprecation-inherited", "", _format_statement(new))
    elif new.name == "errors":
        named = [status for status in _texts(new.value) if status.isdigit()]  # a range says nothing new
        if named and new.origin.kind != "run":
            yield Hit("errors-documented", "", ", ".join(named))
    elif new.name in _INPUTS and any(row[-1] == "required" for row in _as_tuple(new.value)):
        if same_source:
            yield from _compare_inputs(replace(old, value=()), new, today)
    elif same_source and old.stance == "silent":
        yield Hit("statement-added", "", _format_statement(new))


def _skip(_old: Fact, _new: Fact, _today: date) -> Iterator[Hit]:
    return iter(())


def _make_name_comparison(rule: str) -> Callable[[Fact, Fact, date], Iterator[Hit]]:
    """Make a comparison of names; a change of letter case alone hits another rule."""

    def compare(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
        before, now = str(old.value), str(new.value)
        if before.casefold() != now.casefold():
            yield Hit(rule, before, now)
        elif before != now:
            yield Hit("letter-case-changed", before, now)

    return compare


def _compare_methods(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    if old.value != new.value:
        yield Hit("method-changed", str(old.value), str(new.value))


def _compare_versions(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    if old.value != new.value:
        yield Hit("version-changed", str(old.value), str(new.value))


def _compare_paths(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = _as_tuple(old.value), _as_tuple(new.value)
    if fold_path(before) != fold_path(now):
        yield Hit("path-changed", f"/{format_path(before)}", f"/{format_path(now)}")
    elif normalize_path(before) != normalize_path(now):
        yield Hit("letter-case-changed", f"/{format_path(before)}", f"/{format_path(now)}")


def _compare_routes(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = str(old.value), str(new.value)
    if before != now and "reachable" in (before, now):
        yield Hit("route-gone" if before == "reachable" else "route-appeared", before, now)
    elif before != now:
        yield Hit("route-only-declared", before, now)


def _compare_key_types(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    if _normalize_type(str(old.value)) != _normalize_type(str(new.value)):
        yield Hit("key-type-changed", str(old.value), str(new.value))


def _compare_contents(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    if old.value != new.value:
        rule = {
            "required": "content-required",
            "none": "content-not-taken",
            "optional": "content-optional",
        }[str(new.value)]
        yield Hit(rule, str(old.value), str(new.value))


def _compare_inputs(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = _index_inputs(old), _index_inputs(new)
    for name, own in now.items():
        was = before.get(name)
        if was is not None and was[-1] == "implied":
            continue
        if own[-1] == "required" and (was is None or was[-1] != "required"):
            yield Hit("required-input-added", _format_input(old.name, was), _format_input(new.name, own))
        elif was is None:
            yield Hit("optional-input-added", "", _format_input(new.name, own))
        elif was[-1] == "required" and own[-1] != "required":
            yield Hit("input-relaxed", _format_input(old.name, was), _format_input(new.name, own))
        if (
            was is not None
            and len(own) == 3
            and len(was) == 3
            and _normalize_type(was[1]) != _normalize_type(own[1])
        ):
            yield Hit("input-type-changed", _format_input(old.name, was), _format_input(new.name, own))
    for name, was in before.items():
        if name not in now and was[-1] not in ("implied", "unconstrained"):
            rule = "input-removed" if old.name in _REMOVED else "input-relaxed"
            yield Hit(rule, _format_input(old.name, was), "")


def _index_inputs(fact: Fact) -> dict[str, tuple[Any, ...]]:
    """Index rows by name; names of header fields compare without regard to letter case."""
    rows = _index_by_name(fact.value)
    return {name.casefold(): row for name, row in rows.items()} if fact.name == "fields" else rows


def _format_input(fact: str, row: tuple[Any, ...] | None) -> str:
    what = {"query": "query parameter", "fields": "field", "parameters": "parameter"}[fact]
    return f"{what} {row[0]} ({', '.join(map(str, row[1:]))})" if row else ""


def _compare_successes(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    (was, had), (is_now, has) = _as_tuple(old.value), _as_tuple(new.value)
    if was is not None and is_now is not None and was != is_now:
        yield Hit("success-status-changed", str(was), str(is_now))
    elif had is not None and has is not None and had != has:
        yield Hit("success-content-changed", _format_content(was, had), _format_content(is_now, has))


def _format_content(status: Value, content: Value) -> str:
    words = "no content" if content == "none" else "content"
    return words if status is None else f"{status}, {words}"


def _compare_errors(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = _texts(old.value), _texts(new.value)
    if before and not now:
        yield Hit("errors-dropped", ", ".join(before), "")
    elif not (_covers(before, now) and _covers(now, before)):
        yield Hit("errors-changed", ", ".join(before), ", ".join(now))


def _covers(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    """Whether each status of one list is in the other: itself, or within a range that either names."""
    return all(each in wide or f"{each[0]}XX" in wide or _is_in_range(each, wide) for each in narrow)


def _is_in_range(each: str, wide: Sequence[str]) -> bool:
    return each.endswith("XX") and any(status[0] == each[0] for status in wide)


def _compare_permissions(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    (least, higher), (least_now, higher_now) = (
        (set(_texts(part)) for part in _as_tuple(fact.value)) for fact in (old, new)
    )
    before, now = format_permissions(old.value), format_permissions(new.value)
    if not (least | higher) and (least_now | higher_now):
        yield Hit("permission-scheme-added", before, now)
        return
    if (least | higher) and not (least_now | higher_now):
        yield Hit("permission-scheme-lost", before, now)
        return
    if least < least_now:
        yield Hit("least-permission-added", before, now)
    elif least != least_now:
        yield Hit("least-permission-changed", before, now)
    if higher - higher_now - least_now:
        yield Hit("higher-permission-removed", before, now)
    if higher_now - higher - least:
        yield Hit("higher-permission-added", before, now)


def format_permissions(value: Value) -> str:
    """Format the least and higher permissions of a permission type."""
    least, higher = (_texts(part) for part in _as_tuple(value))
    if not least and not higher:
        return "not supported"
    more = f" (higher: {', '.join(higher)})" if higher else ""
    return f"{' or '.join(least) or 'none'}{more}"


def _compare_clouds(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = _texts(old.value), _texts(new.value)
    if set(now) - set(before):
        yield Hit("cloud-added", ", ".join(before), ", ".join(now))
    if set(before) - set(now):
        yield Hit("cloud-removed", ", ".join(before), ", ".join(now))


def _compare_deprecations(old: Fact, new: Fact, today: date) -> Iterator[Hit]:
    (_, was, *_), (_, removal, *_) = _as_tuple(old.value), _as_tuple(new.value)
    if _has_passed(removal, today) and new.name == "deprecation":
        yield Hit("removal-date-passed", str(was or ""), str(removal))
    elif was != removal:
        yield Hit("removal-date-changed", str(was or "no day"), str(removal or "no day"))
    elif _format_statement(old) != _format_statement(new):
        yield Hit("wording-changed", _format_statement(old), _format_statement(new))


def compare_with_page(page: Fact, other: Fact) -> Iterator[Hit]:
    """Yield a hit for a deprecation that the page does not have, or with another removal date."""
    if other.stance != "asserts":
        return
    if page.stance == "silent":
        yield Hit("deprecation-contradicted", "", _format_statement(other))
    elif page.stance == "asserts":
        stated, removal = _as_tuple(page.value)[1], _as_tuple(other.value)[1]
        if None not in (stated, removal) and stated != removal:
            yield Hit("deprecation-contradicted", f"removal {stated}", f"removal {removal}")


def _has_passed(removal: Value, today: date) -> bool:
    return isinstance(removal, str) and removal < today.isoformat()


def _compare_enums(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = dict(_iterate_rows(old.value)), dict(_iterate_rows(new.value))
    for name, number in before.items():
        if name not in now:
            yield Hit("enum-member-removed", name, ", ".join(now))
        elif None not in (number, now[name]) and number != now[name] and name != "unknownFutureValue":
            yield Hit("enum-member-renumbered", f"{name} = {number}", f"{name} = {now[name]}")
    for name in now:
        if name not in before:
            guarded = "unknownFutureValue" in before
            yield Hit("enum-member-added" if guarded else "enum-member-added-unguarded", "", name)


def _compare_properties(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = _index_by_name(old.value), _index_by_name(new.value)
    for name, (_, kind, nullable) in before.items():
        if name not in now:
            yield Hit("property-removed", f"{name} ({kind})", "")
            continue
        _, kind_now, nullable_now = now[name]
        if _normalize_type(kind) != _normalize_type(kind_now):
            yield Hit("property-type-changed", f"{name} ({kind})", f"{name} ({kind_now})")
        if None not in (nullable, nullable_now) and nullable != nullable_now:
            rule = "nullability-relaxed" if nullable_now else "nullability-tightened"
            yield Hit(rule, _format_nullability(name, nullable), _format_nullability(name, nullable_now))
    for name, (_, kind, _) in now.items():
        if name not in before:
            yield Hit("property-added", "", f"{name} ({kind})")


def _format_nullability(name: str, nullable: bool) -> str:
    return f"{name} ({'may' if nullable else 'must not'} be null)"


def _compare_wordings(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    before, now = dict(_iterate_rows(old.value)), dict(_iterate_rows(new.value))
    for name in before:
        if name in now and before[name] != now[name]:
            yield Hit("wording-changed", f"{name}: {before[name]}", f"{name}: {now[name]}", name)


def _compare_operation_ids(old: Fact, new: Fact, _today: date) -> Iterator[Hit]:
    if old.value != new.value:
        yield Hit("operation-id-changed", str(old.value), str(new.value))


def _normalize_type(name: str) -> str:
    """Normalize a type for comparison: namespace, letter case and the width of integers are ignored."""
    text = name.casefold().strip()
    many = text.startswith("collection(") or text.endswith(" collection")
    text = text.removeprefix("collection(").removesuffix(")").removesuffix(" collection")
    text = text.rpartition(".")[2].strip()
    text = "integer" if text in _WHOLE else text
    return f"{text}[]" if many else text


def _format_statement(fact: Fact) -> str:
    if fact.name.startswith("permissions."):
        return format_permissions(fact.value)
    if fact.name == "path":
        return f"/{format_path(_as_tuple(fact.value))}"
    if fact.name == "deprecation.inherited":
        announced, removal, text, node = _as_tuple(fact.value)
        rows = (("announced ", announced), ("removal ", removal), ("", text))
        return f"inherited from {node}: {', '.join(f'{name}{each}' for name, each in rows if each)}"
    if fact.name == "deprecation":
        return ", ".join(str(each) for each in _as_tuple(fact.value) if each)
    return format_value(fact.value)


def _as_tuple(value: Value) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def _texts(value: Value) -> tuple[Any, ...]:
    return _as_tuple(value)


def _iterate_rows(value: Value) -> Iterator[tuple[Any, Any]]:
    return iter(_as_tuple(value))


def _index_by_name(value: Value) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row for row in _as_tuple(value)}


_COMPARED: Mapping[str, Callable[[Fact, Fact, date], Iterator[Hit]]] = {
    "method": _compare_methods,
    "version": _compare_versions,
    "path": _compare_paths,
    "action": _make_name_comparison("action-changed"),
    "binding": _make_name_comparison("binding-changed"),
    "route": _compare_routes,
    "key-type": _compare_key_types,
    "content": _compare_contents,
    "query": _compare_inputs,
    "fields": _compare_inputs,
    "parameters": _compare_inputs,
    "success": _compare_successes,
    "errors": _compare_errors,
    "permissions": _compare_permissions,
    "clouds": _compare_clouds,
    "deprecation": _compare_deprecations,
    "operation-id": _compare_operation_ids,
    "status-enum": _compare_enums,
    "properties": _compare_properties,
    "wording": _compare_wordings,
}
