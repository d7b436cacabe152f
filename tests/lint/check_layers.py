#!/usr/bin/env python3
"""Fails when an #include goes against the data's way.

A folder may include itself and what LAYERS lists for it, nothing else. A folder
stands below everything it may include, so the graph has no cycle and the table
is the architecture. Run by CTest (label lint) from the repository root; no arguments.
"""
import pathlib
import re
import sys

# folder -> folders it may include. Read top to bottom: text and bytes -> plan -> state -> alerts.
LAYERS = {
    "engine/base": [],
    "engine/record": ["engine/base"],
    "engine/plan": ["engine/base", "engine/record"],
    "engine/kql": ["engine/base"],
    "engine/bind": ["engine/base", "engine/record", "engine/plan", "engine/kql"],
    "engine/eval": ["engine/base", "engine/record", "engine/plan"],
    "engine/optimize": ["engine/base", "engine/record", "engine/plan", "engine/eval"],
    "engine/batch": ["engine/base", "engine/record", "engine/plan", "engine/eval"],
    "engine/state": ["engine/base", "engine/record"],
    "engine/delta": ["engine/base", "engine/record", "engine/plan", "engine/eval",
                     "engine/batch", "engine/state"],
    "engine/alert": ["engine/base", "engine/record"],
    "engine/rule": ["engine/base", "engine/record", "engine/plan", "engine/kql", "engine/bind",
                    "engine/optimize", "engine/state", "engine/delta", "engine/alert"],
    "engine/pipeline": ["engine/base", "engine/record", "engine/plan", "engine/eval",
                        "engine/batch", "engine/state", "engine/delta", "engine/alert", "engine/rule"],
    "connectors/decode": ["engine/base", "engine/record", "engine/pipeline"],
    "connectors/http": ["engine/base"],
    "connectors/azure": ["engine/base", "engine/record", "connectors/http"],
    "connectors/format": ["engine/base", "engine/record", "engine/alert"],
    "connectors/file": ["engine/base", "engine/record", "engine/alert", "engine/pipeline",
                        "connectors/format"],
    "connectors/kafka": ["engine/base", "engine/record", "engine/alert", "engine/pipeline",
                         "connectors/format", "connectors/azure"],
    "connectors/loganalytics": ["engine/base", "engine/record", "engine/pipeline",
                                "connectors/http", "connectors/azure"],
    "connectors/blob": ["engine/base", "engine/record", "engine/alert", "engine/pipeline",
                        "connectors/format", "connectors/http", "connectors/azure",
                        "connectors/file"],
    "connectors/push": ["engine/base", "engine/record", "engine/state", "engine/pipeline",
                        "connectors/http"],
    "connectors/webhook": ["engine/base", "engine/record", "engine/alert", "engine/pipeline",
                           "connectors/format", "connectors/http", "connectors/azure"],
    "connectors/syslog": ["engine/base", "engine/record", "engine/pipeline", "connectors/format",
                          "connectors/http"],
}
# A library is let in by one or two folders only, so that it can be replaced there.
FENCED = {
    "librdkafka/": ["connectors/kafka"],
    "simdjson.h": ["connectors/decode"],
    "curl/": ["connectors/http"],
    "httplib.h": ["connectors/http"],
    "openssl/": ["engine/base", "connectors/http"],  # cryptography; handshakes
    "prometheus/": ["engine/base"],
    "yaml-cpp/": ["engine/rule", "app"],
    "re2/": ["engine/eval"],
    "sqlite3.h": ["engine/state"],
    "spdlog/": ["engine/base"],
    "expat.h": ["connectors/blob"],
    "zstd.h": ["connectors/file"],
    "zlib.h": ["connectors/file", "connectors/http"],
    "brotli/": ["connectors/http"],
    "CLI/": ["app"],
    "nlohmann/": ["connectors/format", "app"],
}
ROOTS = ("engine", "connectors", "app")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def folder_of(path: str) -> str:
    return "app" if path.startswith("app/") else "/".join(path.split("/")[:2])


def table_mistakes():
    """The table itself: every arrow points to a folder listed above its own line."""
    seen = set()
    for folder, allowed in LAYERS.items():
        for target in allowed:
            if target not in seen:
                yield f"LAYERS: {folder} may include {target}, which is not listed above it"
        seen.add(folder)


def include_mistakes(here: str, quote: str, target: str):
    if quote == '"':
        there = folder_of(target)
        if target.split("/")[0] not in ROOTS:
            yield f'include "{target}" by its path from the root, one of {", ".join(ROOTS)}'
        elif here not in ("app", there) and there not in LAYERS[here]:
            yield f"{here} may not include {there}"
    for prefix, homes in FENCED.items():
        if target.startswith(prefix) and here not in homes:
            yield f"{target} belongs to {', '.join(homes)}"


def file_mistakes(file: pathlib.Path):
    path = file.as_posix()
    here = folder_of(path)
    if here != "app" and here not in LAYERS:
        yield f"{path}: folder {here} is not in LAYERS"
        return
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            for mistake in include_mistakes(here, *match.groups()):
                yield f"{path}:{number}: {mistake}"


def main() -> int:
    mistakes = list(table_mistakes())
    files = 0
    for root in ROOTS + ("rules",):
        for file in sorted(pathlib.Path(root).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            files += 1
            if root == "rules":
                mistakes.append(f"{file.as_posix()}: rules/ holds detection content, no C++")
            else:
                mistakes.extend(file_mistakes(file))
    if files == 0:
        mistakes.append("no .h or .cc file found: run this from the repository root")
    print("\n".join(mistakes), end="\n" if mistakes else "")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
