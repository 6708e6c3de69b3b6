"""Hypothesis strategies for the JSON texts of headers and claims, spelt in many ways.

``@seconds@`` stands for a time, counted from now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

spaces = st.sampled_from(["", "", "", " ", "\n", "\r\n\t  "])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)

#: Values that nobody expects where they stand, and what is no JSON value at all.
odd = st.sampled_from(
    [
        "null", "true", "false", '""', '"x"', "[]", "{}", "[null]", "0", "-1", "-0", "-0.0", "1",
        "0.5", "1e5", "1E+5", "1e-7", "1e300", "-1e300", "1e999", "NaN", "Infinity", "-Infinity",
        '"@300@"', "253402300799", "253402300800", "253402300799.5", "99999999999999999999",
        "9" * 256, "9" * 257, "@300000@", "[@300@]", '{"a":1}', '{"a":1,"a":1}', '"\\u0000"',
        '"\\ud800"', '"\\ud83d\\udd11"', '"\ud800"', "01", "+1", "1.", "\ufeff1", '"\\x"', '"\t"',
        "[" * 31 + "]" * 31, "[" * 32 + "]" * 32,
    ]
)  # fmt: skip

#: What may stand behind an object, and doesn't belong there.
trailing = st.sampled_from(["x", ",", "}", "{}", "\0", "\x1c", "\xa0", "//", "\f", "\ufeff"])


@st.composite
def spelt(draw: st.DrawFn, text: str) -> str:
    """Write a string as JSON, with more escapes than it needs or with fewer."""
    way = draw(st.sampled_from(["plain", "escaped", "slashes", "bare"]))
    if way == "bare":
        return json.dumps(text, ensure_ascii=False)
    if way == "escaped":
        units = text.encode("utf-16-be")
        return '"' + "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)) + '"'
    return json.dumps(text).replace("/", "\\/" if way == "slashes" else "/")


json_values = st.recursive(
    st.sampled_from(["null", "true", "false", "-0", "1E+2", "0.5e-3", "1e-999"])
    | texts.flatmap(spelt)
    | st.integers().map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: f"[{' ,'.join(some)}]")
        | st.dictionaries(texts, inner, max_size=3).map(
            lambda some: "{" + ",".join(f"{json.dumps(k)} : {some[k]}" for k in some) + "}"
        )
    ),
    max_leaves=6,
)


@st.composite
def objects(
    draw: st.DrawFn,
    known: Mapping[str, Sequence[str]],
    always: Sequence[str],
    anything: Sequence[str] = (),
) -> str:
    """Write an object; where there are odd members to choose from, half have something wrong."""
    more = draw(st.lists(st.sampled_from(sorted(known)), max_size=4))
    names = draw(st.permutations(list(dict.fromkeys([*always, *more]))))
    members = [(name, draw(st.sampled_from(known[name]))) for name in names]
    others = draw(st.dictionaries(texts, json_values, max_size=2))
    members += [(name, value) for name, value in others.items() if name not in known]
    behind = ""
    flaws = [None, None, None, None, "odd", "odd", "twice", "behind"] if anything else [None]
    match draw(st.sampled_from(flaws)):
        case "odd":
            name = draw(st.sampled_from(anything))
            members = [*(one for one in members if one[0] != name), (name, draw(odd))]
        case "twice":
            members.insert(0, draw(st.sampled_from(members)))
        case "behind":
            behind = draw(trailing)
    written = [
        f"{draw(spaces)}{draw(spelt(name))}{draw(spaces)}:{draw(spaces)}{value}{draw(spaces)}"
        for name, value in members
    ]
    return f"{draw(spaces)}{{{','.join(written)}}}{draw(spaces)}{behind}"
