#!/usr/bin/env python3
"""Files as users have them: packed by the real gzip and zstd, rotated by them, and piped in.

What comes out must be what comes out of the plain file.
"""
import gzip
import json
import pathlib
import resource
import subprocess
import time

import broker
import harness
import receiver
import records


class Files(harness.TestCase):
    def plain(self):
        file = self.folder / "plain.json"
        subprocess.run([harness.tool("KEYWATCH_BIN"), "generate", "--records", "300",
                        "--output", str(file)], check=True, stderr=subprocess.DEVNULL)
        return file

    def replay(self, *arguments, **more):
        return subprocess.run([harness.tool("KEYWATCH_BIN"), "replay", *map(str, arguments),
                               "--rules", str(harness.ROOT / "rules"), "--format", "jsonl"],
                              capture_output=True, check=False, timeout=60, **more)

    @staticmethod
    def ids(output):
        return sorted(json.loads(line)["id"] for line in output.decode().splitlines())

    def test_packed_or_piped_is_as_plain(self):
        plain = self.plain()
        expected = self.ids(self.replay(plain).stdout)
        self.assertGreater(len(expected), 0)
        gz = self.folder / "a.data"  # its name says nothing
        gz.write_bytes(gzip.compress(plain.read_bytes()))
        self.assertEqual(self.ids(self.replay(gz).stdout), expected)
        self.assertEqual(self.ids(self.replay("-", input=plain.read_bytes()).stdout), expected)
        self.assertEqual(self.ids(self.replay("-", input=gz.read_bytes()).stdout), expected)
        with open(plain, "rb") as file:
            self.assertEqual(self.ids(self.replay("-", stdin=file).stdout), expected)
        subprocess.run(["zstd", "-q", str(plain), "-o", str(self.folder / "a.zst")], check=True)
        self.assertEqual(self.ids(self.replay(self.folder / "a.zst").stdout), expected)

    def test_the_pipeline_of_the_documentation(self):
        plain = self.plain()
        expected = self.replay(plain)
        page = (harness.ROOT / "docs/sources/files.md").read_text(encoding="utf-8")
        command = next(line for line in page.splitlines() if line.startswith("zcat -f"))
        (self.folder / "audit").mkdir()
        plain.rename(self.folder / "audit" / "a.json")
        subprocess.run(["gzip", str(self.folder / "audit" / "a.json")], check=True)
        (self.folder / "rules").symlink_to(harness.ROOT / "rules")
        path = pathlib.Path(harness.tool("KEYWATCH_BIN")).parent
        done = subprocess.run(["bash", "-c", f"PATH={path}:$PATH; {command}"], cwd=self.folder,
                              capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.splitlines()[0], expected.stderr.splitlines()[0])  # records
        self.assertEqual(len(done.stdout.splitlines()), len(expected.stdout.splitlines()))

    def test_a_damaged_file_is_named_and_the_rest_read(self):
        plain = self.plain()
        whole = gzip.compress(plain.read_bytes())
        (self.folder / "cut.gz").write_bytes(whole[:len(whole) // 2])
        done = self.replay(self.folder / "cut.gz", plain)
        self.assertEqual(done.returncode, 4)
        self.assertIn(f"cut.gz: the gzip data ends in the middle, at byte {len(whole) // 2}",
                      done.stderr.decode())
        self.assertEqual(set(self.ids(done.stdout)), set(self.ids(self.replay(plain).stdout)))

    def test_a_service_reads_standard_input_to_its_end(self):
        plain = self.plain()
        out = self.folder / "alerts.jsonl"
        config = self.folder / "keywatch.yaml"
        config.write_text(json.dumps({
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(harness.ROOT / "rules")]},
            "sources": [{"type": "file", "paths": ["-"]}],
            "sinks": [{"type": "file", "path": str(out)}],
            "http": {"listen": "127.0.0.1:0"}}), encoding="utf-8")
        packed = gzip.compress(plain.read_bytes())
        process = subprocess.Popen([harness.tool("KEYWATCH_BIN"), "run", "--config", str(config)],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        process.stdin.write(packed[:4000])
        process.stdin.flush()
        time.sleep(0.3)
        process.stdin.write(packed[4000:])
        process.stdin.close()
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertEqual({json.loads(line)["id"] for line in out.read_text().splitlines()},
                         set(self.ids(self.replay(plain).stdout)))

    def test_logrotate_while_it_follows(self):
        log = self.folder / "audit.log"
        log.touch()
        with receiver.Receiver() as hook:
            service = harness.Keywatch(self.folder, {
                "version": 1, "data_dir": str(self.folder / "data"),
                "rules": {"paths": [str(harness.RULES)]},
                "sources": [{"type": "file", "paths": [str(self.folder / "audit.log*")]}],
                "sinks": [{"type": "webhook", "url": hook.url}],
                "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
                "snapshot": {"interval": "100ms"}})
            service.start()
            now = int(time.time() * 1000)
            for turn in range(4):
                with open(log, "a", encoding="utf-8") as file:
                    for i in range(20):
                        record = records.record(now + turn * 1000 + i, "SecretPurge",
                                                caller=turn * 20 + i)
                        file.write(json.dumps(record) + "\n")
                # Of the default configuration: delaycompress is off.
                log.rename(self.folder / "audit.log.1")
                log.touch()
                subprocess.run(["gzip", str(self.folder / "audit.log.1")], check=True)
                (self.folder / "audit.log.1.gz").rename(self.folder / f"audit.log.{9 - turn}.gz")
                if turn == 1:
                    service.kill()
                    service.start()
            harness.wait_for(lambda: service.alive() and len(set(hook.ids())) >= 80, "80 alerts")
            service.drain()
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(set(hook.ids())), 80)

    def test_few_descriptors_serve_many_files(self):
        """600 files that grow, of which 256 may be open at a time, and hardly more than those allowed."""
        drop = self.folder / "drop"
        drop.mkdir()
        now = int(time.time() * 1000)

        def append(caller_base):
            for i in range(600):
                with open(drop / f"{i}.log", "a", encoding="utf-8") as file:
                    file.write(json.dumps(records.record(now + i, "SecretPurge", caller=caller_base + i)))
                    file.write("\n")

        with receiver.Receiver() as hook:
            service = harness.Keywatch(self.folder, {
                "version": 1, "data_dir": str(self.folder / "data"),
                "rules": {"paths": [str(harness.RULES)]},
                "sources": [{"type": "file", "paths": [str(drop / "*.log")]}],
                "sinks": [{"type": "webhook", "url": hook.url}],
                "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
                "snapshot": {"interval": "100ms"}})
            service.start()
            self.addCleanup(service.stop)
            harness.wait_for(service.ready, "ready", timeout=120)
            most = int(service.metric("process_open_fds")) + 256 + 24  # requests, a snapshot, a scan
            resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (most, most))
            append(0)
            harness.wait_for(lambda: service.alive() and len(set(hook.ids())) >= 600, "600 alerts",
                             timeout=120)
            self.assertGreater(service.metric("process_open_fds"), 256)  # the limit was near
            append(1000)
            # One that is closed and renamed out of the pattern is found by its inode.
            (drop / "599.log").rename(drop / "599.old")
            harness.wait_for(lambda: service.alive() and len(set(hook.ids())) >= 1200, "1200 alerts",
                             timeout=120)
            service.drain()
            self.assertLessEqual(service.metric("process_open_fds"), most)
            self.assertEqual(service.metric("keywatch_source_gaps_total"), 0)
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(set(hook.ids())), 1200)
            self.assertNotIn("Too many open files", service.log.read_text(encoding="utf-8"))


if __name__ == "__main__":
    harness.main(with_broker=False)
