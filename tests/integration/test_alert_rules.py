#!/usr/bin/env python3
"""deploy/prometheus: checked by promtool, tried on tests/prometheus, and explained in docs/operating.md."""
import json
import re
import shutil
import subprocess

import broker
import harness
import python_tools

RULES = sorted((harness.ROOT / "deploy" / "prometheus").glob("*.yaml"))
CASES = sorted((harness.ROOT / "tests" / "prometheus").glob("*.yaml"))
YAML = "PyYAML==6.0.3"
FIRING = re.compile(r'count by \(alertname\) \(ALERTS\{alertname="(\w+)",alertstate="firing"\}\)')


def load(files):
    """What the YAML files hold."""
    text = python_tools.run("import json, sys, yaml\n"
                            "print(json.dumps([yaml.safe_load(text) for text in json.load(sys.stdin)]))",
                            YAML, stdin=json.dumps([file.read_text() for file in files]).encode())
    return json.loads(text)


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], text=True, capture_output=True, check=False)


def metrics_of_page():
    """Names of docs/metrics.md, those of a histogram's samples too."""
    names = set()
    for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|",
                                 (harness.ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE):
        names |= {name} if kind != "histogram" else {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return names


def metrics_in(expression):
    """Names of metrics, and of recorded series, in a query."""
    bare = re.sub(r'"[^"]*"', "", expression)
    return set(re.findall(r"(?:[a-z]+:)?(?:keywatch|process)_\w+(?::\w+)?", bare))


class AlertRules(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        rules = [rule for file in load(RULES) for group in file["groups"] for rule in group["rules"]]
        cls.alerts = {rule["alert"]: rule for rule in rules if "alert" in rule}
        cls.recorded = {rule["record"]: rule for rule in rules if "record" in rule}
        cls.runbook = (harness.ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

    def test_promtool_takes_them(self):
        result = promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_cases(self):
        result = promtool("test", "rules", *CASES)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_alert_has_a_case_that_fires_and_one_that_stays_silent(self):
        fires, silent = set(), set()
        for file in load(CASES):
            for case in file["tests"]:
                checks = case["promql_expr_test"]
                names = {FIRING.fullmatch(check["expr"]).group(1) for check in checks}
                fires |= {name for name in names if any(check["exp_samples"] for check in checks)}
                silent |= {name for name in names if not any(check["exp_samples"] for check in checks)}
        self.assertEqual(sorted(self.alerts.keys() - fires), [], "no case fires")
        self.assertEqual(sorted(self.alerts.keys() - silent), [], "no case stays silent")
        self.assertEqual(sorted((fires | silent) - self.alerts.keys()), [], "cases of no alert")

    def test_every_alert_says_what_it_is_and_where_to_read_on(self):
        for name, alert in self.alerts.items():
            self.assertIn(alert["labels"]["severity"], ("critical", "warning"), name)
            self.assertEqual(alert["annotations"].keys(), {"summary", "description", "runbook_url"}, name)
            self.assertEqual(alert["annotations"]["runbook_url"], f"docs/operating.md#{name.lower()}")

    def test_the_runbook_has_a_section_for_each_alert_and_no_other(self):
        sections = re.findall(r"^### (Keywatch\w+)\n(.+?)(?=^#|\Z)", self.runbook, re.MULTILINE | re.DOTALL)
        self.assertEqual(sorted(name for name, _ in sections), sorted(self.alerts))
        for name, text in sections:
            self.assertRegex(text, re.compile(r"\*\*Means\*\*.*\*\*Do\*\*", re.DOTALL), name)
            self.assertIn(f"*{self.alerts[name]['labels']['severity']}*", text, f"{name}: its severity")

    def test_they_ask_for_metrics_that_there_are(self):
        known = metrics_of_page() | self.recorded.keys()
        for name, rule in {**self.alerts, **self.recorded}.items():
            self.assertEqual(sorted(metrics_in(rule["expr"]) - known), [], name)
            self.assertTrue(metrics_in(rule["expr"]), name)


def need():
    if shutil.which("promtool") is None:
        raise broker.MissingPeer("no promtool on PATH: run deploy/install-packages.sh test")
    python_tools.environment(YAML)


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[need])
