#!/usr/bin/env python3
"""Fails when a source file is longer than 600 lines (400 is what to aim at).

A file may be longer only with a reason, in EXCEPTIONS; an exception that is no longer needed fails too.
"""
import pathlib
import sys

LIMIT = 600
# path -> (lines it may have, why it is one file)
EXCEPTIONS = {}
ROOTS = ("engine", "connectors", "app", "tests", "deploy")
SUFFIXES = (".h", ".cc", ".py", ".sh", ".js")


def main() -> int:
    mistakes = []
    unused = dict(EXCEPTIONS)
    for root in ROOTS:
        for file in sorted(pathlib.Path(root).rglob("*")):
            if file.suffix not in SUFFIXES or "node_modules" in file.parts:
                continue
            lines = file.read_bytes().count(b"\n")
            path = file.as_posix()
            limit, _ = EXCEPTIONS.get(path, (LIMIT, ""))
            if lines > limit:
                mistakes.append(f"{path}: {lines} lines, at most {limit}: split it by concept")
            if lines > LIMIT:
                unused.pop(path, None)
    mistakes.extend(f"EXCEPTIONS: {path} is not longer than {LIMIT} lines" for path in unused)
    print("\n".join(mistakes), end="\n" if mistakes else "")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
