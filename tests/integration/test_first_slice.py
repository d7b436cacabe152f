#!/usr/bin/env python3
"""One record in a real Kafka topic -> one signed webhook, one metric; and what is set aside."""
import base64
import json
import subprocess
import time

import broker
import harness
import receiver

RULE = """
id: 11111111-2222-4333-8444-555555555555
name: A key was purged
description: First slice.
severity: High
requiredDataConnectors: []
queryFrequency: 5m
queryPeriod: 5m
triggerOperator: gt
triggerThreshold: 0
tactics: [Impact]
relevantTechniques: [T1485]
query: |
  AzureDiagnostics
  | where OperationName == "KeyPurge"
  | project TimeGenerated, CallerIPAddress, ResourceId
entityMappings:
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: CallerIPAddress
version: 1.0.0
kind: Scheduled
"""


def record(operation, moment):
    return {"time": moment, "category": "AuditEvent", "operationName": operation,
            "resultType": "Success", "correlationId": operation + moment,
            "callerIpAddress": "203.0.113.7", "identity": {"claim": {"oid": "o-1"}},
            "properties": {"httpStatusCode": 200, "requestUri": "https://kv.example/keys/k"},
            "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV"}


def config(folder, kafka, hook, **more):
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "purge.yaml").write_text(RULE, encoding="utf-8")
    return {
        "version": 1, "data_dir": str(folder / "data"),
        "rules": {"paths": [str(folder / "rules")]},
        "sources": [{"name": "hub", "type": "kafka", "brokers": [kafka.bootstrap],
                     "topics": ["audit"], "group_id": "first-slice"}],
        "sinks": [{"name": "hook", "type": "webhook", "url": hook.url,
                   "secrets": ["whsec_" + base64.b64encode(harness.SECRET).decode()]}],
        "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
        "snapshot": {"interval": "200ms"}, **more}


class FirstSlice(harness.TestCase):
    def ready_service(self, kafka, hook):
        harness.create_topic(kafka, "audit", 2)
        service = harness.Keywatch(self.folder, config(self.folder, kafka, hook))
        service.start()
        self.addCleanup(service.stop)
        harness.wait_for(service.ready, "keywatch is ready")
        return service

    def test_one_record_one_webhook(self):
        with broker.Broker(self.folder / "kafka") as kafka, receiver.Receiver() as hook:
            service = self.ready_service(kafka, hook)
            self.assertEqual(service.metric("keywatch_rules_loaded", state="active"), 1)
            self.assertEqual(service.metric("keywatch_alerts_emitted_total", severity="High"), 0)

            moment = time.strftime("%Y-%m-%dT%H:%M:%S.1234567Z", time.gmtime())
            message = {"records": [record("KeyGet", moment), record("KeyPurge", moment)]}
            broken = '{"records": [{"time": "yesterday", "category": "AuditEvent"}]}'
            harness.produce(kafka, "audit", [(0, 0, json.dumps(message)), (1, 0, broken)])
            harness.wait_for(lambda: hook.accepted, "the webhook")
            harness.wait_for(
                lambda: service.metric("keywatch_events_parse_errors_total", reason="bad_time"),
                "the broken record to be counted")
            harness.wait_for(
                lambda: service.metric("keywatch_sink_deliveries_total", outcome="accepted") == 1,
                "the delivery to be counted")

            self.assertEqual(len(hook.accepted), 1)
            headers, body = hook.accepted[0]
            self.assertTrue(receiver.signature_is_valid(harness.SECRET, headers, body))
            alert = json.loads(body)
            self.assertEqual(alert["id"], headers["webhook-id"])
            self.assertEqual(alert["rule"]["name"], "A key was purged")
            self.assertEqual(alert["evidence"][0]["record"]["operationName"], "KeyPurge")
            self.assertEqual(service.metric("keywatch_alerts_emitted_total", severity="High"), 1)
            dead = (self.folder / "data" / "dead-letter.jsonl").read_text(encoding="utf-8")
            self.assertEqual(json.loads(dead.splitlines()[0])["origin"], "audit/1")

            page = service.get("/metrics")[1]
            lint = subprocess.run(["promtool", "check", "metrics"], input=page.encode(),
                                  capture_output=True, check=False)
            self.assertEqual(lint.returncode, 0, lint.stderr.decode() + lint.stdout.decode())
            self.assertEqual(service.stop(), 0)

    def test_a_lost_broker_shows_in_readyz(self):
        with broker.Broker(self.folder / "kafka") as kafka, receiver.Receiver() as hook:
            service = self.ready_service(kafka, hook)
            kafka.stop()
            harness.wait_for(lambda: service.get("/readyz")[0] == 503, "readyz to say no")
            self.assertEqual(service.get("/healthz")[0], 200)
            kafka.start()
            harness.wait_for(service.ready, "keywatch is ready again", timeout=60)


if __name__ == "__main__":
    harness.main()
