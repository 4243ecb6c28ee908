"""How many points one mistake costs: every wrong submission of `tests/submissions`, graded with all scenes.

    python benchmarks/points_lost.py RECORDS                 a table of all; plays what is not on record yet
    python benchmarks/points_lost.py RECORDS --every 5       every fifth submission only

RECORDS is a folder outside the project, as for `mutate_judge.py`: answers of the workers are kept there, so that a
changed judge can be measured again in a minute. The recording belongs to one stack and one state of the worker.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "tests"))

from recorded_workers import RecordedWorkers
from submissions import corpus

from gankit.grading.grade import Grader
from gankit.grading.runner import Workers

SEED = 7


def main() -> None:
    """Print the points that each wrong submission loses, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path, help="a folder outside the project")
    parser.add_argument("--every", type=int, default=1, help="every n-th submission only")
    parser.add_argument("--kind", default="wrong", choices=("wrong", "right"), help="which submissions")
    options = parser.parse_args()
    lost: list[tuple[float, int, str]] = []
    with Workers() as live:
        workers = RecordedWorkers(options.records, live)
        for case in list(getattr(corpus, options.kind)())[:: options.every]:
            grader = Grader(workers, seed=SEED, tasks=[case.task])
            result = grader.grade(corpus.taken(case.files)).tasks[0]
            ideas = result.lost_ideas
            lost.append((result.most - result.points, len(ideas), case.label))
            named = "" if not case.idea or case.idea in ideas[:1] else f"   NOT {case.idea} FIRST"
            print(f"{lost[-1][0]:5g}  {case.label}: {', '.join(ideas)}{named}", flush=True)
    print(
        f"\n{len(lost)} submissions, median {statistics.median(points for points, _, _ in lost):g} points lost, ",
        end="",
    )
    print(
        f"most {max(lost)[0]:g} ({max(lost)[2]}), {sum(points > 8 for points, _, _ in lost)} lost more than 8, ", end=""
    )
    print(f"{sum(ideas > 2 for _, ideas, _ in lost)} are told of more than two ideas.")


if __name__ == "__main__":
    main()
