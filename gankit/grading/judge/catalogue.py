"""What a student may be told, read from ``catalogue.txt``: mistakes with their share of the points, reasons, hints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Idea:
    """What is said of a mistake, and the share of the points that is kept."""

    share: float
    sentence: str


def read_catalogue(text: str) -> dict[tuple[str, str], Idea]:
    """Return what is said by (check, idea)."""
    found: dict[tuple[str, str], Idea] = {}
    names: list[tuple[str, str]] = []
    for line in text.split("\n\n", 2)[2].splitlines():
        if line.startswith(" "):
            for name in names:
                found[name] = Idea(found[name].share, f"{found[name].sentence} {line.strip()}".strip())
        elif line:
            checks, ideas = line.split(": ")
            *listed, last = ideas.replace(",", "").split()
            share = float(last) if last[0].isdigit() else 0.0
            names = [(check, idea) for check in checks.split(", ") for idea in (listed if share else [*listed, last])]
            found.update({name: Idea(share, "") for name in names})
    return found


IDEAS = read_catalogue((Path(__file__).parent / "catalogue.txt").read_text(encoding="utf-8"))
