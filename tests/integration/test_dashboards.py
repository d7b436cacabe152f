#!/usr/bin/env python3
"""deploy/grafana: every query of every panel is asked of a real Prometheus that scrapes a real keywatch.

No Grafana server is to be had here; its part is stood in for by Grafana's own generated types (PyPI's
grafana-foundation-sdk), by the macros that are replaced below, and by a drawing: with
KEYWATCH_UPDATE_IMAGES=1 more traffic is played, and docs/images/dashboard-*.png are drawn anew.
"""
import datetime
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

import broker
import harness
import prometheus_server
import python_tools
import receiver

GRAFANA = harness.ROOT / "deploy" / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
TYPES = "grafana-foundation-sdk==1769699630!11.2.0"  # for the Grafana of deploy/compose
DRAW = ["matplotlib==3.11.2"]
IMAGES = harness.ROOT / "docs" / "images"
UPDATE = os.environ.get("KEYWATCH_UPDATE_IMAGES") == "1"
SECONDS = 180 if UPDATE else 14  # of traffic
# Grafana's units that the dashboards use.
UNITS = {"short", "s", "bytes", "percentunit", "rps", "ops", "reqps", "Bps", "bool_yes_no"}
# Reads a dashboard into Grafana's types, and writes it: a member that they do not know is gone then.
ROUND_TRIP = """
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
register_default_plugins()
given = json.load(sys.stdin)
print(json.dumps(Dashboard.from_json(given), cls=JSONEncoder))
"""


def dashboards():
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in FILES}


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def lost(given, kept, path=""):
    """Paths of members of `given` that `kept` does not have with the same value."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [one for key, value in given.items()
                for one in (lost(value, kept[key], f"{path}.{key}") if key in kept
                            else [] if value in (None, "", [], {}, False) else [f"{path}.{key}"])]
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        return [one for i, value in enumerate(given) for one in lost(value, kept[i], f"{path}[{i}]")]
    return [] if given == kept else [f"{path}: {given!r} became {kept!r}"]


class Files(harness.TestCase):
    maxDiff = None

    def test_they_are_what_the_source_makes(self):
        result = subprocess.run([sys.executable, GRAFANA / "build.py", "--check"], text=True,
                                capture_output=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual([file.stem for file in FILES], ["operations", "security"])

    def test_grafana_knows_every_member(self):
        for name, dashboard in dashboards().items():
            kept = json.loads(python_tools.run(ROUND_TRIP, TYPES, stdin=json.dumps(dashboard).encode()))
            self.assertEqual(lost(dashboard, kept), [], name)
        broken = json.loads(json.dumps(dashboard).replace("fieldConfig", "fieldConfg"))
        kept = json.loads(python_tools.run(ROUND_TRIP, TYPES, stdin=json.dumps(broken).encode()))
        self.assertNotEqual(lost(broken, kept), [])

    def test_every_panel_is_told_apart_described_and_has_a_unit(self):
        self.assertEqual(len({one["uid"] for one in dashboards().values()}), len(FILES))
        for name, dashboard in dashboards().items():
            ids = [panel["id"] for panel in dashboard["panels"]]
            titles = [panel["title"] for panel in panels(dashboard)]
            self.assertEqual(len(set(ids)), len(ids), name)
            self.assertEqual(len(set(titles)), len(titles), name)
            for panel in panels(dashboard):
                where = f"{name}: {panel['title']}"
                self.assertRegex(panel["description"], r"^.{15,}\.$", where)
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"}, where)
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"], panel["datasource"], where)
                overrides = [one["value"] for override in panel["fieldConfig"]["overrides"]
                             for one in override["properties"] if one["id"] == "unit"]
                units = overrides or [panel["fieldConfig"]["defaults"]["unit"]]
                self.assertLessEqual(set(units), UNITS, where)

    def test_no_two_panels_overlap(self):
        for name, dashboard in dashboards().items():
            taken = {}
            for panel in dashboard["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24, f"{name}: {panel['title']}")
                for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"])
                             for y in range(at["y"], at["y"] + at["h"])):
                    self.assertNotIn(cell, taken, f"{name}: {panel['title']} over {taken.get(cell)}")
                    taken[cell] = panel["title"]

    def test_every_query_heeds_the_variables(self):
        for name, dashboard in dashboards().items():
            text = json.dumps(dashboard["panels"])
            for variable in dashboard["templating"]["list"]:
                self.assertRegex(text, r"\$\{?" + variable["name"] + r"\b", f"{name}: nothing uses it")
            known = {variable["name"] for variable in dashboard["templating"]["list"]}
            for panel in panels(dashboard):
                for target in panel["targets"]:
                    used = set(re.findall(r"\$([a-z]\w*)", target["expr"]))
                    self.assertLessEqual(used, known, target["expr"])
                    for matchers in re.findall(r"keywatch\w+\{([^}]*)\}", target["expr"]):
                        self.assertIn('job=~"$job", instance=~"$instance"', matchers, target["expr"])


class Traffic:
    """A generated day with attacks, after days of thin history: told anew as if it happened now."""

    def __init__(self, folder):
        raw = folder / "raw.json"
        subprocess.run([harness.tool("KEYWATCH_BIN"), "generate", "--format", "jsonl", "--output", raw,
                        "--labels", folder / "labels.jsonl", "--records", "3000", "--seed", "7",
                        "--history-records", "500"], check=True, capture_output=True)
        all_records = [json.loads(line) for line in raw.read_text(encoding="utf-8").splitlines()]
        all_records.sort(key=lambda record: record["time"])
        first_day = all_records[-1]["time"][:10]
        self.history = [one for one in all_records if one["time"][:10] < first_day]
        self.day = [one for one in all_records if one["time"][:10] >= first_day]

    @staticmethod
    def at(record, when):
        return json.dumps({**record, "time": when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})

    def old(self, now):
        """Lines of the history; the last is from two hours ago."""
        shift = now - datetime.timedelta(hours=2) - parse(self.history[-1]["time"])
        return [self.at(record, parse(record["time"]) + shift) for record in self.history]


def parse(text):
    return datetime.datetime.fromisoformat(text[:19] + "+00:00")


class Live(harness.TestCase):
    """One run of both programs, for all panels."""

    @classmethod
    def setUpClass(cls):
        cls.class_folder = pathlib.Path(harness.tempfile.mkdtemp(prefix="keywatch-test-"))
        cls.addClassCleanup(harness.shutil.rmtree, cls.class_folder, ignore_errors=True)
        hook = cls.enterClassContext(receiver.Receiver())
        cls.chat_fails = False
        chat = cls.enterClassContext(receiver.Receiver(lambda *_: 503 if cls.chat_fails else 200))
        cls.drop = cls.class_folder / "in"
        cls.drop.mkdir()
        cls.push_port, page = broker.free_ports(2)
        cls.keywatch = harness.Keywatch(cls.class_folder, {
            "version": 1, "data_dir": str(cls.class_folder / "data"),
            "rules": {"paths": [str(harness.ROOT / "rules")]},
            "sources": [{"name": "files", "type": "file", "paths": [str(cls.drop / "*.json")]},
                        {"name": "push", "type": "http", "listen": f"127.0.0.1:{cls.push_port}"}],
            "sinks": [{"name": "soc", "type": "webhook", "url": hook.url},
                      {"name": "archive", "type": "file", "path": str(cls.class_folder / "alerts.jsonl")},
                      {"name": "chat", "type": "webhook", "url": chat.url,
                       "route": {"min_severity": "High"}}],
            "http": {"listen": f"127.0.0.1:{page}"}, "snapshot": {"interval": "2s"}})
        cls.prometheus = prometheus_server.Prometheus(cls.class_folder / "prometheus", page)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.keywatch.start()
        cls.addClassCleanup(cls.keywatch.stop)
        harness.wait_for(cls.keywatch.ready, "keywatch is ready")
        harness.wait_for(cls.prometheus.ready, "Prometheus scrapes keywatch")
        traffic = Traffic(cls.class_folder)
        cls.tell_history(traffic)
        time.sleep(15 if UPDATE else 3)
        cls.start = time.time() - 1
        cls.play(traffic)
        time.sleep(2)
        cls.end = time.time()

    @classmethod
    def tell_history(cls, traffic):
        lines = traffic.old(datetime.datetime.now(datetime.timezone.utc))
        (cls.drop / "history.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
        harness.wait_for(lambda: cls.keywatch.metric("keywatch_events_received_total", source="files")
                         == len(lines), "the history is read")

    @classmethod
    def play(cls, traffic):
        (cls.drop / "broken.json").write_text('{"records": [{"time": "yesterday"}]}\n', encoding="utf-8")
        ticks = SECONDS * 2
        began = time.monotonic()
        for tick in range(ticks):
            cls.chat_fails = 0.3 < tick / ticks < 0.6
            # More by day than by night, as in the generated day.
            part = traffic.day[len(traffic.day) * tick // ticks:len(traffic.day) * (tick + 1) // ticks]
            wave = 0.5 + 0.5 * math.sin(tick / ticks * 9)
            cut = int(len(part) * (0.35 + 0.4 * wave))
            when = datetime.datetime.now(datetime.timezone.utc)
            lines = [traffic.at(one, when - datetime.timedelta(seconds=2 + number % 4, milliseconds=number))
                     for number, one in enumerate(part)]
            with open(cls.drop / "today.json", "a", encoding="utf-8") as file:
                file.write("".join(line + "\n" for line in lines[:cut]))
            if lines[cut:]:
                urllib.request.urlopen(f"http://127.0.0.1:{cls.push_port}/v1/records",
                                       data=("\n".join(lines[cut - 1:]) + "\n").encode(), timeout=10).close()
            time.sleep(max(0.0, began + (tick + 1) / 2 - time.monotonic()))

    def values_of(self, variable, chosen):
        """What a variable's label_values(SELECTOR, LABEL) gives, as Grafana asks for it."""
        selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
        return self.prometheus.get(f"label/{label}/values", **{"match[]": replace(selector, chosen, 60)})

    def choices(self, dashboard):
        chosen = {}
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                chosen[variable["name"]] = self.values_of(variable, chosen)
                self.assertTrue(chosen[variable["name"]], f"nothing to choose for {variable['name']}")
        return chosen

    def ask(self, target, chosen):
        expression = replace(target["expr"], chosen, math.ceil(self.end - self.start))
        if target["instant"]:
            return self.prometheus.query(expression, self.end)
        return self.prometheus.query_range(expression, self.start, self.end, 1)

    def test_every_panel_has_data(self):
        for name, dashboard in dashboards().items():
            chosen = self.choices(dashboard)
            answers = {}
            for panel in panels(dashboard):
                for target in panel["targets"]:
                    where = f"{name}: {panel['title']} {target['refId']}: {target['expr']}"
                    found = self.ask(target, chosen)
                    numbers = [value for one in found for _, value in one["values"] if math.isfinite(value)]
                    with self.subTest(where):
                        self.assertTrue(numbers, "no data")
                        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                            self.assertTrue(any(label in one["metric"] for one in found), f"no {label}")
                    answers[f"{panel['id']}{target['refId']}"] = found
            if UPDATE:
                draw(name, dashboard, answers)

    def test_a_choice_narrows(self):
        for dashboard, variable, label in (("operations", "source", "source"), ("operations", "sink", "sink"),
                                           ("security", "rule", "name"), ("security", "severity", "severity")):
            whole = dashboards()[dashboard]
            chosen = self.choices(whole)
            self.assertGreater(len(chosen[variable]), 1)
            one = chosen[variable][0]
            seen = set()
            for panel in panels(whole):
                for target in panel["targets"]:
                    if f"${variable}" in target["expr"]:
                        seen |= {found["metric"].get(label) for found in
                                 self.ask(target, {**chosen, variable: [one]})}
            self.assertEqual(seen - {None}, {one}, f"{dashboard}: {variable}")

    def test_the_rules_are_healthy(self):
        groups = self.prometheus.get("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertGreater(len(rules), 20)
        self.assertEqual([rule for rule in rules if rule["health"] != "ok"], [])
        firing = {rule["name"] for rule in rules if rule.get("state") == "firing"}
        self.assertIn("KeywatchRecordsRejected", firing)  # one record is
        self.assertEqual(firing & {"KeywatchAbsent", "KeywatchStuck", "KeywatchBlind",
                                   "KeywatchStateEviction", "KeywatchDeadLetters"}, set())

    def test_the_attacks_are_seen(self):
        found = self.prometheus.query("sum by (severity) (keywatch_alerts_emitted_total) > 0", self.end)
        alerts = {one["metric"]["severity"]: one["values"][0][1] for one in found}
        # The day has 14 attacks and lookalikes. Records that come by two sources raise no more.
        self.assertGreater(alerts["High"], 0)
        self.assertLess(alerts["High"] + alerts["Medium"], 60)


def replace(expression, chosen, seconds):
    """An expression as Grafana sends it."""
    for name, values in chosen.items():
        expression = expression.replace(f"${name}", "|".join(re.escape(one).replace("\\", "\\\\")
                                                             for one in values))
    for macro, value in (("$__rate_interval", "10s"), ("$__interval", "2s"), ("$__range", f"{seconds}s")):
        expression = expression.replace(macro, value)
    assert "$" not in expression, expression
    return expression


def draw(name, dashboard, answers):
    python = python_tools.environment(*DRAW) / "python"
    subprocess.run([python, pathlib.Path(__file__).parent / "dashboard_picture.py",
                    IMAGES / f"dashboard-{name}.png"], check=True,
                   input=json.dumps({"dashboard": dashboard, "answers": answers}).encode())


def need():
    prometheus_server.check()
    python_tools.environment(TYPES)


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[need])
