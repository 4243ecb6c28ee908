"""The pages of the course: their links have targets, and the code that they show is the code of the files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not {".venv", ".venv-coursework", ".pytest_cache", "outputs", "build"} & set(page.relative_to(ROOT).parts)
)
LESSONS = [page for page in sorted((ROOT / "lessons").glob("*.md")) if (ROOT / f"{page.stem}.py").exists()]


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
    """The blocks of code that a page marks as taken from its file."""
    return re.findall(r"<!-- from (\S+) -->\n```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", LESSONS, ids=lambda page: page.stem)
def test_quoted_code_is_that_of_the_file(page):
    found = quotes(page)
    assert found, "a lesson shows the lines that carry it"
    for file, code in found:
        source = [line.strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
        lines = [line.strip() for line in code.splitlines()]
        assert any(source[start : start + len(lines)] == lines for start in range(len(source))), code


def test_there_is_a_page_for_every_task():
    tasks = {"simple_gan", "wgan_clip", "wgan_gp", "convolutional_gan", "face_generator", "pretrained_explorer"}
    assert {page.stem for page in LESSONS} == tasks
    for name in tasks:
        assert f"lessons/{name}.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_front_door_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 130


def test_the_example_with_networks_of_one_s_own_runs():
    text = (ROOT / "lessons" / "simple_gan.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"<!-- run -->\n```python\n(.*?)```", text, re.DOTALL)
    short = code.replace("epochs=50, steps_per_epoch=200", "epochs=2, steps_per_epoch=3, verbose=0")
    assert short != code
    names = {}
    exec(compile(short, "lessons/simple_gan.md", "exec"), names)  # noqa: S102
    assert names["fakes"].shape == (1000, 2) and len(names["history"].history["gen_loss"]) == 2


def test_no_number_is_missing():
    for page in PAGES:
        assert "@@" not in page.read_text(encoding="utf-8"), page
