"""One request in one fresh process, where there is no fork: ``python -I -S cold.py FOLDER ORDER SEARCH_PATH``.

Frames go to what was standard output; everything that is printed goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Serve the request that lies in the folder."""
    folder, order = Path(sys.argv[1]), json.loads(sys.argv[2])
    first, *others = json.loads(sys.argv[3])
    sys.path[:] = [first, *sys.path, *others]
    results = os.dup(1)
    os.dup2(2, 1)
    from grading_worker import sandbox, serve, warm

    warm.set_environment()
    os.environ.update(TMPDIR=str(folder), MPLCONFIGDIR=str(folder))
    warm.import_libraries()
    os.chdir(folder)
    request = serve.read_request(folder)
    sandbox.confine(str(folder), order)
    serve.play(request, folder, results)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
