"""One alert and its end through every sink: a real Alertmanager and its own webhook back to us, a TLS
syslog receiver, and fakes (fake_receivers.py) of the services that cannot be run here.

Also here: private CAs and client certificates, addresses that are refused, redirects, routing,
`keywatch sinks test` and `keywatch deadletter`.
"""
import datetime
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import broker
import fake_receivers as fakes
import harness
import records
from receiver import Receiver

COLUMNS = {name: kind for name, kind in re.findall(
    r'\{ *"name": "(\w+)", *"type": "(\w+)" *\}',
    (harness.ROOT / "docs" / "sinks" / "logs-ingestion.md").read_text(encoding="utf-8"))}
KEY = "0123456789abcdef0123456789abcdef"


# Counts, so that its findings have an end; what is about one record has none.
RULE = """
id: 5a1f7f3e-8f0e-4a53-9d0c-2f6f6b1c0002
name: Secrets purged
description: Two secrets were purged.
kind: Scheduled
severity: High
queryFrequency: 5m
queryPeriod: 5m
triggerOperator: gt
triggerThreshold: 0
tactics: [Impact]
query: |
  AzureDiagnostics
  | where OperationName == "SecretPurge"
  | summarize Purges = count() by CallerIPAddress, Resource
  | where Purges >= 2
entityMappings:
  - entityType: IP
    fieldMappings:
      - {identifier: Address, columnName: CallerIPAddress}
eventGroupingSettings: {aggregationKind: AlertPerResult}
version: 1.0.0
"""


class Alertmanager:
    """Debian's, with storage that a restart forgets, and a webhook to `hook`."""

    def __init__(self, folder, hook):
        self.folder = folder
        self.port = broker.free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        (folder / "am.yml").write_text(json.dumps({
            "route": {"receiver": "hook", "group_by": ["alert_id"], "group_wait": "200ms",
                      "group_interval": "1s"},
            "receivers": [{"name": "hook", "webhook_configs": [
                {"url": hook.url, "send_resolved": True}]}]}))

    def start(self):
        program = shutil.which("prometheus-alertmanager")
        if program is None:
            raise broker.MissingPeer("prometheus-alertmanager is not installed")
        storage = self.folder / f"am-{time.monotonic_ns()}"
        with open(self.folder / "alertmanager.log", "ab") as log:
            self.process = subprocess.Popen(
                [program, f"--config.file={self.folder / 'am.yml'}", f"--storage.path={storage}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="],
                stdout=log, stderr=log)
        harness.wait_for(self.ready, "Alertmanager is ready")

    def ready(self):
        try:
            return urllib.request.urlopen(f"{self.url}/-/ready", timeout=2).status == 200
        except OSError:
            return False

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def alerts(self):
        return json.load(urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=5))


def purges(moment):
    return [records.record(int(moment.timestamp() * 1000) + i, "SecretPurge", 200, 7)
            for i in range(2)]


def everyday(moment):
    return records.record(int(moment.timestamp() * 1000), "KeyGet", 200, 8)


class SinksTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        fakes.certificates(self.folder)
        self.records = self.folder / "records.jsonl"
        self.records.touch()
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "purged.yaml").write_text(RULE)
        # Not now: what is ahead of the clock does not move event time on.
        self.start_time = (datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
                           - datetime.timedelta(hours=2))

    def write(self, *written):
        with open(self.records, "a", encoding="utf-8") as file:
            for record in written:
                file.write(json.dumps(record) + "\n")

    def keywatch(self, sinks, **more):
        return harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(self.folder / "rules")], "allowed_lateness": "1s"},
            "sources": [{"type": "file", "paths": [str(self.records)]}], "sinks": sinks,
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}, **more})

    def tls(self, **more):
        """Keys of a sink whose receiver has a certificate of the test's CA."""
        return {"ca_file": str(self.folder / "ca.pem"), **more}

    def client_tls(self):
        return self.tls(client_cert_file=str(self.folder / "client.pem"),
                        client_key_file=str(self.folder / "client.key"))

    def command(self, service, *words):
        done = subprocess.run([harness.tool("KEYWATCH_BIN"), *words, "--config",
                               str(service.config)], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_every_sink(self):
        self.assertGreater(len(COLUMNS), 15, "the stream's columns are read from its page")
        throttled = (429, {"Retry-After": "1"}, "slow down")
        with (Receiver() as hook, fakes.FakeWebhook(self.folder, client_certificate=True) as web,
              fakes.FakeWebhook(self.folder) as ocsf, fakes.FakeSlack(self.folder, [throttled]) as slack,
              fakes.FakeTeams(self.folder, [(413, {}, "Request entity too large")]) as teams,
              fakes.FakePagerDuty(self.folder, [(500, {}, "")]) as pager,
              fakes.FakeLogsIngestion(self.folder, COLUMNS, failures=[throttled]) as logs,
              fakes.SyslogReceiver(self.folder) as siem):
            manager = Alertmanager(self.folder, hook)
            self.addCleanup(manager.kill)
            manager.start()
            service = self.keywatch([
                {"type": "alertmanager", "url": manager.url, "min_firing": "1s",
                 "resend_interval": "500ms"},
                {"type": "webhook", "url": web.url, "send_ended": True, "format": "cloudevents",
                 **self.client_tls()},
                {"type": "webhook", "name": "ocsf", "url": ocsf.url, "format": "ocsf",
                 "send_ended": True, **self.tls()},
                {"type": "slack", "webhook_url": slack.url, **self.tls()},
                {"type": "teams", "webhook_url": teams.url, "send_ended": True, **self.tls()},
                {"type": "pagerduty", "url": pager.url, "routing_key": KEY, **self.tls()},
                {"type": "syslog", "address": siem.address, **self.client_tls()},
                {"type": "logs_ingestion", "endpoint": logs.base, "rule_id": "dcr-0123456789abcdef",
                 "connections": 1,
                 "auth": {"type": "client_secret", "tenant_id": "tenant-1", "client_id": "c",
                          "client_secret": "s3cret", "authority": logs.base, **self.tls()},
                 **self.tls()},
                {"type": "file", "path": str(self.folder / "ecs.jsonl"), "format": "ecs"},
                {"type": "file", "name": "elsewhere", "path": str(self.folder / "elsewhere.jsonl"),
                 "route": {"resources": ["other-vault"]}},
                {"type": "file", "name": "routed", "path": str(self.folder / "routed.jsonl"),
                 "route": {"min_severity": "High", "tactics": ["impact"], "rules": ["secret*"],
                           "resources": ["contoso"]}}])
            self.addCleanup(service.stop)
            service.start()
            harness.wait_for(service.ready, "keywatch is ready")
            self.write(*purges(self.start_time))

            firing = harness.wait_for(lambda: self.notified(hook, "firing"), "Alertmanager fires")
            labels = firing["alerts"][0]["labels"]
            alert_id = labels["alert_id"]
            self.assertEqual(
                {name: labels[name] for name in ("alertname", "severity", "vault", "address",
                                                 "tactics")},
                {"alertname": "SecretsPurged", "severity": "high", "vault": "CONTOSO",
                 "address": "203.0.113.7", "tactics": "Impact"})
            for fake in (web, ocsf, slack, teams, pager, logs):
                harness.wait_for(lambda fake=fake: fake.accepted, type(fake).__name__)
            harness.wait_for(lambda: siem.messages, "syslog")

            # Alertmanager restarts and has forgotten everything: it is told again.
            manager.kill()
            manager.start()
            harness.wait_for(lambda: [a for a in manager.alerts()
                                      if a["labels"]["alert_id"] == alert_id
                                      and a["status"]["state"] == "active"], "told again")
            # Event time goes on, beyond the rule's window: the finding is over.
            self.write(everyday(self.start_time + datetime.timedelta(hours=1)))
            harness.wait_for(lambda: self.notified(hook, "resolved"), "Alertmanager resolves")
            for fake in (web, ocsf, teams, pager):
                harness.wait_for(lambda fake=fake: len(fake.accepted) > 1, type(fake).__name__)
            harness.wait_for(lambda: service.metric("keywatch_sink_queue_length") == 0, "all sent")
            self.assertEqual(service.stop(), 0)

            for fake in (web, ocsf, slack, teams, pager, logs, siem):
                self.assertEqual(fake.breaches, [], type(fake).__name__)
            self.check_contents(alert_id, web, ocsf, slack, teams, pager, logs, siem)

    def check_contents(self, alert_id, web, ocsf, slack, teams, pager, logs, siem):
        self.assertEqual([event["type"] for event in web.accepted],
                         ["io.keywatch.alert.raised", "io.keywatch.alert.ended"])
        self.assertEqual({event["data"]["id"] for event in web.accepted}, {alert_id})
        self.assertEqual([finding["type_uid"] for finding in ocsf.accepted], [200401, 200403])
        self.assertEqual(len(slack.accepted), 1, "ends are not wanted there")
        self.assertEqual(slack.requests, 2, "throttled once")
        self.assertIn("Ended", fakes.whole_text(teams.accepted[1]))
        self.assertEqual([(event["event_action"], event["dedup_key"]) for event in pager.accepted],
                         [("trigger", alert_id), ("resolve", alert_id)])
        self.assertEqual(logs.accepted[0][0]["AlertId"], alert_id)
        self.assertEqual(logs.tokens, 1, "a token is kept")
        self.assertEqual(len(siem.messages), 1)
        self.assertRegex(siem.messages[0], r"^<130>1 \S+Z \S+ keywatch - alert\.raised - CEF:0\|")
        self.assertIn(f"externalId={alert_id} ", siem.messages[0])
        ecs = json.loads((self.folder / "ecs.jsonl").read_text())
        self.assertEqual((ecs["event"]["id"], ecs["source"]["ip"]), (alert_id, "203.0.113.7"))
        self.assertEqual((self.folder / "elsewhere.jsonl").read_text(), "")
        routed = json.loads((self.folder / "routed.jsonl").read_text())
        self.assertEqual(routed["id"], alert_id)

    @staticmethod
    def notified(hook, status):
        for body in hook.bodies():
            if json.loads(body)["status"] == status:
                return json.loads(body)
        return None

    def test_what_is_refused_can_be_sent_again(self):
        """A redirect, addresses and certificates that are refused; dead letters sent again."""
        with Receiver() as goal, Receiver() as receiver:
            receiver.behave = lambda *_: (302, {"Location": goal.url})
            service = self.keywatch([
                {"type": "webhook", "url": receiver.url},
                {"type": "file", "path": str(self.folder / "low.jsonl"), "route": {"severity": "Low"}}])
            self.addCleanup(service.stop)
            service.start()
            harness.wait_for(service.ready, "keywatch is ready")
            self.write(*purges(self.start_time))
            harness.wait_for(lambda: service.metric(
                "keywatch_sink_deliveries_total", sink="webhook", outcome="rejected"), "given up")
            self.assertEqual(goal.seen, [], "redirects are not followed")

            code, out, _ = self.command(service, "deadletter", "list")
            self.assertEqual(code, 0)
            self.assertIn(" webhook redirect ", out)
            self.assertIn("Secrets purged", out)
            # The service runs on meanwhile.
            code, out, err = self.command(service, "deadletter", "resend")
            self.assertEqual((code, out), (1, "0 delivered, 1 refused, 0 left for later\n"), err)
            receiver.behave = lambda *_: 503
            code, out, err = self.command(service, "deadletter", "resend")
            self.assertEqual((code, out), (4, "0 delivered, 0 refused, 1 left for later\n"), err)
            receiver.behave = lambda *_: 204
            code, _, _ = self.command(service, "deadletter", "resend", "--sink", "other")
            self.assertEqual((code, receiver.accepted), (0, []))
            code, out, err = self.command(service, "deadletter", "resend")
            self.assertEqual((code, out), (0, "1 delivered, 0 refused, 0 left for later\n"), err)
            self.assertEqual(receiver.accepted[0][1], receiver.seen[0][1], "the same bytes")
            code, out, _ = self.command(service, "deadletter", "resend")
            self.assertEqual((code, out), (0, "0 delivered, 0 refused, 0 left for later\n"))
            self.assertEqual(len(receiver.accepted), 1)
            self.assertEqual(self.command(service, "deadletter", "list")[1], "")
            self.assertIn("[delivered since]",
                          self.command(service, "deadletter", "list", "--all")[1])
            self.assertEqual(service.stop(), 0)

    def test_sinks_test_says_what_was_answered(self):
        with (fakes.FakePagerDuty(self.folder) as pager, fakes.FakeSlack(self.folder) as slack,
              fakes.FakeWebhook(self.folder, client_certificate=True) as strict,
              fakes.SyslogReceiver(self.folder) as siem):
            slack.refuse = lambda why: (404, {}, "no_service")
            slack.check = lambda *_: fakes.need(False, "this webhook was revoked")
            url = strict.url
            service = self.keywatch([
                {"type": "pagerduty", "url": pager.url, "routing_key": KEY, **self.tls()},
                {"type": "slack", "webhook_url": slack.url, **self.tls()},
                {"name": "good", "type": "webhook", "url": url, **self.client_tls()},
                {"name": "unknown-ca", "type": "webhook", "url": url},
                {"name": "no-client-cert", "type": "webhook", "url": url, **self.tls()},
                # The name is harmless; what it resolves to is not allowed.
                {"name": "resolved", "type": "webhook", "allow_addresses": ["private"],
                 "url": url.replace("127.0.0.1", "localhost"), **self.client_tls()},
                {"name": "metadata", "type": "webhook",
                 "url": "https://169.254.169.254/metadata/identity/oauth2/token"},
                {"name": "syslog", "type": "syslog", "address": siem.address, **self.client_tls()},
                {"name": "syslog-no-cert", "type": "syslog", "address": siem.address}])
            for name, code, said in (
                    ("pagerduty", 0, "HTTP 202: {\"status\": \"success\""),
                    ("slack", 1, "HTTP 404: no_service"), ("good", 0, "HTTP 200: ok"),
                    ("unknown-ca", 4, "(tls)"), ("no-client-cert", 4, "not now"),
                    ("resolved", 4, "(policy)"), ("metadata", 4, "link-local"),
                    ("syslog", 0, "accepted"), ("syslog-no-cert", 4, "(tls)")):
                with self.subTest(name):
                    got, out, err = self.command(service, "sinks", "test", name)
                    self.assertEqual(got, code, out + err)
                    self.assertIn(said, out)
            self.assertEqual([event["event_action"] for event in pager.accepted],
                             ["trigger", "resolve"])
            self.assertIn("Test alert", pager.accepted[0]["payload"]["summary"])
            self.assertEqual(strict.requests, 1, "only with its certificate")
            self.assertEqual(pager.breaches + siem.breaches, [])
            code, _, err = self.command(service, "sinks", "test", "nobody")
            self.assertEqual(code, 2)
            self.assertIn("it has: pagerduty, slack, good", err)


if __name__ == "__main__":
    harness.main(with_broker=False)
