"""One request in one fresh process, where there is no fork: ``python -I -S cold.py ORDER SEARCH_PATH``.

Frames go to what was standard output; everything that is printed goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Serve the request that lies in the order's folder."""
    first, *others = json.loads(sys.argv[2])
    sys.path[:] = [first, *sys.path, *others]
    results = os.dup(1)
    os.dup2(2, 1)
    from grading_worker import serve, warm

    warm.import_libraries()
    serve.serve(json.loads(sys.argv[1]), results)


if __name__ == "__main__":
    main()
