#!/usr/bin/env python3
"""`keywatch replay --seed`: a service that knows the history before it reads its first record."""
import gzip
import json
import shutil
import signal
import subprocess
import time

import broker
import harness
import receiver
import records

HOUR = 3_600_000
DAY = 24 * HOUR
BACKUP = "Key backup by a new principal"
REFUSED = "Repeated 403s by one caller"
PURGE = "Secret purged"


class Seed(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.now = int(time.time() * 1000)
        self.log = self.folder / "audit.log"
        self.log.touch()
        self.history = self.folder / "history.jsonl"
        self.rules = [harness.ROOT / "rules" / "keyvault" / f"{name}.yaml"
                      for name in ("key_backup_new_principal", "repeated_403_by_caller")]
        self.rules.append(harness.RULES)

    def service(self, hook):
        return harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(path) for path in self.rules]},
            "sources": [{"type": "file", "paths": [str(self.log)]}],
            "sinks": [{"type": "webhook", "url": hook.url}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})

    def seed(self, *files, expected=0):
        done = subprocess.run([harness.tool("KEYWATCH_BIN"), "replay", "--config",
                               str(self.folder / "keywatch.yaml"), "--seed", *map(str, files)],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, expected, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def write_history(self):
        """Sixteen days; principal 1 makes a backup every day. Returns the records of the last hour."""
        old = [records.record(self.now - 16 * DAY + i * 6 * HOUR, "KeyBackup", caller=1)
               for i in range(4 * 16 - 1)]
        recent = [records.record(self.now - HOUR // 2 + i * 1000, "SecretGet", 403, caller=3)
                  for i in range(6)]
        recent.append(records.record(self.now - HOUR // 3, "SecretPurge", caller=4))
        recent.append(records.record(self.now - HOUR // 4, "KeyBackup", caller=1))
        self.history.write_text("".join(json.dumps(one) + "\n" for one in old + recent),
                                encoding="utf-8")
        return recent

    def append(self, *more):
        with open(self.log, "a", encoding="utf-8") as file:
            for one in more:
                file.write(json.dumps(one) + "\n")

    def last(self):
        """A purge: the rule without state raises it at once, so all before it has been read."""
        return records.record(int(time.time() * 1000), "SecretPurge", caller=99)

    def alerts(self, hook):
        return [json.loads(body) for _, body in list(hook.accepted)]

    def named(self, hook, rule):
        return [alert for alert in self.alerts(hook) if alert["rule"]["name"] == rule]

    def run_with(self, hook, *more):
        """What is told of when these records come, and a purge after them."""
        service = self.service(hook)
        service.start()
        self.append(*more, self.last())
        harness.wait_for(lambda: service.alive() and any(
            '-99"' in json.dumps(alert) for alert in self.named(hook, PURGE)), "the last purge")
        time.sleep(0.3)
        self.assertEqual(service.stop(), 0)
        return service

    def test_what_is_new_is_told_at_once_and_history_is_not(self):
        recent = self.write_history()
        with receiver.Receiver() as hook:
            self.service(hook)
            told = self.seed(self.history)
            self.assertIn("the baselines of 1 rules are covered", told)
            self.assertIn("1 alerts of the history are kept and sent nowhere", told)  # the purge
            # The source delivers the last hour of the history once more.
            self.run_with(hook, *recent,
                          records.record(self.now - 1000, "KeyBackup", caller=1),
                          records.record(self.now, "KeyBackup", caller=2))
            backups = self.named(hook, BACKUP)
            self.assertEqual(len(backups), 1)
            self.assertIn("d9da5048-2737-4770-bd64-000000000002", json.dumps(backups[0]))
            # Of the purges only the one that is not in the history; six refusals are not twelve.
            self.assertEqual(len(self.named(hook, PURGE)), 1)
            self.assertEqual(len(self.alerts(hook)), 2)

    def test_the_rest_of_what_the_history_began_counts(self):
        self.write_history()
        with receiver.Receiver() as hook:
            self.service(hook)
            self.seed(self.history)
            self.run_with(hook, *(records.record(self.now - 5000 + i, "SecretGet", 403, caller=3)
                                  for i in range(4)))
            self.assertEqual(len(self.named(hook, REFUSED)), 1)

    def test_without_it_a_rule_against_a_baseline_holds(self):
        with receiver.Receiver() as hook:
            self.run_with(hook, records.record(self.now, "KeyBackup", caller=2))
            self.assertEqual(self.named(hook, BACKUP), [])

    def test_what_is_there_is_not_overwritten(self):
        self.write_history()
        with receiver.Receiver() as hook:
            service = self.service(hook)
            service.start()
            harness.wait_for(lambda: (self.folder / "data" / "lock").exists() and service.alive(),
                             "the lock")
            time.sleep(0.3)
            self.assertIn("another keywatch uses data_dir", self.seed(self.history, expected=3))
            self.append(self.last())
            harness.wait_for(lambda: service.alive() and hook.accepted, "an alert")
            self.assertEqual(service.stop(), 0)
            self.assertIn("holds state already", self.seed(self.history, expected=3))
            for file in (self.folder / "data").glob("snapshot-*"):
                file.unlink()
            self.seed(self.history)
            self.assertIn("holds state already", self.seed(self.history, expected=3))

    def test_a_crash_leaves_nothing_half_done(self):
        """Killed at its first, second, .. sync to disk: it can be given again, or all is there."""
        recent = self.write_history()
        data = self.folder / "data"
        kills = 0
        while True:
            shutil.rmtree(data, ignore_errors=True)
            self.log.write_text("", encoding="utf-8")
            with receiver.Receiver() as hook:
                self.service(hook)
                done = subprocess.run(
                    ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e",
                     f"inject=fsync,fdatasync:signal=KILL:when={kills + 1}",
                     harness.tool("KEYWATCH_BIN"), "replay", "--config",
                     str(self.folder / "keywatch.yaml"), "--seed", str(self.history)],
                    capture_output=True, text=True, check=False, timeout=60)
                if done.returncode == 0:
                    break
                self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
                kills += 1
                if list(data.glob("snapshot-*[0-9]")):
                    self.run_with(hook, *recent)
                    self.assertEqual(len(self.named(hook, PURGE)), 1, f"kill {kills}: of history too")
                else:
                    self.seed(self.history)
        self.assertGreater(kills, 3)

    def test_all_or_nothing(self):
        self.write_history()
        with receiver.Receiver() as hook:
            self.service(hook)
            whole = self.history.read_bytes()
            cut = self.folder / "cut.gz"
            cut.write_bytes(gzip.compress(whole)[:-200])
            self.assertIn("nothing was written", self.seed(self.history, cut, expected=4))
            self.assertIn("nothing was written", self.seed(self.folder / "none", expected=4))
            empty = self.folder / "empty"
            empty.touch()
            self.assertIn("no record", self.seed(empty, expected=2))
            bad = self.folder / "bad.yaml"
            bad.write_text("id: x\n", encoding="utf-8")
            self.rules.append(bad)
            self.service(hook)
            self.assertIn("nothing was written", self.seed(self.history, expected=2))
            self.assertFalse(list((self.folder / "data").glob("snapshot-*")))


if __name__ == "__main__":
    harness.main(with_broker=False)
