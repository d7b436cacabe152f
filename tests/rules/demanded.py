#!/usr/bin/env python3
"""Each rule's tests have every kind: two that fire, three that stay silent, late and doubled records, both
record layouts. A rule about records that exist in one layout only says so with `# One layout: WHY`."""
import pathlib
import re
import sys

import yaml

RULES = pathlib.Path(__file__).resolve().parent.parent.parent / "rules"
FIRING, SILENT = 2, 3
FLAT = re.compile(r"^\s+(httpStatusCode|requestUri):|identity: '\{", re.MULTILINE)


def missing(file):
    text = file.read_text(encoding="utf-8")
    tests = yaml.safe_load(text)["tests"]
    silent = sum(test["expect"] == "none" for test in tests)
    records = [record for test in tests for record in test["records"]]
    if len(tests) - silent < FIRING:
        yield f"{len(tests) - silent} tests that fire, {FIRING} wanted"
    if silent < SILENT:
        yield f"{silent} tests that stay silent, {SILENT} wanted"
    for kind in ("late", "deliver"):
        if not any(kind in record for record in records):
            yield f"no records with `{kind}`"
    if "# One layout: " not in text and not (FLAT.search(text) and "properties." in text):
        yield "only one record layout"


def main():
    failures = 0
    for rule in sorted(RULES.glob("*/*.yaml")):
        if ".test." in rule.name or rule.parent.name in ("watchlists", "prelude"):
            continue
        tests = rule.with_name(rule.stem + ".test.yaml")
        for what in missing(tests) if tests.exists() else ["no tests"]:
            print(f"{tests}: {what}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
