#!/usr/bin/env python3
"""kill -9 while a storage container is read: the alerts are those of an undisturbed run.

Generated traffic, of all resources of the generated estate, goes hour by hour into the blobs of a real
Azurite, slice by slice; keywatch with every shipped rule is killed while it reads each. The set of
alert ids that a recording receiver accepted must equal that of one run over the finished blobs; an
alert may come twice, with the same id. KEYWATCH_KILL_POINTS (24) sets how often, KEYWATCH_KILL_SEED
when. What is appended at the very moment of the kill: test_blob.py.
"""
import collections
import json
import os
import random
import subprocess
import time

import azurite
import broker
import harness
import receiver

CONTAINER = "insights-logs-auditevent"
HOUR_MS = 3_600_000
HOURS = 6  # into so many hours' blobs the generated day goes
POINTS = int(os.environ.get("KEYWATCH_KILL_POINTS", "24"))
SEED = int(os.environ.get("KEYWATCH_KILL_SEED", str(int(time.time()))))


class Kill9Blob(harness.TestCase):
    def service(self, name, azure, hook, first_hour_ms):
        folder = self.folder / name
        folder.mkdir()
        (folder / "key").write_text(azurite.KEY, encoding="utf-8")
        service = harness.Keywatch(folder, {
            "version": 1, "data_dir": str(folder / "data"),
            "rules": {"paths": [str(harness.ROOT / "rules")], "learning": "raise"},
            "sources": [{
                "type": "blob", "account_url": azure.url, "account_key_file": str(folder / "key"),
                "from": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first_hour_ms / 1000)),
                # All hours stay watched, however long the test takes.
                "late_hours": 4 * HOURS, "poll_interval": "100ms", "late_interval": "200ms",
                "chunk_bytes": "64KiB"}],
            "sinks": [{"type": "webhook", "url": hook.url}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})
        self.addCleanup(service.stop)
        return service

    def slices(self, count, first_hour_ms, chance):
        """`count` times {blob: bytes}, of a day's traffic.

        By time: then what was not yet there is later than all that was, and both runs read the records
        in one order. An alert's id tells when its records first sufficed, which with disorder depends
        on what was read first.
        """
        file = self.folder / "traffic.jsonl"
        subprocess.run([harness.tool("KEYWATCH_BIN"), "generate", "--records", "4000",
                        "--history-days", "0", "--output", str(file)], check=True)
        lines = [(json.loads(line), line) for line in file.read_bytes().splitlines(keepends=True)]
        lines.sort(key=lambda one: one[0]["time"])
        cuts = sorted(chance.sample(range(1, len(lines)), count - 1))
        for begin, end in zip([0] + cuts, cuts + [len(lines)]):
            part = collections.defaultdict(bytes)
            for i in range(begin, end):
                record, line = lines[i]
                hour_ms = first_hour_ms + i * HOURS // len(lines) * HOUR_MS
                part[azurite.resource_blob(record["resourceId"], hour_ms)] += line
            yield part

    def kill_at_random(self, service, chance):
        """One in three while it starts and lists, the others once it has begun to read."""
        if chance.randrange(3) > 0:
            # On a loaded machine it takes seconds until then: hence no sleep.
            harness.wait_for(lambda: service.alive() and service.metric("keywatch_events_received_total"),
                             "it reads", timeout=120)
        time.sleep(chance.uniform(0, 0.5))
        service.alive()
        service.kill()

    def test_same_alerts(self):
        print(f"seed {SEED}, {POINTS} points", flush=True)
        chance = random.Random(SEED)
        first_hour_ms = int(time.time() * 1000) // HOUR_MS * HOUR_MS - HOURS * HOUR_MS
        blobs = set()
        with azurite.Azurite(self.folder) as azure:
            logs = azure.container(CONTAINER)
            logs.create()
            with receiver.Receiver() as hook:
                service = self.service("killed", azure, hook, first_hour_ms)
                for part in self.slices(POINTS, first_hour_ms, chance):
                    for blob, data in part.items():
                        logs.append(blob, data)
                    blobs.update(part)
                    service.start()
                    self.kill_at_random(service, chance)
                service.run_to_the_end()
                killed = hook.ids()
            with receiver.Receiver() as hook:
                service = self.service("calm", azure, hook, first_hour_ms)
                service.run_to_the_end()
                calm = hook.ids()
        print(f"{len(blobs)} blobs, {len(calm)} alerts undisturbed, {len(killed)} deliveries with kills",
              flush=True)
        self.assertGreater(len(calm), 8)
        self.assertEqual(len(calm), len(set(calm)))
        self.assertEqual(sorted(set(killed)), sorted(calm))


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[azurite.folder])
