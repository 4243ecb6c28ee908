"""The pages of the course: their links have targets, and the code that they show is the code of the files."""

import re
from pathlib import Path

import pytest

from gankit.grading.submission import TASK_FILES
from lessons import make_notebooks

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not {".venv", ".venv-coursework", ".pytest_cache", "outputs", "build"} & set(page.relative_to(ROOT).parts)
)
LESSONS = make_notebooks.pages()
TASKS = {names[0][: -len(".py")] for names in TASK_FILES.values()}
LABS = {file.stem for file in (ROOT / "labs").glob("*.py")} - {"__init__"}


def anchors(page):
    for heading in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def quotes(page):
    """The blocks of code that a page marks as taken from a file. They must not run, as they are fragments."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"<!-- from (\S+) -->\n```python \.noeval\n(.*?)```", text, re.DOTALL)
    assert len(found) == text.count("<!-- from "), f"{page.name}: quoted code begins with ```python .noeval"
    return found


@pytest.mark.parametrize("page", LESSONS, ids=lambda page: page.stem)
def test_quoted_code_is_that_of_the_file(page):
    found = quotes(page)
    assert found, "a lesson shows the lines that carry it"
    for file, code in found:
        source = [line.strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
        lines = [line.strip() for line in code.splitlines()]
        assert any(source[start : start + len(lines)] == lines for start in range(len(source))), code


def test_there_is_a_page_for_every_task_and_lab():
    assert {page.stem for page in LESSONS} == TASKS | LABS
    for name in TASKS | LABS:
        assert f"lessons/{name}.md" in (ROOT / "README.md").read_text(encoding="utf-8")
        assert f"({name}.md)" in (ROOT / "lessons" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", LESSONS, ids=lambda page: page.stem)
def test_a_page_shows_a_failure_with_the_command_that_drew_it(page):
    section = page.read_text(encoding="utf-8").split("\n## What can go wrong\n")[1].split("\n## ")[0]
    assert re.search(r"!\[[^\]]+\]\(\.\./docs/[^)]+\)\n\n\*[^*]*`python [^`]+`", section)


def test_the_front_door_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 130


def test_no_number_is_missing():
    for page in PAGES:
        assert "@@" not in page.read_text(encoding="utf-8"), page
