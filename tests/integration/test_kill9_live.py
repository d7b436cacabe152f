#!/usr/bin/env python3
"""kill -9 while records keep coming and the receiver fails now and then.

Unlike in test_kill9.py records are produced while keywatch reads, so that kills also meet live
fetches. Afterwards the same topic is read once without disturbance: none of its alerts is missing
from the killed run, and none was invented there.
KEYWATCH_KILL_POINTS (16) sets how often it is killed in each test, KEYWATCH_KILL_SEED (1) when.
"""
import json
import os
import random
import time

import broker
import harness
import receiver
import records

POINTS = int(os.environ.get("KEYWATCH_KILL_POINTS", "16"))
SEED = int(os.environ.get("KEYWATCH_KILL_SEED", "1"))
PER_KILL = 60  # records between two kills
PARTITIONS = 4


def messages(partition_of):
    """(partition, broker time, value) of messages of one or two records: positions inside one
    count too."""
    start_ms = int(time.time() * 1000) - POINTS * PER_KILL * 1000
    result = []
    for i, (time_ms, caller, record) in enumerate(
            records.traffic(SEED, start_ms, POINTS * PER_KILL)):
        batch = [record]
        if i % 3 == 0:
            batch.append(records.record(time_ms, "KeyGet", 200, caller, records.address_of(caller),
                                        f"second-{i}"))
        result.append((partition_of(caller), time_ms, records.message(batch)))
    return result


def failing_now_and_then(number, _headers, _body):
    return 503 if number % 20 == 0 else 200


def finding(alert):
    """What an alert is about, without when it began."""
    return alert["rule"]["name"], json.dumps(alert["entities"], sort_keys=True)


def named(alerts, keys):
    return [f"{alerts[key]['rule']['name']}, {alerts[key]['intervalStart']}, {key}"
            for key in sorted(keys)]


class Kill9Live(harness.TestCase):
    def test_the_same_ids_as_without_kills(self):
        # What a rule counts comes in one partition, so its order is the same in every run.
        calm, killed = self.both_runs(messages(lambda caller: caller % PARTITIONS))
        self.compare(calm, killed, lambda alert: alert["id"])

    def test_the_same_findings_when_a_caller_is_spread_over_partitions(self):
        # Live, the order between partitions is not the same in every run: a count may cross its
        # threshold at another record, and the interval begin there. What is found stays the same.
        chance = random.Random(SEED)
        calm, killed = self.both_runs(messages(lambda _caller: chance.randrange(PARTITIONS)))
        self.compare(calm, killed, finding)

    def both_runs(self, numbered):
        """Alerts without and with kills, in the order of arrival, with repetitions."""
        with broker.Broker(self.folder / "kafka") as kafka:
            harness.create_topic(kafka, PARTITIONS)
            with receiver.Receiver(failing_now_and_then) as hook:
                self.run_with_kills(kafka, self.service("killed", kafka, hook), numbered, hook)
                killed = hook.bodies()
            with receiver.Receiver() as hook:
                self.service("calm", kafka, hook).run_to_the_end()
                calm = hook.bodies()
        return [json.loads(body) for body in calm], [json.loads(body) for body in killed]

    def service(self, name, kafka, hook):
        return harness.service(
            self.folder / name, kafka, hook,
            rules={"paths": [str(harness.RULES), *harness.FEW_RULES], "learning": "raise"})

    def run_with_kills(self, kafka, service, numbered, hook):
        chance = random.Random(SEED)
        for first in range(0, len(numbered), PER_KILL):
            service.start()
            # Before, in the middle of, and after the reading of what has just been produced.
            time.sleep(chance.uniform(0, 0.3))
            harness.produce(kafka, numbered[first:first + PER_KILL])
            time.sleep(chance.uniform(0, 0.5))
            service.alive()
            service.kill()
        self.assertGreater(len(hook.accepted), 0, "it must get to reading between the kills")
        service.run_to_the_end()

    def compare(self, calm, killed, identity):
        expected = {identity(alert): alert for alert in calm}
        found = {identity(alert): alert for alert in killed}
        print(f"seed {SEED}: {POINTS} kills, {len(calm)} alerts undisturbed, {len(killed)} deliveries "
              f"with kills, {len(killed) - len({alert['id'] for alert in killed})} of them repeated",
              flush=True)
        self.assertEqual(len(calm), len({alert["id"] for alert in calm}))
        self.assertGreater(len(calm), POINTS // 4, "the traffic must raise alerts")
        self.assertGreater(len({alert["rule"]["name"] for alert in calm}), 2, "of several rules")
        self.assertEqual(named(expected, expected.keys() - found.keys()), [], "missing after kills")
        self.assertEqual(named(found, found.keys() - expected.keys()), [], "invented after kills")


if __name__ == "__main__":
    harness.main()
