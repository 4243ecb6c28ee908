"""The code cells of a notebook as a Python file that can be imported."""

from __future__ import annotations

import ast
import builtins
import contextlib
import json
import re
import textwrap

# Cell magics that leave a cell Python.
HARMLESS = ("%%time", "%%timeit", "%%capture", "%%prun")
SLOW = re.compile(r"\.(?:fit|train|load|read|open|get|show|save|upload|summary|predict|compile)|random|[()\[]")


def notebook_code(content: bytes) -> str | None:
    """Return the code of a notebook, or None where it is no notebook.

    Imports, functions, classes and constants stand first. Everything else, such as training and drawing, stands behind
    ``if __name__ == "__main__":``, so that an import does not train for minutes.
    """
    try:
        cells = json.loads(content)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    kept, main, names = [], [], set(dir(builtins))
    for number, source in enumerate(sources, start=1):
        source, statements = _parsed(source)
        if statements is None:
            # The import will say what is wrong with it.
            kept.append(f"# Code cell {number}\n{source}")
            continue
        parts: dict[bool, list[str]] = {True: [], False: []}
        for statement in statements:
            is_kept = _is_definition(statement, names)
            if is_kept:
                names |= _bound(statement)
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                kept.insert(0, _source_of(statement, source))
            else:
                parts[is_kept].append(_source_of(statement, source))
        kept += [f"# Code cell {number}", *parts[True]] if parts[True] else []
        main += [f"# Code cell {number}", *parts[False]] if parts[False] else []
    if not main:
        return "\n".join(kept) + "\n"
    body = "\n".join(main)
    # `exec` keeps strings over several lines as they are, which indentation would change.
    is_simple = '"""' not in body and "'''" not in body
    body = textwrap.indent(body, "    ") if is_simple else f"    exec({body!r})"
    return "\n".join([*kept, "", 'if __name__ == "__main__":', body]) + "\n"


def _parsed(source: str) -> tuple[str, list[ast.stmt] | None]:
    """Return a cell's source and statements; None where it is no Python, even without its magics."""
    for text in (source, _without_magics(source)):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            return text, ast.parse(text).body
    return source, None


def _without_magics(source: str) -> str:
    """Blank what only a notebook understands: shell commands, magics, and cells in other languages."""
    lines = source.splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(HARMLESS):
        return ""
    return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)


def _is_definition(statement: ast.stmt, names: set[str]) -> bool:
    """Tell whether a statement defines something out of what is known already, without computing for long."""
    if isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
        return True
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    nodes = list(ast.walk(statement))
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    # Such as tf.keras.losses.MeanSquaredError(), and not np.load("faces.npy").
    return used <= names and all("." in call and not SLOW.search(call) for call in calls)


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    aliases = {(a.asname or a.name).split(".")[0] for a in ast.walk(statement) if isinstance(a, ast.alias)}
    stored = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return aliases | stored


def _source_of(statement: ast.stmt, source: str) -> str:
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    if source.splitlines()[first - 1][: statement.col_offset].strip():
        # One of several statements of a line.
        return ast.get_source_segment(source, statement) or ""
    return "\n".join(source.splitlines()[first - 1 : statement.end_lineno])
