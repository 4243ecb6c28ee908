"""The layout of the project: which room imports which, and how little the lessons differ."""

import ast
import difflib
from pathlib import Path

import pytest

from gankit.grading.submission import TASK_FILES
from gankit.grading.worker.loading import FAMILIES

ROOT = Path(__file__).resolve().parents[1]
GROUND = {"errors", "randomness", "choices", "files", "memory", "stored_arrays"}
# Each room may import the ground and the rooms in earlier rows. Rooms in one row do not import each other.
ROWS = [{"fast"}, {"faces", "datasets"}, {"metrics", "plots"}, {"networks"}, {"models"}, {"training"}, {"scripts"}]
GRADING = GROUND | {"scripts", "models", "grading"}
TASKS = {names[0][: -len(".py")] for names in TASK_FILES.values()}
LABS = sorted(file for file in (ROOT / "labs").glob("*.py") if file.name != "__init__.py")
FILES = sorted((ROOT / "gankit").rglob("*.py"))


def imported(file):
    """Every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # The worker is copied under another name, so it uses relative imports. These do not leave the room.
            assert node.level <= 1, file
            if not node.level:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_of(file):
    for name in imported(file):
        parts = name.split(".")
        if parts[0] == "gankit":
            yield parts[1]


def allowed(room):
    if room in GROUND:
        return GROUND
    if room == "grading":
        return GRADING
    number = next(number for number, row in enumerate(ROWS) if room in row)
    return GROUND | {room}.union(*ROWS[:number])


def test_every_file_of_the_package_is_in_a_known_room():
    rooms = {file.relative_to(ROOT / "gankit").parts[0].replace(".py", "") for file in FILES}
    assert rooms - {"__init__"} == GROUND | {"grading"}.union(*ROWS)


# Entry points may import all rooms. The student's tests are copied out of the package.
@pytest.mark.parametrize(
    "file",
    [file for file in FILES if file.name not in ("__main__.py", "visible_tests.py") and file.parent.name != "gankit"],
    ids=lambda file: file.relative_to(ROOT).as_posix(),
)
def test_a_room_imports_only_what_stands_above_it(file):
    room = file.relative_to(ROOT / "gankit").parts[0]
    assert set(rooms_of(file)) <= allowed(room)


def test_the_ground_imports_only_itself():
    for name in GROUND:
        assert set(rooms_of(ROOT / "gankit" / f"{name}.py")) <= GROUND, name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_package_imports_no_task_and_no_lab(file):
    if file.name == "visible_tests.py":
        return
    assert not {name.split(".")[0] for name in imported(file)} & {*TASKS, "labs"}


def test_task_files_import_earlier_tasks_only():
    order = [names[0][: -len(".py")] for names in TASK_FILES.values()]
    for position, task in enumerate(order):
        others = {name.split(".")[0] for name in imported(ROOT / f"{task}.py")} & TASKS
        assert others <= set(order[:position]), task


def test_tasks_import_no_lab_and_labs_do_not_import_each_other_in_a_circle():
    for task in TASKS:
        assert not any(name.split(".")[0] == "labs" for name in imported(ROOT / f"{task}.py")), task
    needs = {
        f"labs.{lab.stem}": {".".join(name.split(".")[:2]) for name in imported(lab) if name.startswith("labs.")}
        for lab in LABS
    }
    while needs:
        free = {name for name, others in needs.items() if not others & set(needs)}
        assert free, f"these labs import each other in a circle: {sorted(needs)}"
        needs = {name: others for name, others in needs.items() if name not in free}


def test_the_worker_knows_every_name_of_a_task():
    names = {name[: -len(".py")] for names in TASK_FILES.values() for name in names}
    assert names == {name for family in FAMILIES for name in family}


def lesson(name):
    """The class of a task, without its docstrings."""
    source = (ROOT / name).read_text(encoding="utf-8")
    tree = ast.parse(source)
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    for node in ast.walk(found):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    # Python up to 3.10 writes a tuple on the left side with brackets.
    return ast.unparse(found).replace("(beta_1, beta_2) =", "beta_1, beta_2 =").splitlines()


def test_clipping_and_penalty_differ_by_what_differs_between_the_papers():
    changes = list(difflib.unified_diff(lesson("wgan_clip.py"), lesson("wgan_gp.py"), lineterm="", n=0))
    removed = [line[1:].strip() for line in changes if line.startswith("-") and not line.startswith("---")]
    assert removed == [
        "class WGAN_clip(GAN):",
        "beta_1, beta_2 = (0.5, 0.9)",
        "gradients = tape.gradient(discr_loss, variables)",
        "for variable in variables:",
        "variable.assign(tf.clip_by_value(variable, -1.0, 1.0))",
        "return {'discr_loss': discr_loss, 'gen_loss': gen_loss}",
    ]
    added = [line[1:].strip() for line in changes if line.startswith("+") and not line.startswith("+++")]
    # The class with its constructor and attribute, the penalty, and its place in the loss.
    assert len(added) <= 25
