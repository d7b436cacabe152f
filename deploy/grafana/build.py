#!/usr/bin/env python3
"""Writes dashboards/*.json, which Grafana reads, from operations.py and security.py.

usage: build.py [--check]      --check: writes nothing; exit 1 if a file is not what would be written
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True
FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import operations  # noqa: E402
import security  # noqa: E402


def dashboards():
    """File name -> text."""
    return {f"{name}.json": json.dumps(module.board().json(), indent=1, ensure_ascii=False) + "\n"
            for name, module in (("operations", operations), ("security", security))}


def main():
    stale = []
    for name, text in dashboards().items():
        file = FOLDER / "dashboards" / name
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            stale.append(f"{file} is not what deploy/grafana/build.py makes: run it")
        else:
            file.write_text(text, encoding="utf-8")
    print("\n".join(stale), end="\n" if stale else "")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
