"""From a game's `Options` struct to form fields: ranges, titles and choices are read from its types, never repeated.

    int, Annotated[int, Meta(ge=, le=)] -> number      float -> number      bool -> checkbox
    Literal[...], Enum                  -> choice      str   -> text
    Meta(title=, description=)          -> label and hint

A field of any other type cannot be shown as a control; it is left out and keeps its default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from django import forms
from msgspec import inspect as shapes


def option_fields(options: type[Any]) -> dict[str, forms.Field]:
    """The fields of a form for `options`, by the names that its JSON has."""
    struct = shapes.type_info(options)
    assert isinstance(struct, shapes.StructType)
    made = {field.encode_name: _field(field) for field in struct.fields}
    return {name: field for name, field in made.items() if field is not None}


def _field(field: shapes.Field) -> forms.Field | None:
    shape, said = _unwrap(field.type)
    make = _MAKERS.get(type(shape))
    if make is None:
        return None
    common = {
        "label": said.get("title") or field.encode_name.replace("_", " ").capitalize(),
        "help_text": said.get("description", ""),
        "initial": _default(field),
    }
    return make(shape, common)


def _unwrap(shape: shapes.Type) -> tuple[shapes.Type, dict[str, Any]]:
    """The type inside its annotations, and what they say about it."""
    said: dict[str, Any] = {}
    while isinstance(shape, shapes.Metadata):
        said = {**(shape.extra_json_schema or {}), **said}
        shape = shape.type
    return shape, said


def _default(field: shapes.Field) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default)
    return None if field.default_factory is msgspec.NODEFAULT else msgspec.to_builtins(field.default_factory())


def _whole(shape: Any, common: dict[str, Any]) -> forms.Field:
    least = shape.ge if shape.ge is not None else None if shape.gt is None else shape.gt + 1
    most = shape.le if shape.le is not None else None if shape.lt is None else shape.lt - 1
    return forms.IntegerField(
        min_value=least,
        max_value=most,
        step_size=shape.multiple_of,
        error_messages=_range_errors(least, most, "a whole number"),
        **{**common, "help_text": _hint(common["help_text"], least, most)},
    )


def _number(shape: Any, common: dict[str, Any]) -> forms.Field:
    return forms.FloatField(
        min_value=shape.ge, max_value=shape.le, error_messages=_range_errors(shape.ge, shape.le, "a number"), **common
    )


def _flag(_: Any, common: dict[str, Any]) -> forms.Field:
    return forms.BooleanField(required=False, **common)


def _text(shape: Any, common: dict[str, Any]) -> forms.Field:
    return forms.CharField(
        min_length=shape.min_length, max_length=shape.max_length or 200, required=bool(shape.min_length), **common
    )


def _literal(shape: Any, common: dict[str, Any]) -> forms.Field:
    return _choice(list(shape.values), common)


def _enum(shape: Any, common: dict[str, Any]) -> forms.Field:
    return _choice([member.value for member in shape.cls], common)


def _choice(values: list[Any], common: dict[str, Any]) -> forms.Field:
    meant = {str(value): value for value in values}
    return forms.TypedChoiceField(
        choices=[(text, text.replace("_", " ").capitalize()) for text in meant],
        coerce=meant.__getitem__,
        error_messages={"invalid_choice": "Choose one of the list.", "required": "Choose one of the list."},
        **common,
    )


def _range_errors(least: float | None, most: float | None, what: str) -> dict[str, str]:
    if least is not None and most is not None:
        wrong = f"Write {what} from {least} to {most}."
    elif least is not None:
        wrong = f"Write {what}, at least {least}."
    elif most is not None:
        wrong = f"Write {what}, at most {most}."
    else:
        wrong = f"Write {what}."
    return dict.fromkeys(("invalid", "required", "min_value", "max_value"), wrong)


def _hint(text: str, least: int | None, most: int | None) -> str:
    bounds = f"{least} to {most}." if least is not None and most is not None else ""
    return " ".join(part for part in (text, bounds) if part)


_MAKERS: Final[dict[type, Callable[[Any, dict[str, Any]], forms.Field]]] = {
    shapes.IntType: _whole,
    shapes.FloatType: _number,
    shapes.BoolType: _flag,
    shapes.StrType: _text,
    shapes.LiteralType: _literal,
    shapes.EnumType: _enum,
}
