#!/usr/bin/env python3
"""Plays the attack stories against the shipped rules: each is found, and nothing else is.

    run_cases.py KEYWATCH [NAME..]          all, or these cases (a case's name, or estate:NAME)

One YAML file here is one case: a story of `keywatch generate --story` (STORY.yaml, or STORY.WHAT.yaml for
more of the same), in an estate, with a seed (KEYWATCH_CASE_SEED sets another), and the alerts that must come
of it. An alert is expected with its rule, severity and entities (those of the story's label), and at the
latest `within` after the record that decides. Its delay is the time of its last record less that of the
deciding one, plus what the rule waits (`rules check` says it) and, where the absence of records is the sign,
the quiet that it waits for. `silent` names rules of the story that have nothing to say in that estate. Alerts
of Medium or above that no case expects fail; so do stories without a case. After the stories come 30 honest
days of each estate: no alert of Medium or above.
"""
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RULES = ROOT / "rules"
ESTATES = ("small", "bank", "saas")
HONEST_DAYS = 30
START = "2026-03-02"
GRAVE = ("Medium", "High")
KEYS = {"story", "estate", "seed", "text", "history_percent", "watchlists", "quiet", "silent", "expect"}
EXPECT_KEYS = {"rule", "severity", "entities", "count", "within"}
# Which member of a label is which entity.
ENTITIES = {"Account": "principal", "IP": "address", "AzureResource": "resource"}


class Mistake(Exception):
    """What is wrong with a case, or with what came of it."""


def duration(text):
    parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", str(text))
    if not parts or not any(parts.groups()):
        raise Mistake(f"a duration like 1h30m or 20s is expected, found {text!r}")
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def moment(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return (datetime.datetime.fromisoformat(whole)
            + datetime.timedelta(microseconds=int((fraction + "000000")[:6])))


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Mistake(f"{' '.join(map(str, command))}: exit code {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def load_rules(keywatch):
    """Rule id -> (file name, how long its alerts wait)."""
    waits = {}
    for line in run([keywatch, "rules", "check", RULES]).splitlines():
        found = re.match(r"(\S+\.yaml): ok: .* alerts (on arrival|(\d+):(\d+):(\d+) after the event)$", line)
        if found:
            h, m, s = (int(part or 0) for part in found.groups()[2:])
            waits[pathlib.Path(found[1]).stem] = datetime.timedelta(hours=h, minutes=m, seconds=s)
    rules = {}
    for file in RULES.rglob("*.yaml"):
        if ".test." not in file.name and file.parent.name != "watchlists":
            rules[yaml.safe_load(file.read_text())["id"]] = (file.stem, waits[file.stem])
    return rules


def story_of(file):
    return file.name.partition(".")[0]


def load_case(file):
    case = yaml.safe_load(file.read_text())
    unknown = set(case) - KEYS | {key for alert in case["expect"] for key in set(alert) - EXPECT_KEYS}
    if unknown:
        raise Mistake(f"{file.name}: unknown keys {sorted(unknown)}")
    if case["story"] != story_of(file):
        raise Mistake(f"{file.name}: a case has the name of its story, found {case['story']}")
    case["seed"] = int(os.environ.get("KEYWATCH_CASE_SEED", case["seed"]))
    return case


def rules_with_watchlists(case, labels, folder):
    """The shipped rules; with the story's people in the watchlists that the case names."""
    if not case.get("watchlists"):
        return RULES
    rules = folder / "rules"
    shutil.copytree(RULES, rules)
    for name in case["watchlists"]:
        with open(rules / "watchlists" / f"{name}.csv", "a") as table:
            table.write(f"{labels[0]['principal']},of the story,2100-01-01,of the story\n")
    return rules


def replay(keywatch, records, rules, known):
    alerts = [json.loads(line) for line in run([keywatch, "replay", records, "--rules", rules,
                                                "--format", "jsonl", "--learning", "hold"]).splitlines()]
    for alert in alerts:
        alert["file"], alert["wait"] = known[alert["rule"]["id"]]
    return [alert for alert in alerts if alert["lastEvent"] >= START]


def entities_of(alert):
    return {entity["type"]: {value.lower() for value in entity["identifiers"].values()}
            for entity in alert["entities"]}


def delay_of(alert, label, case):
    quiet = duration(case["quiet"]) if "quiet" in case else datetime.timedelta()
    return moment(alert["lastEvent"]) - moment(label["last_event_time"]) + alert["wait"] + quiet


def is_of(alert, label, wanted):
    """Whether the alert names those whom the label names."""
    found = entities_of(alert)
    return all(label[ENTITIES[kind]] == "" or label[ENTITIES[kind]].lower() in found.get(kind, ())
               for kind in wanted["entities"])


def check_expected(wanted, labels, alerts, case):
    """The largest delay. Raises Mistake when the alerts are not those that are wanted."""
    mine = [alert for alert in alerts
            if alert["file"] == wanted["rule"] and alert["severity"] == wanted["severity"]]
    about = [label for label in labels if label["rule"] == wanted["rule"]]
    if not about:
        raise Mistake(f"the story has no label for the rule {wanted['rule']}")
    worst = datetime.timedelta()
    for label in about:
        good = [alert for alert in mine if is_of(alert, label, wanted)
                and datetime.timedelta() <= delay_of(alert, label, case) <= duration(wanted["within"])]
        if not good:
            seen = [f"{alert['title']} (delay {delay_of(alert, label, case)})" for alert in mine]
            raise Mistake(f"{wanted['rule']}: no alert of severity {wanted['severity']} within "
                          f"{wanted['within']} of {label['last_event_time']} with "
                          f"{', '.join(wanted['entities'])}; of this rule and severity: {seen or 'none'}")
        worst = max(worst, min(delay_of(alert, label, case) for alert in good))
    expected = wanted.get("count", len(about))
    if wanted["severity"] in GRAVE and len(mine) != expected:
        raise Mistake(f"{wanted['rule']}: {expected} alerts of severity {wanted['severity']} expected, found "
                      f"{[alert['title'] for alert in mine]}")
    return worst


def play(keywatch, file, known):
    """Lines of report about one case."""
    case = load_case(file)
    with tempfile.TemporaryDirectory(prefix="keywatch-case-") as name:
        folder = pathlib.Path(name)
        run([keywatch, "generate", "--story", case["story"], "--estate", case["estate"],
             "--seed", case["seed"], "--start", START,
             "--history-percent", case.get("history_percent", 20),
             "-o", folder / "day.jsonl", "--labels", folder / "labels.jsonl"])
        labels = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
        alerts = replay(keywatch, folder / "day.jsonl",
                        rules_with_watchlists(case, labels, folder), known)
    lines = []
    for wanted in case["expect"]:
        delay = check_expected(wanted, labels, alerts, case)
        lines.append(f"    {wanted['severity']:<7}{wanted['rule']}: {delay.total_seconds():.1f} s")
    silent = set(case.get("silent", []))
    missing = {label["rule"] for label in labels} - {wanted["rule"] for wanted in case["expect"]} - silent
    if missing:
        raise Mistake(f"the story is labelled for {sorted(missing)}, which the case does not expect")
    wanted = {(alert["rule"], alert["severity"]) for alert in case["expect"]}
    for alert in alerts:
        if alert["file"] in silent:
            raise Mistake(f"an alert of a rule that has nothing to say here: {alert['title']}")
        if alert["severity"] in GRAVE and (alert["file"], alert["severity"]) not in wanted:
            raise Mistake(f"an alert that nobody expects: {alert['severity']} {alert['file']}: "
                          f"{alert['title']}")
    return lines


def honest_days(keywatch, estate, known):
    with tempfile.TemporaryDirectory(prefix="keywatch-case-") as name:
        records = pathlib.Path(name) / "days.jsonl"
        run([keywatch, "generate", "--estate", estate, "--days", HONEST_DAYS, "--no-scenes",
             "--seed", os.environ.get("KEYWATCH_CASE_SEED", "1"), "--start", START, "--history-percent", 50,
             "-o", records])
        alerts = replay(keywatch, records, RULES, known)
    grave = [alert for alert in alerts if alert["severity"] in GRAVE]
    if grave:
        raise Mistake(f"{len(grave)} alerts of Medium or above on {HONEST_DAYS} honest days, the first: "
                      f"{grave[0]['file']}: {grave[0]['title']}")
    counts = {}
    for alert in alerts:
        counts[alert["severity"], alert["file"]] = counts.get((alert["severity"], alert["file"]), 0) + 1
    return [f"    {count:>5} {severity:<14}{rule}" for (severity, rule), count in sorted(counts.items())]


def check_names(keywatch, cases):
    listed = run([keywatch, "generate", "--story", "list"])
    stories = set(re.findall(r"^(\w+) \(", listed, re.MULTILINE))
    have = {story_of(file) for file in cases}
    if stories != have:
        raise Mistake(f"stories without a case: {sorted(stories - have)}; "
                      f"cases without a story: {sorted(have - stories)}")


def main():
    keywatch, wanted = os.path.abspath(sys.argv[1]), set(sys.argv[2:])
    cases = sorted(pathlib.Path(__file__).parent.glob("*.yaml"))
    failures = 0
    known = load_rules(keywatch)
    tasks = [(file.stem, play, file) for file in cases]
    # The longest first.
    tasks = [(f"estate:{estate}", honest_days, estate) for estate in reversed(ESTATES)] + tasks
    if not wanted:
        try:
            check_names(keywatch, cases)
        except Mistake as mistake:
            print(f"FAIL {mistake}")
            failures += 1
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        running = [(name, pool.submit(task, keywatch, what, known)) for name, task, what in tasks
                   if not wanted or name in wanted]
        for name, future in running:
            try:
                print("\n".join([f"PASS {name}"] + future.result()), flush=True)
            except Mistake as mistake:
                print(f"FAIL {name}: {mistake}", flush=True)
                failures += 1
    print(f"{len(running) - failures} of {len(running)} passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
