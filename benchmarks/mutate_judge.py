"""Mutation testing of the judge: count the changes of its code that the submissions in `tests/submissions` notice.

    python benchmarks/mutate_judge.py record RECORDS           run every submission once; needs TensorFlow
    python benchmarks/mutate_judge.py run RECORDS --most 600   judge the records with mutants of the judge

The judge only reads the answers of workers. Workers therefore run each submission once, with one seed, and every mutant
of the judge reads the same answers. cosmic-ray makes the mutants (`pip install .[mutation]`), one for each operator of
each expression. A mutant is noticed if a submission gets a verdict that its folder does not allow, or if judging does
not end.

The benchmark leaves out, and reports, three groups of mutants: those of code that makes inputs, which would need other
answers; those of type annotations, which are never evaluated; and those with which the judge cannot be imported.
"""

from __future__ import annotations

import argparse
import ast
import collections
import importlib.abc
import importlib.machinery
import json
import os
import pickle
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
JUDGE = ROOT / "gankit" / "grading" / "judge"
PACKAGE = "gankit.grading.judge"
SEED = 7
# The code that makes inputs: whole modules, or functions of modules.
INPUTS = {
    "training_steps.scenes": None,
    "networks": {"glorot_like"},
    "builder.judges": {"scenes", "draw"},
    "scripts.inputs": None,
    "tasks": {"prepare"},
}
# After this many seconds of CPU time, a verdict counts as never given. The slowest verdict takes about one second.
MOST_SECONDS = 20


# ------------------------------------------------------------------------------ submissions and their records


def all_cases() -> list:
    """Return every submission of `tests/submissions` in a fixed random order, the slow hostile ones last."""
    from submissions import corpus

    nowhere = Path(tempfile.gettempdir()) / "gankit-witness.txt"
    cases = [*corpus.right(), *corpus.wrong()]
    random.Random(1).shuffle(cases)
    return cases + list(corpus.hostile(ROOT, nowhere))


def verdict(case: Any, workers: Any) -> Any:
    """Grade a submission."""
    from submissions.corpus import taken

    from gankit.grading.grade import Grader
    from gankit.grading.runner import Limits

    limits = Limits(cpu_seconds=4, wall_seconds=10) if case.kind == "hostile" else None
    grader = Grader(workers, seed=SEED, tasks=[case.task], scenes=case.scenes, limits=limits)
    return grader.grade(taken(case.files)).tasks[0]


def record(folder: Path) -> None:
    """Run every submission that is not on record, and print the verdicts that differ from the expected ones."""
    from recorded_workers import RecordedWorkers

    from gankit.grading.runner import Workers

    with Workers() as live:
        workers = RecordedWorkers(folder, live)
        cases = all_cases()
        for number, case in enumerate(cases, start=1):
            complaint = case.complaint(verdict(case, workers))
            print(f"{number}/{len(cases)} {case.label}: {complaint or 'as expected'}", flush=True)


# ------------------------------------------------------------------------------------------------- mutants


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    operator: str
    occurrence: int
    line: int

    @cached_property
    def original(self) -> str:
        """The original source of the module."""
        return (JUDGE / f"{self.module.replace('.', '/')}.py").read_text(encoding="utf-8")

    @cached_property
    def source(self) -> str:
        """The source of the module with the change."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        return mutate_code(self.original, get_operator(self.operator)(), self.occurrence) or self.original

    @property
    def change(self) -> str:
        """The line before and after the change."""
        old, new = self.original.splitlines(), self.source.splitlines()
        pairs = [(a.strip(), b.strip()) for a, b in zip(old, new) if a != b] or [
            (old[self.line - 1].strip(), "(removed)")
        ]
        return f"{pairs[0][0]}   ->   {pairs[0][1]}"


def module_name(path: Path) -> str:
    """Return the name of a module within the judge."""
    return ".".join(path.relative_to(JUDGE).with_suffix("").parts)


def all_mutants(choice: random.Random) -> Iterator[Mutant]:
    """Yield one mutant for each operator at each position that is not left out."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    operators = [(name, get_operator(name)) for name in operator_names()]
    operators = [(name, operator()) for name, operator in operators if not operator.arguments()]
    for path in sorted(JUDGE.rglob("*.py")):
        skipped = INPUTS.get(module_name(path), set())
        if skipped is None:
            continue
        source = path.read_text(encoding="utf-8")
        left_out = _spans_left_out(ast.parse(source), skipped)
        nodes = list(ast_nodes(get_ast(source)))
        places: dict[tuple, list[tuple[str, int]]] = collections.defaultdict(list)
        for name, operator in operators:
            positions = (position for node in nodes for position in operator.mutation_positions(node))
            for occurrence, (start, end) in enumerate(positions):
                if not any(first <= start < last for first, last in left_out):
                    family = name.split("/")[1].split("_")[0]
                    places[start, end, family].append((name, occurrence))
        for (start, _, _), found in places.items():
            yield Mutant(module_name(path), *choice.choice(found), start[0])


def _spans_left_out(tree: ast.Module, functions: set[str]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return (start, end) of annotations and of functions that make inputs."""
    left_out: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            left_out.append(node)
        annotations = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        left_out += [annotation for annotation in annotations if annotation is not None]
    return [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in left_out]


class _MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module of the judge from a mutant's source."""

    def __init__(self, mutant: Mutant):
        self._mutant = mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        wanted = name == f"{PACKAGE}.{self._mutant.module}"
        return importlib.machinery.ModuleSpec(name, self) if wanted else None

    def exec_module(self, module: Any) -> None:
        exec(compile(self._mutant.source, self._mutant.module, "exec"), vars(module))  # noqa: S102


# ------------------------------------------------------------------------------------------------- judging them


def baseline(cases: list, workers: Any) -> tuple[list, dict[str, bytes], dict[tuple[str, int], list[int]]]:
    """Judge all cases without a mutant.

    Returns
    -------
    cases : list
        The cases that are on record and get the expected verdict.
    plays : dict
        The pickled requests of each case, by its label.
    covering : dict
        For each line of the judge, the positions of the cases that run it, the fastest first; all cases for lines that
        run at import.
    """
    import coverage
    from recorded_workers import NotOnRecord

    watch = coverage.Coverage(data_file=None, include=[f"{JUDGE}/*"], config_file=False)
    watch.start()
    from gankit.grading.judge import tasks

    plays: dict[str, bytes] = {}
    kept = []
    cost = []
    for case in cases:
        task = tasks.TASKS[case.task - 1]
        prepare = type(task).prepare

        def prepare_and_keep(*arguments: Any, case: Any = case, task: Any = task, prepare: Any = prepare) -> Any:
            play = prepare(task, *arguments)
            plays[case.label] = pickle.dumps(play)
            return play

        task.prepare = prepare_and_keep
        watch.switch_context(str(len(kept)))
        started = time.process_time()
        try:
            complaint = case.complaint(verdict(case, workers))
        except NotOnRecord:
            complaint = "not on record"
        if complaint:
            print(f"left out: {case.label}: {complaint}", flush=True)
        else:
            kept.append(case)
            cost.append(time.process_time() - started)
        watch.switch_context("left out")
    watch.stop()
    covering: dict[tuple[str, int], list[int]] = {}
    data = watch.get_data()
    for file in data.measured_files():
        for line, contexts in data.contexts_by_lineno(file).items():
            everywhere = "" in contexts and not _in_lambda(file, line)
            numbers = (
                range(len(kept)) if everywhere else [int(c) for c in contexts if c.isdigit() and int(c) < len(kept)]
            )
            covering[module_name(Path(file)), line] = sorted(numbers, key=cost.__getitem__)
    return kept, plays, covering


def _in_lambda(file: str, line: int, cache: dict[str, set[int]] = {}) -> bool:  # noqa: B006
    if file not in cache:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
        lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
        cache[file] = {n for node in lambdas for n in range(node.lineno, node.end_lineno + 1)}
    return line in cache[file]


def judge_with(mutant: Mutant, cases: Iterable, plays: dict[str, bytes], workers: Any) -> tuple[str, str]:
    """Judge the cases with a mutant until one notices it; call this in a separate process.

    Returns
    -------
    (outcome, reason)
        ``noticed``, ``unnoticed`` or ``cannot be imported``.
    """
    for name in [name for name in sys.modules if name.startswith(PACKAGE) or name == "gankit.grading.grade"]:
        del sys.modules[name]
    sys.meta_path.insert(0, _MutantFinder(mutant))
    try:
        from gankit.grading.judge import tasks
    except Exception as error:  # noqa: BLE001
        return "cannot be imported", repr(error)
    signal.signal(signal.SIGVTALRM, _too_long)
    for case in cases:
        tasks.TASKS[case.task - 1].prepare = lambda *_, case=case: pickle.loads(plays[case.label])  # noqa: S301
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
        try:
            complaint = case.complaint(verdict(case, workers))
        except Exception as error:  # noqa: BLE001
            complaint = repr(error)
        if complaint:
            return "noticed", f"{case.label}: {complaint}"
    return "unnoticed", ""


def _too_long(*_: Any) -> None:
    print(json.dumps(["noticed", "judging does not end"]), flush=True)
    os._exit(0)


def run(folder: Path, most: int, seed: int, modules: list[str], output: Path | None) -> None:
    """Judge the records with a sample of all mutants, and print how many were noticed."""
    from recorded_workers import RecordedWorkers

    workers = RecordedWorkers(folder)
    started = time.monotonic()
    cases, plays, covering = baseline(all_cases(), workers)
    print(f"{len(cases)} submissions on record, judged in {time.monotonic() - started:.0f} s", flush=True)
    choice = random.Random(seed)
    mutants = [mutant for mutant in all_mutants(choice) if not modules or mutant.module in modules]
    sample = mutants if most >= len(mutants) else choice.sample(mutants, most)
    counts: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    for mutant in sample:
        chosen = [cases[place] for place in covering.get((mutant.module, mutant.line), [])]
        outcome, reason = _in_a_child(mutant, chosen, plays, workers)
        counts[mutant.module][outcome] += 1
        line = {**asdict(mutant), "outcome": outcome, "reason": reason, "change": mutant.change, "cases": len(chosen)}
        if output is not None:
            with output.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        if outcome == "unnoticed":
            print(f"unnoticed: {mutant.module}.py:{mutant.line} {mutant.operator}: {mutant.change}", flush=True)
    print(f"\n{len(sample)} of {len(mutants)} mutants, {time.monotonic() - started:.0f} s")
    total: collections.Counter = collections.Counter()
    for module, counter in sorted(counts.items()):
        total += counter
        print(_row(module, counter))
    print(_row("all", total))


def _row(name: str, counter: collections.Counter) -> str:
    judged = counter["noticed"] + counter["unnoticed"]
    share = counter["noticed"] / judged if judged else 1
    return f"| {name} | {judged} | {counter['noticed']} | {share:.1%} | {counter['cannot be imported']} |"


def _in_a_child(mutant: Mutant, cases: list, plays: dict[str, bytes], workers: Any) -> tuple[str, str]:
    end, other = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(other, 1)
        os.close(2)
        try:
            print(json.dumps(judge_with(mutant, cases, plays, workers)), flush=True)
        finally:
            os._exit(0)
    os.close(other)
    with os.fdopen(end) as answers:
        lines = answers.read().splitlines()
    os.waitpid(child, 0)
    # A mutant that ends the process is noticed too.
    outcome, reason = json.loads(lines[0]) if lines else ("noticed", "the process ended")
    return outcome, reason


def main() -> None:
    """Record or run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("record", "run"))
    parser.add_argument("records", type=Path, help="a folder outside the project")
    parser.add_argument("--most", type=int, default=10**6, help="number of mutants, sampled at random")
    parser.add_argument("--seed", type=int, default=0, help="seed of this sample")
    parser.add_argument("--modules", nargs="*", default=[], help="mutate these modules only")
    parser.add_argument("--output", type=Path, help="append one line of JSON per mutant to this file")
    options = parser.parse_args()
    if options.command == "record":
        record(options.records)
    else:
        run(options.records, options.most, options.seed, options.modules, options.output)


if __name__ == "__main__":
    main()
