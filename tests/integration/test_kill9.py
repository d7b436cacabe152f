#!/usr/bin/env python3
"""kill -9 at many random points: the alerts are those of an undisturbed run.

Generated traffic goes to a topic of a real broker slice by slice; keywatch is killed while it reads
each. The set of alert ids that a recording receiver accepted must equal that of a run from the
start to the end without a kill; an alert may come twice, with the same id.
KEYWATCH_KILL_POINTS (200) sets how often, KEYWATCH_KILL_SEED when.
"""
import os
import pathlib
import random
import subprocess
import time

import broker
import harness
import receiver

POINTS = int(os.environ.get("KEYWATCH_KILL_POINTS", "200"))
SEED = int(os.environ.get("KEYWATCH_KILL_SEED", str(int(time.time()))))
PARTITIONS = 4


class Kill9(harness.TestCase):
    def service(self, name, kafka, hook):
        return harness.service(self.folder / name, kafka, hook,
                               rules={"paths": [str(harness.ROOT / "rules")], "learning": "raise"})

    def traffic(self, count):
        """Messages of generated traffic."""
        file = self.folder / "traffic.json"
        subprocess.run([harness.tool("KEYWATCH_BIN"), "generate", "--format", "eventhub",
                        "--records", str(count), "--output", str(file)], check=True)
        return file.read_text(encoding="utf-8").splitlines()

    def test_same_alerts(self):
        print(f"seed {SEED}, {POINTS} points", flush=True)
        chance = random.Random(SEED)
        messages = self.traffic(8000)
        start_ms = int(time.time() * 1000) - len(messages)
        numbered = [(chance.randrange(PARTITIONS), start_ms + i, message)
                    for i, message in enumerate(messages)]
        slices = [numbered[i * len(numbered) // POINTS:(i + 1) * len(numbered) // POINTS]
                  for i in range(POINTS)]
        with broker.Broker(self.folder / "kafka") as kafka:
            harness.create_topic(kafka, PARTITIONS)
            with receiver.Receiver() as hook:
                service = self.service("killed", kafka, hook)
                for part in slices:
                    # Produced before it starts: then all partitions' messages are there to be merged
                    # by time, and both runs read them in one order. Which of two messages that are
                    # produced at this moment is read first is chance, and an alert's id tells when
                    # its records first sufficed.
                    if part:
                        harness.produce(kafka, part)
                    service.start()
                    time.sleep(chance.uniform(0, 0.7))
                    service.alive()
                    service.kill()
                service.run_to_the_end()
                killed = hook.ids()
            with receiver.Receiver() as hook:
                service = self.service("calm", kafka, hook)
                service.run_to_the_end()
                calm = hook.ids()
        print(f"{len(calm)} alerts undisturbed, {len(killed)} deliveries with kills", flush=True)
        self.assertGreater(len(calm), 8)
        self.assertEqual(len(calm), len(set(calm)))
        self.assertEqual(sorted(set(killed)), sorted(calm))

    def test_a_damaged_snapshot(self):
        with broker.Broker(self.folder / "kafka") as kafka, receiver.Receiver() as hook:
            harness.create_topic(kafka, PARTITIONS)
            service = self.service("damaged", kafka, hook)
            messages = self.traffic(500)
            half = len(messages) // 2
            for part in (messages[:half], messages[half:]):
                harness.produce(kafka, [(0, 0, message) for message in part])
                service.run_to_the_end()
            snapshots = sorted((service.folder / "data").glob("snapshot-*"))
            self.assertGreaterEqual(len(snapshots), 2)
            newest = pathlib.Path(snapshots[-1])
            whole = bytearray(newest.read_bytes())
            whole[len(whole) // 2] ^= 1
            newest.write_bytes(whole)
            before = sorted(set(hook.ids()))
            service.run_to_the_end()
            self.assertIn(newest.name, service.log.read_text(errors="replace"))
            self.assertEqual(sorted(set(hook.ids())), before)


if __name__ == "__main__":
    harness.main()
