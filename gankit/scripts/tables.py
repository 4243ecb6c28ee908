"""Tables of numbers as plain text, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping


def table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Return a line of numbers with three decimals for each row, under the names of the first row's numbers."""
    first = max(map(len, rows)) + 2
    columns = {name: max(len(name), 8) + 2 for name in next(iter(rows.values()))}
    lines = [" " * first + "".join(f"{name:>{width}}" for name, width in columns.items())]
    for name, values in rows.items():
        lines.append(name.ljust(first) + "".join(f"{values[column]:>{width}.3f}" for column, width in columns.items()))
    return "\n".join(lines)
