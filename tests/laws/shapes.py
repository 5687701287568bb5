"""Hypothesis strategies out of msgspec types: what fuzzers send to a game whose moves they do not know."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

BIG = 2**31


def values_of(shape: Any) -> st.SearchStrategy[Any]:
    """Values of a msgspec type, within its constraints: most of them no legal move at all."""
    return trees_of(inspect.type_info(shape)).map(lambda tree: msgspec.convert(tree, shape))


def trees_of(info: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    """Plain trees that convert to the type described by `info`. Raises TypeError for other kinds."""
    match info:
        case inspect.Metadata():
            return trees_of(info.type)
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return _integers(info)
        case inspect.FloatType():
            return st.floats(info.ge, info.le, allow_nan=False, allow_infinity=False)
        case inspect.StrType():
            return st.text(min_size=info.min_length or 0, max_size=info.max_length or 20)
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.EnumType():
            return st.sampled_from([member.value for member in info.cls])
        case inspect.ListType() | inspect.VarTupleType():
            most = 12 if info.max_length is None else info.max_length
            return st.lists(trees_of(info.item_type), min_size=info.min_length or 0, max_size=most)
        case inspect.TupleType():
            return st.tuples(*map(trees_of, info.item_types)).map(list)
        case inspect.UnionType():
            return st.one_of(*map(trees_of, info.types))
        case inspect.StructType():
            return _structs(info)
    raise TypeError(f"the fuzzer knows no {type(info).__name__}; add it to tests/laws/shapes.py")


def _integers(info: inspect.IntType) -> st.SearchStrategy[int]:
    low = info.ge if info.ge is not None else info.gt + 1 if info.gt is not None else -BIG
    high = info.le if info.le is not None else info.lt - 1 if info.lt is not None else BIG
    return st.integers(low, high)


def _structs(info: inspect.StructType) -> st.SearchStrategy[Any]:
    if info.array_like:
        tag = [] if info.tag is None else [st.just(info.tag)]
        return st.tuples(*tag, *(trees_of(one.type) for one in info.fields)).map(list)
    needed = {one.encode_name: trees_of(one.type) for one in info.fields if one.required}
    spare = {one.encode_name: trees_of(one.type) for one in info.fields if not one.required}
    if info.tag_field is not None:
        needed[info.tag_field] = st.just(info.tag)
    return st.fixed_dictionaries(needed, optional=spare)
