#!/usr/bin/env python3
"""Alerts into a topic of a real Kafka: once each over a restart of the broker, the end of an alert
under the key of its alert, and what is told and kept when the topic is missing or denied.
"""
import collections
import datetime
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import broker
import broker_security
import harness
import records
from test_sinks import RULE, everyday, purges

USER = f"User:{broker_security.USER}"


def read_topic(kafka):
    """(key, headers, value) of every message, in the order of the topic's one partition."""
    done = subprocess.run(
        ["kcat", "-C", "-b", kafka.bootstrap, "-t", harness.TOPIC, "-o", "beginning", "-e", "-q",
         "-f", r"%k\t%h\t%s\n"], capture_output=True, text=True, timeout=60, check=True)
    return [line.split("\t", 2) for line in done.stdout.splitlines()]


class KafkaSink(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.records = self.folder / "records.jsonl"
        self.records.touch()
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "purged.yaml").write_text(RULE)
        self.time = (datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
                     - datetime.timedelta(hours=6))

    def start_broker(self, security=None):
        kafka = broker.Broker(self.folder / "kafka", security=security)
        kafka.start()
        self.addCleanup(kafka.stop)
        return kafka

    def keywatch(self, sink):
        service = harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(self.folder / "rules")], "allowed_lateness": "1s"},
            "sources": [{"type": "file", "paths": [str(self.records)]}],
            "sinks": [{"type": "kafka", "topic": harness.TOPIC, "timeout": "3s", **sink}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})
        self.addCleanup(service.stop)
        return service

    def write(self, *written):
        with open(self.records, "a", encoding="utf-8") as file:
            for record in written:
                file.write(json.dumps(record) + "\n")

    def raise_one(self):
        """Records of one more alert, far enough from the last to be one of its own."""
        self.time += datetime.timedelta(minutes=20)
        self.write(*purges(self.time))

    def sinks_test(self, service):
        done = subprocess.run([harness.tool("KEYWATCH_BIN"), "sinks", "test", "kafka", "--config",
                               str(service.config)], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def try_to_connect(self, service):
        """(exit code, what `config check --connect` says of the sink)"""
        done = subprocess.run([harness.tool("KEYWATCH_BIN"), "config", "check", "--connect",
                               str(service.config)], capture_output=True, text=True, timeout=60)
        said, = [line for line in done.stdout.splitlines() if line.startswith("sink ")]
        return done.returncode, said

    def accepted(self, service):
        return service.metric("keywatch_sink_deliveries_total", sink="kafka", outcome="accepted")

    def test_once_each_over_a_restart_of_the_broker(self):
        kafka = self.start_broker()
        harness.create_topic(kafka, partitions=1)
        service = self.keywatch({"brokers": [kafka.bootstrap], "send_ended": True})
        service.start()
        self.raise_one()
        harness.wait_for(lambda: len(read_topic(kafka)) == 1, "the first alert")
        kafka.kill()
        for _ in range(3):
            self.raise_one()
        harness.wait_for(
            lambda: (service.metric("keywatch_sink_failures_total", sink="kafka", reason="network")
                     or 0) >= 1, "a failed attempt")
        kafka.start()
        self.time += datetime.timedelta(minutes=20)
        self.write(everyday(self.time))
        harness.wait_for(lambda: len(read_topic(kafka)) >= 8, "four alerts and their ends", 90)
        time.sleep(1)
        types = collections.defaultdict(list)
        for key, headers, value in read_topic(kafka):
            alert = json.loads(value)
            self.assertEqual(key, alert["id"])
            self.assertEqual(headers, "content-type=application/json")
            types[key].append(alert["type"])
        self.assertEqual(list(types.values()), [["alert.raised", "alert.ended"]] * 4)
        code, said = self.sinks_test(service)
        self.assertEqual(code, 0, said)
        self.assertRegex(said, rf"accepted: topic {harness.TOPIC}, partition 0, offset 8\n")
        self.assertEqual(service.stop(), 0)

    def test_config_check_connect(self):
        kafka = self.start_broker()
        service = self.keywatch({"brokers": [kafka.bootstrap]})
        code, said = self.try_to_connect(service)
        self.assertRegex(said, rf"kafka +FAILED +topic {harness.TOPIC} does not exist: create it "
                               r"\(Event Hubs: create the hub\), or correct topic; ")
        self.assertEqual(code, 1)
        harness.create_topic(kafka, partitions=3)
        code, said = self.try_to_connect(service)
        self.assertRegex(said, rf"kafka +OK +logged in; topic {harness.TOPIC} with 3 partitions; "
                               "not written to: use `keywatch sinks test kafka`$")
        self.assertEqual(code, 0)
        self.assertEqual(subprocess.run(
            ["kcat", "-C", "-b", kafka.bootstrap, "-t", harness.TOPIC, "-o", "beginning", "-e",
             "-q"], capture_output=True, text=True, timeout=60, check=True).stdout, "",
            "nothing is written")
        service = self.keywatch({"brokers": [f"127.0.0.1:{broker.free_ports(1)[0]}"]})
        code, said = self.try_to_connect(service)
        self.assertRegex(said, "kafka +FAILED .*check brokers, the network and the firewall")
        self.assertEqual(code, 1)

    def test_a_missing_topic_keeps_alerts_owed_until_it_is_created(self):
        kafka = self.start_broker()
        service = self.keywatch({"brokers": [kafka.bootstrap], "format": "cloudevents_binary"})
        code, said = self.sinks_test(service)
        self.assertEqual(code, 4, said)
        self.assertIn(f"not now (missing): topic {harness.TOPIC} does not exist: create it", said)
        service.start()
        self.raise_one()
        harness.wait_for(
            lambda: service.metric("keywatch_sink_failures_total", sink="kafka", reason="missing"),
            "the failure to be counted", 40)
        self.assertEqual(service.metric("keywatch_sink_queue_length", sink="kafka"), 1)
        self.assertEqual(service.stop(), 0)
        harness.create_topic(kafka, partitions=1)
        service.start()
        harness.wait_for(lambda: self.accepted(service) == 1, "the alert", 90)
        (_, headers, value), = read_topic(kafka)
        named = dict(header.split("=", 1) for header in headers.split(","))
        self.assertEqual(named["ce_type"], "io.keywatch.alert.raised")
        self.assertEqual(named["ce_id"], json.loads(value)["id"])
        self.assertEqual(named["content-type"], "application/json")

    def test_denied_and_large(self):
        shared = pathlib.Path(tempfile.mkdtemp(prefix="keywatch-secure-"))
        self.addCleanup(shutil.rmtree, shared, ignore_errors=True)
        security = broker_security.Security(shared / "tls")
        kafka = self.start_broker(security)
        harness.create_topic(kafka, partitions=1)
        harness.acl(kafka, "allow", USER, "topic", harness.TOPIC, "describe")
        secret = self.folder / "connection_string"
        secret.write_text(security.password.replace("c2VjcmV0", "d3Jvbmc="))
        sink = {"brokers": [kafka.secure_bootstrap], "connection_string_file": str(secret),
                "properties": {"ssl.ca.location": str(security.ca)}}
        service = self.keywatch(sink)
        code, said = self.sinks_test(service)
        self.assertEqual(code, 4, said)
        self.assertIn("not now (auth): the broker refused the login", said)
        self.assertNotIn("d3Jvbmc", said)
        code, said = self.try_to_connect(service)
        self.assertRegex(said, "FAILED +the broker refused the login")
        self.assertNotIn("d3Jvbmc", said)
        self.assertEqual(code, 1)

        secret.write_text(security.password)
        code, said = self.sinks_test(service)
        self.assertEqual(code, 4, said)
        self.assertIn("not now (auth)", said)
        self.assertIn(f"grant WRITE on topic {harness.TOPIC}", said)

        harness.acl(kafka, "allow", USER, "topic", harness.TOPIC, "write")
        harness.wait_for(lambda: self.sinks_test(service)[0] == 0, "the granted right to count")

        # Too large with its evidence, it is told without.
        sink["properties"]["message.max.bytes"] = "1000"
        small = self.keywatch(sink)
        small.start()
        self.raise_one()
        harness.wait_for(lambda: self.accepted(small) == 1, "the alert")
        _, _, value = read_topic(kafka)[-1]
        alert = json.loads(value)
        self.assertLess(len(value), 1000)
        self.assertEqual(alert["type"], "alert.raised")
        self.assertEqual(alert["evidence"], [])


if __name__ == "__main__":
    harness.main()
