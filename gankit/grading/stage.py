"""Where workers run: a staged copy of the kit without its grading, and a folder for each request."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import site
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gankit.grading.submission import TASK_FILES
from gankit.grading.worker import frames
from gankit.grading.worker.serve import REQUEST

KIT = Path(__file__).resolve().parents[1]
# What a worker must not see, should the kit be installed beside TensorFlow.
KIT_MODULES = ("gankit", "coursework", *(name for names in TASK_FILES.values() for name in names))


@dataclass(frozen=True)
class Limits:
    """What one request may use."""

    cpu_seconds: int = 20
    wall_seconds: float = 100.0
    memory_bytes: int = 1_000_000_000


def package_folders() -> list[str]:
    """Return the folders of installed packages; the project, installed for editing or not, is not among them."""
    paths = sysconfig.get_paths()
    folders = [paths["purelib"], paths["platlib"], *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return list(dict.fromkeys(str(Path(folder).resolve()) for folder in folders if Path(folder).is_dir()))


class Stage:
    """A temporary folder with what workers may import: the kit without its grading, and the worker."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="gankit-grading-"))
        self.packages = self.root / "packages"
        ignore = shutil.ignore_patterns("grading", "__pycache__")
        shutil.copytree(KIT, self.packages / "gankit", ignore=ignore)
        shutil.copytree(KIT / "grading" / "worker", self.packages / "grading_worker", ignore=ignore)
        self.search_path = [str(self.packages), *package_folders()]

    def order(self, folder: Path, limits: Limits) -> dict[str, Any]:
        """Return what a worker is told about its folder and limits."""
        system = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share", "/etc", "/usr/local/lib"]
        libraries = [sysconfig.get_paths()["stdlib"], str(Path(sys.base_prefix) / "lib")]
        readable = {Path(path).resolve() for path in [*self.search_path, *system, *libraries]}
        installed = [Path(path).resolve() / name for path in self.search_path[1:] for name in KIT_MODULES]
        return {
            "folder": str(folder),
            "readable": sorted(str(path) for path in readable if path.exists()),
            "hidden": [str(path) for path in installed if path.exists()],
            "cpu": limits.cpu_seconds,
            "memory": limits.memory_bytes,
        }

    def new_folder(self, files: dict[str, bytes], request: dict[str, Any]) -> Path:
        """Make a folder with a copy of a submission's files and the request."""
        folder = self.root / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        for name, content in files.items():
            # An archive may hold both a file and a folder of one name, or a name that is too long.
            with contextlib.suppress(OSError, ValueError):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        (folder / REQUEST).write_bytes(frames.pack(request))
        return folder

    def remove(self) -> None:
        """Remove everything."""
        remove_folder(self.root)


def remove_folder(folder: Path) -> None:
    """Remove a folder, and whatever a student's code has made unremovable in it."""

    def make_removable(function: Any, path: str, _: Any) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            Path(path).chmod(0o700)
            function(path)

    shutil.rmtree(folder, onerror=make_removable)
