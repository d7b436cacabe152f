#!/usr/bin/env python3
"""The shipped rules raise together what each of them raises alone.

    together.py KEYWATCH

All rules are decided in one scan and share what they compute alike: a day of traffic with attacks in it is
replayed once through all of them, and once through each.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

RULES = pathlib.Path(__file__).resolve().parent.parent.parent / "rules"
RECORDS = 20000
FEWEST = 15  # rules that the traffic makes raise something: else the comparison says little


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


def replay(keywatch, day, rules):
    """Rule id -> its alerts, sorted."""
    raised = collections.defaultdict(list)
    for line in run(keywatch, "replay", day, "--rules", rules, "--learning", "raise", "--format",
                    "jsonl").splitlines():
        alert = json.loads(line)
        alert.pop("latency")  # by the clock
        raised[alert["rule"]["id"]].append(json.dumps(alert, sort_keys=True))
    return {rule: sorted(alerts) for rule, alerts in raised.items()}


def main():
    keywatch = sys.argv[1]
    files = sorted(file for file in RULES.glob("*/*.yaml")
                   if ".test." not in file.name and file.parent.name != "watchlists")
    with tempfile.TemporaryDirectory(prefix="keywatch-together-") as folder:
        day = pathlib.Path(folder) / "day.jsonl"
        run(keywatch, "generate", "--records", RECORDS, "-o", day)
        together = replay(keywatch, day, RULES)
        alone = {}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for raised in pool.map(lambda file: replay(keywatch, day, file), files):
                alone.update(raised)
    wrong = 0
    for rule in sorted(together.keys() | alone.keys()):
        if together.get(rule) != alone.get(rule):
            wrong += 1
            print(f"{rule}: {len(together.get(rule, []))} alerts together, {len(alone.get(rule, []))} alone, "
                  "or not the same ones")
    print(f"{len(files)} rules, {len(together)} of them raise {sum(map(len, together.values()))} alerts; "
          f"{wrong} differ")
    return 1 if wrong or len(together) < FEWEST else 0


if __name__ == "__main__":
    sys.exit(main())
