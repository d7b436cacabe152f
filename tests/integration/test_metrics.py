#!/usr/bin/env python3
"""docs/metrics.md lists what keywatch exposes, no more, no less: names, types and labels.

And everything is exposed from the start: reading records, setting some aside and alerting adds no
series. Needs no broker: a source that does not reach one has its metrics too.
"""
import re
import time

import broker
import harness
import records

PAGE = harness.ROOT / "docs" / "metrics.md"
ROW = re.compile(r"\| `(\w+)` \| (\w+) \| ([\w, ]*)\| .+ \|")
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? \S+")


def families_of_page():
    """name -> (type, labels), both as text."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        match = ROW.fullmatch(line)
        if match:
            name, kind, labels = match.groups()
            assert name not in found, f"{name} is listed twice"
            found[name] = kind, ", ".join(sorted(labels.replace(",", " ").split()))
        elif line.startswith("|") and not re.match(r"\| metric \||\|-", line):
            raise AssertionError(f"not a row of the table: {line}")
    return found


def exposed(text):
    """({name: (type, labels)}, {series}) of a scrape; `le` belongs to the type."""
    families, series, name = {}, set(), None
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            families[name] = kind, None
        elif not line.startswith("#"):
            sample, labels = SAMPLE.fullmatch(line).groups()
            keys = sorted(set(re.findall(r'(\w+)="', labels or "")) - {"le"})
            assert sample.startswith(name), f"{sample} is not under its own # TYPE"
            kind, known = families[name]
            assert known in (None, ", ".join(keys)), f"{name} has series with different labels"
            families[name] = kind, ", ".join(keys)
            series.add((sample, labels))
    return families, series


class Metrics(harness.TestCase):
    maxDiff = None

    def start(self):
        drop = self.folder / "in"
        drop.mkdir()
        service = harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(harness.RULES)]},
            "sources": [
                {"type": "file", "paths": [str(drop / "*.json")]},
                {"type": "http", "listen": "127.0.0.1:0"},
                {"type": "blob", "account_url": "http://127.0.0.1:1/a", "account_key": "a2V5"},
                {"type": "kafka", "brokers": ["127.0.0.1:1"], "topics": ["t"], "group_id": "g"}],
            "sinks": [{"type": "file", "path": str(self.folder / "alerts.jsonl")}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})
        service.start()
        self.addCleanup(service.stop)
        harness.wait_for(lambda: service.alive() and service.get("/metrics")[0] == 200, "/metrics")
        return service, drop

    def test_the_page_lists_what_is_exposed(self):
        service, _ = self.start()
        families, _ = exposed(service.get("/metrics")[1])
        listed = families_of_page()
        self.assertEqual(sorted(families.keys() - listed.keys()), [], "not in docs/metrics.md")
        self.assertEqual(sorted(listed.keys() - families.keys()), [], "not exposed")
        self.assertEqual(families, listed)

    def test_every_series_is_there_from_the_start(self):
        service, drop = self.start()
        _, first = exposed(service.get("/metrics")[1])
        lines = [records.message([records.record(int(time.time() * 1000), "SecretPurge")]),
                 '{"records": [{"time": "yesterday", "category": "AuditEvent"}]}']
        (drop / "records.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
        harness.wait_for(
            lambda: service.metric("keywatch_sink_deliveries_total", outcome="accepted") == 1
            and service.metric("keywatch_events_parse_errors_total") == 1
            and service.metric("keywatch_checkpoint_size_bytes"), "an alert, and a dead letter")
        _, later = exposed(service.get("/metrics")[1])
        self.assertEqual(sorted(later - first), [])


if __name__ == "__main__":
    harness.main(with_broker=False)
