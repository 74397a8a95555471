"""Compares what a page shows with what a program printed: the same words; fingerprints, times, addresses and numbers may differ.

`…` in a page stands for anything in a line, and alone in a line for any lines.
"""

import json
import re

KINDS = (
    (re.compile(r"[A-Za-z0-9_-]{43}="), "<fingerprint>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z(?: or later)?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\[[0-9a-f:]+\]"), "<address>"),
    (re.compile(r"\d+(?:\.\d+)?"), "<number>"),
    (re.compile(r"\s+"), " "),
)


def shape_of(text):
    for pattern, name in KINDS:
        text = pattern.sub(name, text)
    return text.strip()


def same_line(said, seen):
    pattern = ".*".join(re.escape(part) for part in shape_of(said).split("…"))
    return re.fullmatch(pattern, shape_of(seen)) is not None


def same_lines(said, seen):
    """None, or the line of the page that is not what is printed."""
    seen = [line for line in seen if line.strip()]
    for i, line in enumerate(said):
        if line.strip() == "…":
            rest = said[i + 1:]
            if not rest:
                return None
            while seen and not same_line(rest[0], seen[0]):
                seen.pop(0)
            continue
        if not seen or not same_line(line, seen[0]):
            return f"the page has {line!r}, and printed is {seen[0] if seen else 'nothing more'!r}"
        seen.pop(0)
    return f"printed is also {seen[0]!r}" if seen else None


def same_json(said, seen, where="document"):
    if type(said) is not type(seen):
        return f"{where} is another kind of value"
    if isinstance(said, dict):
        if list(said) != list(seen):
            return f"{where}: the page has {list(said)}, and printed is {list(seen)}"
        for key in said:
            problem = same_json(said[key], seen[key], key)
            if problem:
                return problem
    elif isinstance(said, list):
        if bool(said) != bool(seen):
            return f"{where}: one of the two lists is empty"
        for one, other in zip(said, seen):
            problem = same_json(one, other, where)
            if problem:
                return problem
    elif isinstance(said, str) and not same_line(said, seen):
        return f"{where}: the page has {said!r}, and printed is {seen!r}"
    return None


def difference(said, seen):
    """None when both have the same shape, else what differs."""
    if said.startswith("{") and "…" not in said:
        try:
            return same_json(json.loads(said), json.loads(seen))
        except ValueError as problem:
            return f"no JSON: {problem}"
    return same_lines([line for line in said.splitlines() if line.strip()], seen.splitlines())
