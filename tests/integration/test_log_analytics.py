#!/usr/bin/env python3
"""Records from a Log Analytics workspace, through a fake of its documented query API.

Every record that the workspace holds raises its one alert: rows that become visible late, answers
that are partial, throttling, an outage and kill -9 make no difference.
"""
import json
import time

import broker
import fake_log_analytics
import harness
import receiver
import records


def purge(number):
    return records.record(int(time.time() * 1000), "SecretPurge", caller=number,
                          correlation=f"la-{number}")


# What it raises shows what arrived of a row: the columns of either table, with their types.
BOTH_TABLES = """
id: 5a1f7f3e-8f0e-4a53-9d0c-2f6f6b1c000{number}
name: Secret purged, over {table}
description: For the integration tests.
kind: Scheduled
severity: High
queryFrequency: 5m
queryPeriod: 5m
triggerOperator: gt
triggerThreshold: 0
tactics: [Impact]
query: |
  {table}
  | where OperationName == "SecretPurge" and {status} == 200
  | project TimeGenerated, CorrelationId, OperationVersion, ResultType, ResultSignature, DurationMs,
            _ResourceId, {columns}
eventGroupingSettings: {{aggregationKind: AlertPerResult}}
version: 1.0.0
"""
COLUMNS = {
    "AzureDiagnostics":
        "CallerIPAddress, httpStatusCode_d, requestUri_s, clientInfo_s, id_s, identity_claim_appid_g, "
        "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g, ResourceId",
    "AZKVAuditLogs":
        "CallerIpAddress, HttpStatusCode, RequestUri, ClientInfo, Id, "
        "App = tostring(Identity.claim.appid), Identity",
}


class LogAnalytics(harness.TestCase):
    def service(self, fake, hook, *more_sources, rules=harness.RULES):
        return harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(rules)]},
            "sources": [{
                "type": "log_analytics", "workspace_id": fake_log_analytics.WORKSPACE,
                "endpoint": fake.url, "poll_interval": "100ms", "settle": "3s", "history": "60s",
                "auth": {"type": "client_secret", "tenant_id": "t", "client_id": "c",
                         "client_secret": "s", "authority": fake.url}}, *more_sources],
            "sinks": [{"type": "webhook", "url": hook.url}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})

    def test_every_row_once(self):
        with fake_log_analytics.FakeLogAnalytics(most_rows=7) as fake, receiver.Receiver() as hook:
            service = self.service(fake, hook)
            for number in range(1, 31):
                fake.ingest(purge(number), ago=40 - number)
            service.start()
            harness.wait_for(lambda: service.alive() and len(set(hook.ids())) >= 30, "the history")
            self.assertGreater(fake.partial, 0)
            number = 30
            for turn in range(6):
                for _ in range(5):
                    number += 1
                    fake.ingest(purge(number), visible_after=(number % 5) * 0.5)
                time.sleep(0.4)
                if turn == 2:
                    service.kill()
                    service.start()
                if turn == 3:
                    fake.refusals = [(429, {"Retry-After": "1"}, {}), (503, {}, {}), (500, {}, {})]
            harness.wait_for(lambda: service.alive() and len(set(hook.ids())) >= number,
                             f"{number} alerts")
            harness.wait_for(lambda: service.get("/readyz")[0] == 200, "ready")
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(set(hook.ids())), number)

    def test_both_tables_are_read_alike(self):
        """Rows of AzureDiagnostics, of AZKVAuditLogs and of both; rules over either table. What is
        raised, and the rows in it, must be what the records themselves raise from a file."""
        rules = self.folder / "rules"
        rules.mkdir()
        for number, (table, columns) in enumerate(COLUMNS.items(), 7):
            status = "httpStatusCode_d" if table == "AzureDiagnostics" else "HttpStatusCode"
            (rules / f"{table}.yaml").write_text(BOTH_TABLES.format(
                number=number, table=table, status=status, columns=columns), encoding="utf-8")
        written = [purge(number) for number in range(1, 31)]
        with fake_log_analytics.FakeLogAnalytics(most_rows=7) as fake, receiver.Receiver() as hook:
            for i, record in enumerate(written):
                tables = ("AzureDiagnostics", "AZKVAuditLogs") if i % 3 == 2 else (list(COLUMNS)[i % 3],)
                for table in tables:
                    fake.ingest(record, ago=40 - i, table=table)
            service = self.service(fake, hook, rules=rules)
            service.start()
            harness.wait_for(lambda: service.alive()
                             and service.metric("keywatch_events_received_total") == 40, "all rows")
            service.drain()
            self.assertEqual(service.metric("keywatch_events_duplicate_total"), 10)
            self.assertEqual(service.stop(), 0)
            queried = {json.loads(body)["id"]: json.loads(body)["row"] for body in hook.bodies()}
        self.assertEqual(len(queried), 60)
        self.assertEqual(queried, self.from_a_file(written, rules))

    def from_a_file(self, written, rules):
        """{alert id: row} of what the records raise without a workspace."""
        folder = self.folder / "by-file"
        folder.mkdir()
        (folder / "audit.json").write_text("".join(json.dumps(record) + "\n" for record in written),
                                           encoding="utf-8")
        with receiver.Receiver() as hook:
            service = harness.Keywatch(folder, {
                "version": 1, "data_dir": str(folder / "data"), "rules": {"paths": [str(rules)]},
                "sources": [{"type": "file", "paths": [str(folder / "audit.json")]}],
                "sinks": [{"type": "webhook", "url": hook.url}],
                "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"}})
            service.run_to_the_end()
            return {json.loads(body)["id"]: json.loads(body)["row"] for body in hook.bodies()}

    def test_a_refusal_says_what_to_do_and_passes(self):
        with fake_log_analytics.FakeLogAnalytics() as fake, receiver.Receiver() as hook:
            fake.refusals = [(403, {"Retry-After": "1"}, {"error": {
                "code": "InsufficientAccessError", "message": "The provided credentials .."}})] * 2
            fake.ingest(purge(1))
            service = self.service(fake, hook)
            service.start()
            harness.wait_for(lambda: "Log Analytics Reader" in service.get("/readyz")[1],
                             "what to do")
            self.assertEqual(service.metric("keywatch_source_connected"), 0)
            harness.wait_for(lambda: service.ready() and len(set(hook.ids())) == 1, "recovery")
            self.assertEqual(service.stop(), 0)

    def test_a_record_of_a_file_too_counts_once(self):
        shared = [purge(number) for number in range(1, 11)]
        file = self.folder / "audit.json"
        file.write_text("".join(json.dumps(record) + "\n" for record in shared), encoding="utf-8")
        with fake_log_analytics.FakeLogAnalytics() as fake, receiver.Receiver() as hook:
            for record in shared:
                fake.ingest(record)
            service = self.service(fake, hook, {"type": "file", "paths": [str(file)]})
            service.start()
            harness.wait_for(lambda: service.alive()
                             and service.metric("keywatch_events_received_total") == 20, "both read")
            self.assertEqual(service.metric("keywatch_events_duplicate_total"), 10)
            service.drain()
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(hook.ids()), 10)


if __name__ == "__main__":
    harness.main(with_broker=False)
