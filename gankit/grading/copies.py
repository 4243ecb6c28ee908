"""Which submissions hold the same program: the same syntax tree, whatever names, comments and docstrings say."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator

from gankit.grading.grade import Report

BODIES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# What binds a name, and the field that holds it.
BINDING = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.alias: "asname", ast.ExceptHandler: "name"}
BINDING.update(dict.fromkeys(BODIES[1:], "name"))


def program_name(source: bytes) -> str:
    """Return a short name of a program; it is empty where the source is no Python.

    Names that the program itself binds count by the order of their first appearance, all others by their spelling.
    """
    try:
        tree = ast.parse(source)
        words = "\0".join(_words(tree, set(_bound(tree)), {}))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:16]


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if type(node) in BINDING and isinstance(getattr(node, "ctx", ast.Store()), ast.Store):
            yield getattr(node, BINDING[type(node)]) or ""


def _words(node: object, bound: set[str], numbers: dict[tuple[str, bool], int]) -> Iterator[str]:
    """Walk through a tree in order; what is empty is left out, as Python's versions differ in it."""
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(node, BODIES):
                value = [one for one in value if not _is_text(one)]
            # A string constant may be spelled like a name, and stays.
            if isinstance(value, str) and not isinstance(node, ast.Constant) and value in bound:
                # A variable and an attribute of one name have nothing to do with each other.
                yield f"{name} {numbers.setdefault((value, isinstance(node, ast.Attribute)), len(numbers))}"
            elif value not in (None, []):
                yield name
                yield from _words(value, bound, numbers)
        yield ")"
    elif isinstance(node, list):
        for one in node:
            yield from _words(one, bound, numbers)
    else:
        yield repr(node)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def same_programs(reports: Iterable[Report]) -> dict[str, dict[int, list[str]]]:
    """Return, for each submission, the tasks for which others hold the same program, and who they are."""
    groups: dict[tuple[int, str], list[str]] = {}
    for report in reports:
        for number, run in report.runs.items():
            if run.program:
                groups.setdefault((number, run.program), []).append(report.name)
    found: dict[str, dict[int, list[str]]] = {}
    for (number, _), names in sorted(groups.items()):
        for name in names:
            if len(names) > 1:
                found.setdefault(name, {})[number] = [other for other in names if other != name]
    return found
