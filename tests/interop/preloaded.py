"""Runs Python programs as their interpreter would, without importing their modules each time.

    python preloaded.py MODULE...

imports the modules and then obeys requests, JSON objects on lines of standard input: `argv`, what would stand behind
`python` (`-c CODE ...` or `SCRIPT ...`), `cwd`, `env`, and `out` and `err`, the files that take what is printed. Each
runs in a fork of this process. The answer is a line with its exit code.

GTO's and DVC's commands spend most of their time on imports, ours some, and the tests run hundreds of them.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import signal
import sys
import threading
import traceback
from typing import Any


def main(modules: list[str]) -> None:
    for module in modules:
        importlib.import_module(module)
    if threading.active_count() > 1:
        raise RuntimeError(f"a process with threads cannot be forked: {threading.enumerate()}")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_obey(json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _obey(request: dict[str, Any]) -> int:
    """Become the process that was asked for, and return its exit code."""
    for target, path in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, target)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = _exit_code(request["argv"])
    atexit._run_exitfuncs()  # os._exit leaves them out
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _exit_code(argv: list[str]) -> int:
    try:
        _run(argv)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _run(argv: list[str]) -> None:
    if argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        sys.path[0] = ""
        exec(compile(argv[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = argv
        sys.path[0] = os.path.dirname(argv[0])
        runpy.run_path(argv[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
