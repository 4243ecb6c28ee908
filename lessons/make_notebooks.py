"""Write `notebooks/NAME.ipynb` for every page `lessons/NAME.md` that belongs to a task or a lab.

A page is Markdown in the form that jupytext reads. CONTRIBUTING.md ("Adding a page") says how one is written. This
command is the only way from a page to its notebook, and no way leads back, so never edit a notebook: change the page.
The same page always gives the same bytes. Notebooks hold no outputs; the pictures in them are links.

Run: python lessons/make_notebooks.py   (or: make notebooks)
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LESSONS, NOTEBOOKS = ROOT / "lessons", ROOT / "notebooks"
# The public address of the project, such as "https://github.com/NAME/PROJECT". While it is empty, links and pictures of
# a notebook are relative, which works on GitHub and in a copy of the project, and there is no link to Colab. Once it is
# set, run `make notebooks`: links and pictures become absolute, and Colab opens the notebooks and installs the project.
REPOSITORY = ""
BRANCH = "main"

# Fenced code that is shown and does not run.
QUOTED = "```python .noeval"
LINK = re.compile(r"(?P<before>!?\[[^\]]*\]\()(?P<path>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
SETUP = """\
# In a copy of the project, this cell finds the course beside the notebook. {elsewhere}
%matplotlib inline
import importlib.util
import sys
from pathlib import Path

if (Path.cwd().parent / "gankit").is_dir():
    sys.path.insert(0, str(Path.cwd().parent))
elif importlib.util.find_spec("gankit") is None:
    {install}

from gankit.scripts import quiet_start

with quiet_start():
    import tensorflow as tf

    tf.zeros(())"""


def pages() -> list[Path]:
    """Return the pages that become notebooks: those with the name of a task file or of a lab."""
    return [page for page in sorted(LESSONS.glob("*.md")) if source_of(page) is not None]


def source_of(page: Path) -> Path | None:
    """Return the task file or lab that a page explains, or None for a page that explains no file."""
    files = (ROOT / f"{page.stem}.py", ROOT / "labs" / f"{page.stem}.py")
    return next((file for file in files if file.is_file()), None)


def notebook_of(page: Path, repository: str = REPOSITORY) -> str:
    """Turn a page into the text of its notebook.

    Parameters
    ----------
    page : path
        A file in `lessons/`.
    repository : str
        The public address of the project, or nothing.
    """
    # Only this command needs jupytext, and the tests of pages do without.
    import jupytext

    cells: list[dict[str, Any]] = []
    read = jupytext.reads(page.read_text(encoding="utf-8"), {"extension": ".md", "split_at_heading": True})
    for cell in read.cells:
        text = for_notebook(cell.source, page, repository) if cell.cell_type == "markdown" else cell.source
        cells.append(_cell(cell.cell_type, text, dict(cell.metadata)))
    # The title comes first, then the cell that finds or installs the course.
    cells.insert(1, _cell("code", setup_code(repository), {"tags": ["setup"]}))
    _give_ids(cells)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def setup_code(repository: str = REPOSITORY) -> str:
    """Return the first code cell of every notebook: it finds the course, or installs it, and starts TensorFlow."""
    if repository:
        elsewhere = "On Colab, it installs the course."
        install = f'%pip install --quiet "gankit[labs] @ git+{repository}@{BRANCH}"'
    else:
        elsewhere = "Elsewhere, the course must be installed."
        sentence = "The course is not installed; open this notebook in a copy of the project, in its notebooks folder."
        install = f'raise ModuleNotFoundError(\n        "{sentence}"\n    )'
    return SETUP.format(elsewhere=elsewhere, install=install)


def for_notebook(text: str, page: Path, repository: str = REPOSITORY) -> str:
    """Turn the Markdown of a page into that of its notebook, which lies in another folder."""
    link_to_notebook = f"Notebook: [{page.stem}.ipynb](../notebooks/{page.stem}.ipynb)"
    link_to_page = (
        f"Page: [{page.stem}.md](../lessons/{page.stem}.md), from which `make notebooks` writes this notebook"
    )
    if repository:
        on_colab = repository.replace("https://github.com/", "https://colab.research.google.com/github/")
        link_to_page += f" ([open it in Colab]({on_colab}/blob/{BRANCH}/notebooks/{page.stem}.ipynb))"
    text = text.replace(QUOTED, "```python").replace(link_to_notebook, link_to_page)
    return LINK.sub(lambda link: _moved(link, page, repository), text)


def _moved(link: re.Match[str], page: Path, repository: str) -> str:
    """Return a link of a page as it has to stand in its notebook."""
    path, anchor = link["path"], link["anchor"] or ""
    if "://" in path:
        return link[0]
    target = (page.parent / path).resolve() if path else page
    if target.parent == LESSONS and target != page and target in pages() and not anchor:
        # The other page has a notebook too.
        target = NOTEBOOKS / f"{target.stem}.ipynb"
    if repository:
        kind = "raw" if link["before"].startswith("!") else "blob"
        place = f"{repository}/{kind}/{BRANCH}/{target.relative_to(ROOT).as_posix()}"
    else:
        place = Path(os.path.relpath(target, NOTEBOOKS)).as_posix()
    return f"{link['before']}{place}{anchor})"


def _cell(kind: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": metadata, "source": source.splitlines(keepends=True)}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


def _give_ids(cells: list[dict[str, Any]]) -> None:
    """Name each cell after its content, so that an unchanged cell keeps its name."""
    seen: dict[str, int] = {}
    for cell in cells:
        content = "".join([cell["cell_type"], *cell["source"]])
        number = seen[content] = seen.get(content, 0) + 1
        cell["id"] = hashlib.sha256(f"{content}{number}".encode()).hexdigest()[:12]


def main(arguments: list[str] | None = None) -> None:
    """Write all notebooks, and delete those whose page is gone."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(
        arguments
    )
    NOTEBOOKS.mkdir(exist_ok=True)
    wanted = {NOTEBOOKS / f"{page.stem}.ipynb": notebook_of(page) for page in pages()}
    for old in set(NOTEBOOKS.glob("*.ipynb")) - set(wanted):
        old.unlink()
    for path, text in wanted.items():
        path.write_bytes(text.encode())
    print(f"{len(wanted)} notebooks are in {NOTEBOOKS}.")


if __name__ == "__main__":
    main()
