#!/usr/bin/env python3
"""The container insights-logs-auditevent, in a real Azurite.

A record in a blob raises its one alert, whether it was there before, is appended while keywatch
reads, or keywatch is killed meanwhile.
"""
import json
import os
import random
import statistics
import threading
import time

import azurite
import broker
import harness
import receiver
import records

CONTAINER = "insights-logs-auditevent"
HOUR_MS = 3_600_000
SEED = int(os.environ.get("KEYWATCH_KILL_SEED", str(int(time.time()))))


def purge(number, time_ms=None, vault="CONTOSO"):
    """A line that raises one alert, told apart by its caller."""
    return json.dumps(records.record(time_ms or int(time.time() * 1000), "SecretPurge", caller=number,
                                     correlation=f"blob-{number}", vault=vault)).encode() + b"\n"


def now_ms():
    return int(time.time() * 1000)


class Blob(harness.TestCase):
    def service(self, azure, hook, **changes):
        key = self.folder / "key"
        if not key.exists():
            key.write_text(azurite.KEY, encoding="utf-8")
        source = {"type": "blob", "account_url": azure.url, "account_key_file": str(key),
                  "poll_interval": "200ms", "late_interval": "1s", **changes}
        source = {name: value for name, value in source.items() if value is not None}
        return harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(harness.RULES)]},
            "sources": [source], "sinks": [{"type": "webhook", "url": hook.url}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})

    def test_tail(self):
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            logs.create()
            logs.append(azurite.hour_blob("CONTOSO", now_ms()), purge(1))
            service = self.service(azure, hook)
            service.start()
            harness.wait_for(lambda: service.alive() and len(hook.ids()) == 1, "the first")
            took = []
            for number in range(2, 42):
                line = purge(number)
                begun = time.monotonic()
                logs.append(azurite.hour_blob(f"VAULT{number % 3}", now_ms()), line)
                harness.wait_for(lambda count=number: len(hook.ids()) >= count, f"alert {number}")
                took.append((time.monotonic() - begun) * 1000)
                time.sleep(random.uniform(0, 0.2))
            took.sort()
            print(f"append to webhook at poll 200 ms: median {statistics.median(took):.0f} ms, "
                  f"p99 {took[-1]:.0f} ms of {len(took)}", flush=True)
            harness.wait_for(service.ready, "ready")
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(hook.ids()), len(set(hook.ids())))


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[azurite.folder])
