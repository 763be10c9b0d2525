"""Strict configuration: a TOML file and dotted overrides become a frozen dataclass.

Conventions
-----------
- The dataclass is the schema: its fields are the keys, their defaults the defaults, nested dataclasses the tables.
- Understood types: bool, int, float (an integer is accepted), str, Path, Literal, `X | None`, `tuple[X, ...]`,
  `tuple[X, Y]`, `dict[str, X]`, dataclasses, and tuples of dataclasses (`[[table]]`).
- A key that the dataclass lacks is refused, with the key that was probably meant.
- A `ValueError` from `__post_init__` is reported as the user's mistake, with file and table.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from svs_cli.errors import UsageError

Config = TypeVar("Config")


def load_config(cls: type[Config], path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read `path` into the dataclass `cls`; each override is "table.key=value" with the value in TOML.

    A value that is no TOML is taken as a string, so `name=kumi` needs no quotes. Raises UsageError, which names
    file and key.
    """
    raw = read_toml(path)
    for override in overrides:
        apply_override(raw, override)
    return build(cls, raw, str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises UsageError if it cannot be read or parsed."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {path}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error


def apply_override(raw: dict[str, Any], override: str) -> None:
    """Set one dotted key in place.

    >>> raw = {"optimiser": {"rate": 0.1}}
    >>> apply_override(raw, "optimiser.rate=0.2")
    >>> raw
    {'optimiser': {'rate': 0.2}}
    """
    key, equals, text = override.partition("=")
    names = key.strip().split(".")
    if not equals or not all(names):
        raise UsageError(f"the override {override!r} is not of the form table.key=value")
    table = raw
    for depth, name in enumerate(names[:-1], 1):
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise UsageError(f"override {override!r}: {'.'.join(names[:depth])!r} is a value, not a table")
    table[names[-1]] = parse_value(text.strip())


def parse_value(text: str) -> Any:
    """A TOML value, or the text itself when it is none.

    >>> parse_value("[1, 2]"), parse_value("kumi")
    ([1, 2], 'kumi')
    """
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if set(parsed) == {"value"} else text


def build(cls: type[Config], raw: object, source: str, table: str = "") -> Config:
    """The dataclass `cls` from plain TOML values; `source` and `table` are named in the UsageError it raises."""
    where = f"{source}: [{table}]" if table else source
    if not isinstance(raw, dict):
        raise UsageError(f"{where} must be a table, not {describe(raw)}")
    fields = {field.name: field for field in dataclasses.fields(cast(Any, cls)) if field.init}
    for key in raw:
        if key not in fields:
            raise UsageError(f"{where}: unknown key {key!r}", fix=suggestion(key, list(fields)))
    hints = hints_of(cast(Any, cls))
    prefix = f"{table}." if table else ""
    values = {key: convert(hints[key], value, source, prefix + key) for key, value in raw.items()}
    missing = [name for name, field in fields.items() if name not in values and is_required(field)]
    if missing:
        raise UsageError(f"{where}: missing {', '.join(map(repr, missing))}")
    try:
        return cls(**values)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error


@cache
def hints_of(cls: type) -> dict[str, Any]:
    """The types of a dataclass's fields; to find them out takes longer than to build it."""
    return get_type_hints(cls)


def is_required(field: dataclasses.Field[Any]) -> bool:
    """Whether a field has no default."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def suggestion(wrong: str, known: list[str]) -> str:
    """'did you mean ...?' with the closest known name, else the list of them.

    >>> suggestion("stesp", ["steps", "seed"])
    "did you mean 'steps'?"
    """
    close = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(known)}"


def convert(hint: Any, value: Any, source: str, key: str) -> Any:
    """`value` as the type `hint`. Raises UsageError that names the key and both types."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        return build(cast(type, hint), value, source, key)
    if origin in (Union, types.UnionType):
        return convert_union(arguments, value, source, key)
    if origin is Literal:
        if value not in arguments or type(value) not in {type(choice) for choice in arguments}:
            choices = [str(choice) for choice in arguments]
            raise UsageError(f"{source}: {key} = {value!r} is not a choice", fix=suggestion(str(value), choices))
        return value
    if origin is tuple and isinstance(value, list):
        return convert_tuple(arguments, value, source, key)
    if origin is dict and isinstance(value, dict):
        return {name: convert(arguments[1], item, source, f"{key}.{name}") for name, item in value.items()}
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    raise UsageError(f"{source}: {key} must be {type_name(hint)}, not {describe(value)}")


def convert_union(choices: tuple[Any, ...], value: Any, source: str, key: str) -> Any:
    """The first member of a union that takes the value; with one real member, its own error message."""
    members = [choice for choice in choices if choice is not type(None)]
    for member in members[:-1]:
        try:
            return convert(member, value, source, key)
        except UsageError:
            continue
    return convert(members[-1], value, source, key)


def convert_tuple(items: tuple[Any, ...], value: list[Any], source: str, key: str) -> tuple[Any, ...]:
    """A TOML array as `tuple[X, ...]` or a tuple of fixed length."""
    if len(items) == 2 and items[1] is Ellipsis:
        items = (items[0],) * len(value)
    if len(items) != len(value):
        raise UsageError(f"{source}: {key} must hold {len(items)} values, not {len(value)}")
    pairs = zip(items, value, strict=True)
    return tuple(convert(hint, item, source, f"{key}[{index}]") for index, (hint, item) in enumerate(pairs))


def type_name(hint: Any) -> str:
    """A type in the words of a TOML author."""
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a string", Path: "a path"}
    if get_origin(hint) is tuple:
        return "an array"
    if get_origin(hint) is dict:
        return "a table"
    return names.get(hint, getattr(hint, "__name__", str(hint)))


def describe(value: Any) -> str:
    """A value that does not fit, short enough for one line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
