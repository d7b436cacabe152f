#!/usr/bin/env python3
"""Fails when a C++ file is not formatted by clang-format 14 with the tree's .clang-format.

Other versions format differently, so only version 14 (Debian 12) counts. `--fix` rewrites the files.
"""
import pathlib
import shutil
import subprocess
import sys

ROOTS = ("engine", "connectors", "app", "tests")


def main() -> int:
    tool = shutil.which("clang-format-14")
    if tool is None:
        print("check_format: no clang-format-14 on PATH: run deploy/install-packages.sh test")
        return 1
    files = sorted(file.as_posix() for root in ROOTS for file in pathlib.Path(root).rglob("*")
                   if file.suffix in (".h", ".cc"))
    if not files:
        print("no .h or .cc file found: run this from the repository root")
        return 1
    if "--fix" in sys.argv[1:]:
        return subprocess.run([tool, "-i", *files], check=False).returncode
    bad = [file for file in files
           if subprocess.run([tool, "--dry-run", "-Werror", "--ferror-limit=1", file], check=False,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode]
    for file in bad:
        print(f"{file}: not formatted: run tests/lint/check_format.py --fix")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
