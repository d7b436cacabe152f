#!/usr/bin/env python3
"""The Debian package and the systemd unit: checked by Debian's own tools, and lived with in a fresh root.

systemd itself does not run here. What it would forbid is compared with what keywatch does: the system
calls that strace sees must be among those of the unit's filter.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import broker
import container
import harness
import receiver
import records

DEBIAN = harness.ROOT / "deploy" / "debian"
UNIT = DEBIAN / "keywatch.service"
EXPOSURE = "1.2"  # docs/deploy.md says so
USER = 61000      # as DynamicUser would give: none that the root knows


def run(*command, check=True, **options):
    result = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False, **options)
    if check and result.returncode != 0:
        raise AssertionError(f"{command} ended with {result.returncode}:\n{result.stdout[-4000:]}")
    return result


def package(folder, version=None):
    """Path of the .deb that CPack makes of the program that was built here."""
    tree = pathlib.Path(harness.tool("KEYWATCH_BIN")).parent.parent
    more = ["-R", version] if version else []
    run("cpack", "-G", "DEB", "-B", folder, *more, cwd=tree)
    return next(folder.glob(f"keywatch_{version or ''}*.deb"))


def setting(name):
    """The values of a key of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


def calls_of(group):
    """The system calls of a group such as @system-service."""
    found = set()
    for word in run("systemd-analyze", "syscall-filter", group).stdout.split("\n")[1:]:
        word = word.strip()
        if word.startswith("@"):
            found |= calls_of(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


class Tools(harness.TestCase):
    def test_lintian_has_nothing_to_say(self):
        result = run("lintian", "--allow-root", package(self.folder))
        self.assertEqual(result.stdout, "")

    def test_it_has_the_rules_and_dashboards_of_monitoring(self):
        listing = run("dpkg-deb", "-c", package(self.folder)).stdout
        for folder, shipped in (("deploy/prometheus", "prometheus"), ("deploy/grafana/dashboards", "dashboards")):
            files = sorted(file.name for file in (harness.ROOT / folder).iterdir())
            self.assertTrue(files)
            found = re.findall(rf" \./usr/share/keywatch/{shipped}/(\S+)$", listing, re.MULTILINE)
            self.assertEqual(sorted(found), files)

    def test_man_page(self):
        page = self.folder / "keywatch.1"
        program = harness.tool("KEYWATCH_BIN")
        page.write_text(run(DEBIAN / "man.py", program).stdout, encoding="utf-8")
        self.assertEqual(run("mandoc", "-T", "lint", "-W", "warning", page).stdout, "")
        text = page.read_text(encoding="utf-8")
        for line in run(program, "--help").stdout.split("Subcommands:")[1].split("\n"):
            if line.strip():
                self.assertIn(f"\n.Ss {line.split()[0]}", text)

    def test_completions(self):
        path = f"{os.path.dirname(harness.tool('KEYWATCH_BIN'))}:{os.environ['PATH']}"
        for words, wanted in ((["keywatch", "ru"], "run rules"), (["keywatch", "rules", ""], "check test coverage docs sweep"),
                              (["keywatch", "replay", "x.jsonl", "--ru"], "--rules")):
            script = (f"source {DEBIAN}/keywatch.bash; COMP_WORDS=({' '.join(map(repr, words))}); "
                      f"COMP_CWORD={len(words) - 1}; _keywatch; echo \"${{COMPREPLY[@]}}\"")
            found = run("bash", "-c", script, env={**os.environ, "PATH": path}).stdout.strip()
            self.assertEqual(found, wanted)
            script = f"source {DEBIAN}/keywatch.fish; complete -C '{' '.join(words)}'"
            found = run("fish", "--no-config", "-c", script, env={**os.environ, "PATH": path},
                        cwd=self.folder).stdout
            names = {line.split("\t")[0] for line in found.splitlines()}
            self.assertLessEqual(set(wanted.split()), names)
        run("zsh", "-n", DEBIAN / "_keywatch")


class Unit(harness.TestCase):
    def test_systemd_takes_it(self):
        copy = self.folder / "keywatch.service"
        copy.write_text(UNIT.read_text().replace("/usr/bin/keywatch", "/bin/true"), encoding="utf-8")
        # A misspelt key is only printed: nothing may be.
        self.assertEqual(run("systemd-analyze", "verify", "--man=no", copy).stdout, "")
        text = run("systemd-analyze", "security", "--offline=true", "--threshold=15", copy).stdout
        self.assertIn(f"exposure level for keywatch.service: {EXPOSURE} ", text)

    def test_what_keywatch_does_is_allowed(self):
        """System calls, socket families, and no memory that is writable and executable."""
        allowed, denied = calls_of("@system-service"), set()
        self.assertEqual(setting("SystemCallFilter"), ["@system-service", "~@privileged @resources"])
        for group in ("@privileged", "@resources"):
            denied |= calls_of(group)
        trace = self.folder / "trace"
        lines = self.traced(trace)
        used = {match.group(1) for match in (re.match(r"\d+ +(\w+)\(", line) for line in lines) if match}
        self.assertGreater(len(used), 30)
        self.assertEqual(used - (allowed - denied), set())
        families = set(re.findall(r" socket\((AF_\w+)", "\n".join(lines)))
        # The C library asks netlink for addresses, and does without it when refused.
        self.assertLessEqual(families - {"AF_NETLINK"}, set(setting("RestrictAddressFamilies")[0].split()))
        both = [line for line in lines if re.search(r"PROT_WRITE\|PROT_EXEC", line)]
        self.assertEqual(both, [])

    def traced(self, trace):
        """The lines that strace wrote of a keywatch that read, alerted, served and stopped."""
        drop = self.folder / "records.jsonl"
        drop.touch()
        # As the unit does: not as root, for whom SQLite makes a system call more.
        program = shutil.copy(harness.tool("KEYWATCH_BIN"), self.folder)
        shutil.copytree(harness.RULES, self.folder / "rules")
        os.chown(self.folder, USER, USER)
        with receiver.Receiver() as hook:
            service = harness.Keywatch(self.folder, {
                "version": 1, "data_dir": str(self.folder / "data"),
                "rules": {"paths": [str(self.folder / "rules")]},
                "sources": [
                    {"type": "file", "paths": [str(drop)]},
                    {"type": "kafka", "brokers": [f"localhost:{broker.free_ports(1)[0]}"],
                     "topics": ["none"], "group_id": "none"}],
                "sinks": [{"type": "webhook", "url": hook.url}, {"type": "console"}],
                "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
                "snapshot": {"interval": "100ms"}})
            with open(service.log, "ab") as log:
                service.process = subprocess.Popen(
                    ["strace", "-f", "-qq", "-o", trace, program, "run", "--config", service.config],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=USER, group=USER,
                    extra_groups=[])
            harness.wait_for(lambda: service.alive() and service.get("/healthz")[0] == 200, "it serves")
            with open(drop, "a", encoding="utf-8") as file:
                file.write(json.dumps(records.record(int(time.time() * 1000), "SecretPurge")) + "\n")
            harness.wait_for(lambda: hook.accepted, "the alert")
            child = int(trace.read_text().split(maxsplit=1)[0])
            os.kill(child, 15)
            self.assertEqual(service.process.wait(timeout=30), 0)
        return trace.read_text(errors="replace").splitlines()


class Page(harness.TestCase):
    """The examples of docs/deploy.md."""

    def blocks(self, language):
        text = (harness.ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
        return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    def test_configurations(self):
        (self.folder / "eventhubs").write_text("Endpoint=sb://contoso/;SharedAccessKey=x\n")
        blocks = self.blocks("yaml")
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            file = self.folder / "keywatch.yaml"
            file.write_text(block, encoding="utf-8")
            run(harness.tool("KEYWATCH_BIN"), "config", "check", file,
                env={**os.environ, "CREDENTIALS_DIRECTORY": str(self.folder)})

    def test_drop_in(self):
        unit = self.folder / "keywatch.service"
        unit.write_text(UNIT.read_text().replace("/usr/bin/keywatch", "/bin/true"), encoding="utf-8")
        folder = self.folder / "keywatch.service.d"
        folder.mkdir()
        (folder / "override.conf").write_text("".join(self.blocks("ini")), encoding="utf-8")
        self.assertEqual(run("systemd-analyze", "verify", "--man=no", unit).stdout, "")

    def test_figure_and_files(self):
        text = (harness.ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
        self.assertIn(f"an exposure of **{EXPOSURE}**", text)
        for path in re.findall(r"`((?:deploy|tests)/[\w./-]+)`", text):
            self.assertTrue((harness.ROOT / path).exists(), path)


class FreshRoot(harness.TestCase):
    """A Debian 12 that has nothing of this machine but its package lists' addresses."""

    def setUp(self):
        super().setUp()
        self.root = self.folder / "root"
        self.root.mkdir()
        run("tar", "-xf", container.debian_root(), "-C", self.root)
        shutil.copy(pathlib.Path("/etc/resolv.conf").resolve(), self.root / "etc" / "resolv.conf")
        self.state = self.root / "var" / "lib" / "private" / "keywatch"

    def inside(self, *command, check=True):
        return run("chroot", self.root, "env", "DEBIAN_FRONTEND=noninteractive", *command, check=check)

    def install(self, deb):
        shutil.copy(deb, self.root / "tmp" / "keywatch.deb")
        self.inside("apt-get", "install", "-y", "-q", "--no-install-recommends",
                    "-o", "Dpkg::Options::=--force-confdef", "/tmp/keywatch.deb")

    def alerts(self):
        """Ids of the alerts that it wrote."""
        file = self.state / "alerts.jsonl"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return [json.loads(line)["id"] for line in text.splitlines() if line.endswith("}")]

    def live(self, caller):
        """Runs the service as the unit would until one more alert is there."""
        before = len(self.alerts())
        lines = [json.dumps(records.record(int(time.time() * 1000), "SecretGet", 403, caller,
                                           records.address_of(caller), f"{caller}-{i}"))
                 for i in range(20)]
        with open(self.root / "drop" / "records.jsonl", "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        command = setting("ExecStart")[0].split()
        log = self.folder / "service.log"
        with open(log, "ab") as out:
            service = subprocess.Popen(
                ["chroot", f"--userspec={USER}:{USER}", self.root, *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            harness.wait_for(lambda: len(self.alerts()) > before or service.poll() is not None,
                             "an alert")
        finally:
            service.terminate()
            code = service.wait(timeout=30)
        self.assertEqual(code, 0, log.read_text(errors="replace")[-2000:])
        return len(self.alerts()) - before

    def test_install_upgrade_remove_purge(self):
        began = time.monotonic()
        self.inside("apt-get", "update", "-q")
        self.install(package(self.folder / "first"))
        print(f"\ninstalled in a fresh root in {time.monotonic() - began:.1f} s")
        self.assertEqual(self.inside("keywatch", "version").stdout.split()[0], "keywatch")
        self.inside("keywatch", "config", "check", "/etc/keywatch/keywatch.yaml")
        self.assertFalse((self.root / "etc/systemd/system/multi-user.target.wants").is_dir()
                         and list((self.root / "etc/systemd/system/multi-user.target.wants")
                                  .glob("keywatch*")), "it is enabled by the installation")

        # As DynamicUser and StateDirectory make it.
        self.state.mkdir(parents=True)
        os.chown(self.state, USER, USER)
        (self.root / "var/lib/keywatch").symlink_to("private/keywatch")
        os.chmod(self.state.parent, 0o755)  # systemd's mount namespace lets the service pass
        (self.root / "drop").mkdir()
        config = self.root / "etc/keywatch/keywatch.yaml"
        mine = {"version": 1, "data_dir": "/var/lib/keywatch",
                "rules": {"paths": ["/usr/share/keywatch/rules", "/etc/keywatch/rules"]},
                "sources": [{"type": "file", "paths": ["/drop/*.jsonl"]}],
                "sinks": [{"type": "file", "path": "/var/lib/keywatch/alerts.jsonl"}],
                "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
                "snapshot": {"interval": "100ms"}}
        config.write_text(json.dumps(mine), encoding="utf-8")
        self.assertGreater(self.live(caller=1), 0)
        first = self.alerts()

        self.install(package(self.folder / "second", "9.9.9"))
        self.assertEqual(self.inside("dpkg-query", "-W", "-f", "${Version}", "keywatch").stdout, "9.9.9")
        self.assertEqual(json.loads(config.read_text()), mine)
        self.assertGreater(self.live(caller=2), 0)
        after = self.alerts()
        self.assertEqual(after[:len(first)], first)
        self.assertEqual(len(set(after)), len(after))  # nothing was read twice: state was kept

        self.inside("apt-get", "remove", "-y", "-q", "keywatch")
        self.assertFalse((self.root / "usr/bin/keywatch").exists())
        self.assertEqual(json.loads(config.read_text()), mine)
        self.assertEqual(self.alerts(), after)
        self.inside("apt-get", "purge", "-y", "-q", "keywatch")
        for gone in ("etc/keywatch", "var/lib/keywatch", "var/lib/private/keywatch"):
            self.assertFalse(os.path.lexists(self.root / gone), gone)


def need():
    for tool in ("cpack", "lintian", "mandoc", "strace", "fish", "zsh", "systemd-analyze"):
        if shutil.which(tool) is None:
            raise broker.MissingPeer(f"no {tool} on PATH: run deploy/install-packages.sh test")
    container.debian_root()


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[need])
