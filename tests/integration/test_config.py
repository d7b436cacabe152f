#!/usr/bin/env python3
"""`keywatch config schema` takes every configuration of this tree and refuses what `config check`
refuses (tests/config); `config check --connect` tries what can be tried without a broker.
"""
import json
import re
import socket
import subprocess
import threading

import broker
import config_schema
import fake_log_analytics
import fake_receivers as fakes
import harness
import receiver

CASES = harness.ROOT / "tests" / "config"
UNSEEN = "# a schema cannot see this"


def check(path, *options):
    done = subprocess.run([harness.tool("KEYWATCH_BIN"), "config", "check", str(path), *options],
                          capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def examples():
    """Whole configurations: files, and what the pages show of one, completed."""
    files = ["deploy/config.example.yaml", "deploy/compose/keywatch.yaml",
             "deploy/debian/keywatch.yaml"]
    found = {name: (harness.ROOT / name).read_text(encoding="utf-8") for name in files}
    pages = [harness.ROOT / "README.md", *(harness.ROOT / "docs").rglob("*.md")]
    for page in pages:
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
        for number, text in enumerate(blocks):
            if not re.search(r"^(sources|sinks|version):", text, re.M):
                continue  # a rule, a rule test
            for key, rest in (("version", "version: 1\n"),
                              ("sources", "sources: [{type: file, paths: a}]\n"),
                              ("sinks", "sinks: [{type: console}]\n")):
                if not re.search(rf"^{key}:", text, re.M):
                    text += rest
            found[f"{page.relative_to(harness.ROOT)} #{number}"] = text
    return found


class Schema(harness.TestCase):
    def test_takes_every_configuration_of_the_tree(self):
        texts = examples()
        self.assertGreater(len(texts), 20)
        for name, found in config_schema.mistakes(texts).items():
            self.assertEqual(found, [], name)

    def test_refuses_what_config_check_refuses(self):
        texts = {path.name: path.read_text(encoding="utf-8") for path in CASES.glob("*.yaml")}
        self.assertGreaterEqual(len(texts), 10)
        found = config_schema.mistakes(texts)
        for name, text in texts.items():
            self.assertEqual(check(CASES / name)[0], 3, name)
            self.assertEqual(bool(found[name]), not text.startswith(UNSEEN), f"{name}: {found[name]}")

    def test_each_line_of_the_cases_by_itself(self):
        """Not only one mistake of a file: each sink or source line of these is refused."""
        texts = {}
        for name in ("wrong_names", "out_of_range", "secrets"):
            lines = (CASES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
            at = lines.index("sinks:")
            for number, line in enumerate(lines):
                if not line.startswith("  - {"):
                    continue
                sinks, sources = (line, "  - {type: file, paths: a}") if number > at else (
                    "  - {type: console}", line)
                texts[f"{name}:{number + 1}"] = (
                    f"version: 1\nsources:\n{sources}\nsinks:\n{sinks}\n")
        self.assertGreater(len(texts), 12)
        for name, found in config_schema.mistakes(texts).items():
            self.assertNotEqual(found, [], f"{name}: {texts[name]}")


class Connect(harness.TestCase):
    def setUp(self):
        super().setUp()
        fakes.certificates(self.folder)
        (self.folder / "records.jsonl").touch()

    def connect(self, sources=None, sinks=None):
        """(exit code, name -> (outcome, text))"""
        path = self.folder / "keywatch.yaml"
        path.write_text(json.dumps({
            "version": 1, "data_dir": str(self.folder),
            "sources": sources or [{"type": "file", "paths": [str(self.folder / "records.jsonl")]}],
            "sinks": sinks or [{"type": "console"}]}))
        code, out, err = check(path, "--connect")
        rows = re.findall(r"^(?:source|sink) +(\S+) +(OK|FAILED|NOT TRIED) +(.*)$", out, re.M)
        self.assertTrue(rows, out + err)
        return code, {name: (outcome, text) for name, outcome, text in rows}

    def tls(self, **more):
        return {"ca_file": str(self.folder / "ca.pem"), **more}

    def test_sinks_that_are_there(self):
        with fakes.FakeWebhook(self.folder) as hook, fakes.FakeSlack(self.folder) as slack, \
                fakes.SyslogReceiver(self.folder) as syslog:
            code, rows = self.connect(sinks=[
                self.tls(type="webhook", url=hook.url), self.tls(type="slack", webhook_url=slack.url),
                self.tls(type="syslog", address=syslog.address,
                         client_cert_file=str(self.folder / "client.pem"),
                         client_key_file=str(self.folder / "client.key")),
                {"type": "file", "name": "alerts", "path": str(self.folder / "alerts.jsonl")},
                {"type": "console"}])
            self.assertEqual(code, 0, rows)
            self.assertEqual({outcome for outcome, _ in rows.values()}, {"OK"}, rows)
            self.assertEqual(rows["webhook"][1], "reachable, TLS verified; not authenticated: "
                                                 "use `keywatch sinks test webhook`")
            self.assertEqual(hook.accepted + slack.accepted, [], "nothing is delivered")
            self.assertFalse((self.folder / "alerts.jsonl").exists())

    def test_sinks_that_are_not(self):
        closed = broker.free_ports(1)[0]
        with fakes.FakeWebhook(self.folder) as hook, receiver.Receiver() as plain:
            code, rows = self.connect(sinks=[
                {"type": "webhook", "name": "stranger", "url": hook.url},
                self.tls(type="webhook", name="nobody", url=f"https://127.0.0.1:{closed}/"),
                self.tls(type="webhook", name="nowhere", url="https://no-such-host.invalid/"),
                self.tls(type="webhook", name="refused", url="https://169.254.169.254/"),
                {"type": "alertmanager", "url": plain.url},
                {"type": "file", "name": "folder", "path": "/no/such/folder/alerts.jsonl"}])
        self.assertEqual(code, 1)
        self.assertEqual(rows.pop("file")[0], "OK")
        self.assertEqual({outcome for outcome, _ in rows.values()}, {"FAILED"}, rows)
        self.assertIn("ca_file", rows["stranger"][1])
        self.assertIn("firewall", rows["nobody"][1])
        self.assertIn("name", rows["nowhere"][1])
        self.assertIn("link_local", rows["refused"][1])
        self.assertIn("/api/v2", rows["alertmanager"][1])

    def test_a_receiver_that_hangs_takes_no_longer_than_the_limit(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            held = []
            thread = threading.Thread(target=lambda: held.append(silent.accept()), daemon=True)
            thread.start()
            url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
            code, rows = self.connect(sinks=[{"type": "webhook", "url": url},
                                             {"type": "teams", "webhook_url": url}])
        self.assertEqual(code, 1)
        self.assertIn("timeout", rows["webhook"][1])

    def test_log_analytics(self):
        with fake_log_analytics.FakeLogAnalytics() as fake:
            source = {
                "type": "log_analytics", "workspace_id": fake_log_analytics.WORKSPACE,
                "endpoint": fake.url, "auth": {"type": "client_secret", "tenant_id": "t",
                                               "client_id": "c", "client_secret": "s",
                                               "authority": fake.url}}
            code, rows = self.connect(sources=[source])
            self.assertEqual((code, rows["log_analytics"][0]), (0, "OK"), rows)
            fake.refusals = [(403, {}, {"error": {"code": "InsufficientAccessError",
                                                  "message": "no"}})]
            code, rows = self.connect(sources=[source])
            self.assertEqual((code, rows["log_analytics"][0]), (1, "FAILED"), rows)
            self.assertIn("Log Analytics Reader", rows["log_analytics"][1])

    def test_other_sources(self):
        port = broker.free_ports(1)[0]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            code, rows = self.connect(sources=[
                {"type": "http", "listen": f"127.0.0.1:{port}"},
                {"type": "http", "name": "taken",
                 "listen": f"127.0.0.1:{taken.getsockname()[1]}"},
                {"type": "http", "name": "certificate", "listen": f"127.0.0.1:{port}",
                 "cert_file": str(self.folder / "none.pem"), "key_file": str(self.folder / "none")},
                {"type": "file", "name": "gone", "paths": ["/no/such/file"]},
                {"type": "kafka", "brokers": [f"127.0.0.1:{broker.free_ports(1)[0]}"],
                 "topics": ["audit"]},
                {"type": "file", "name": "stdin", "paths": ["-"]}])
        self.assertEqual(code, 1)
        self.assertEqual({name: outcome for name, (outcome, _) in rows.items()}, {
            "http": "OK", "taken": "FAILED", "certificate": "FAILED", "gone": "FAILED",
            "kafka": "FAILED", "stdin": "NOT TRIED", "console": "OK"}, rows)
        self.assertIn("brokers", rows["kafka"][1])


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[config_schema.ready])
