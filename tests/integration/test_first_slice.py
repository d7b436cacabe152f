#!/usr/bin/env python3
"""One record in a real Kafka topic -> one signed webhook, one metric; and what is set aside."""
import json
import subprocess
import time

import broker
import harness
import receiver
import records


class FirstSlice(harness.TestCase):
    def ready_service(self, kafka, hook):
        harness.create_topic(kafka, partitions=2)
        service = harness.service(self.folder / "keywatch", kafka, hook)
        service.start()
        self.addCleanup(service.stop)
        harness.wait_for(service.ready, "keywatch is ready")
        return service

    def test_one_record_one_webhook(self):
        with broker.Broker(self.folder / "kafka") as kafka, receiver.Receiver() as hook:
            service = self.ready_service(kafka, hook)
            self.assertEqual(service.metric("keywatch_rules_loaded", state="active"), 1)
            self.assertEqual(service.metric("keywatch_alerts_emitted_total", severity="High"), 0)

            now_ms = int(time.time() * 1000)
            message = records.message([records.record(now_ms, "KeyGet"),
                                       records.record(now_ms, "SecretPurge")])
            broken = '{"records": [{"time": "yesterday", "category": "AuditEvent"}]}'
            harness.produce(kafka, [(0, 0, message), (1, 0, broken)])
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
            self.assertEqual(alert["rule"]["name"], "Secret purged")
            self.assertEqual(alert["evidence"][0]["record"]["operationName"], "SecretPurge")
            self.assertEqual(service.metric("keywatch_alerts_emitted_total", severity="High"), 1)
            dead = (service.folder / "data" / "dead-letter.jsonl").read_text(encoding="utf-8")
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
