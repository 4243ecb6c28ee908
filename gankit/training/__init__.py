"""Training runs, checkpoints, resuming and callbacks; and recipes, which need no TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gankit.training.run import Run

__all__ = ["Run"]


def __getattr__(name: str) -> Any:
    # Command lines read the recipes and must not wait for TensorFlow, so `Run` is imported on demand.
    if name == "Run":
        from gankit.training.run import Run

        return Run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
