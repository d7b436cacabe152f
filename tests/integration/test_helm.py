#!/usr/bin/env python3
"""deploy/helm/keywatch: linted and rendered by the real Helm, checked against Kubernetes' schemas.

Where a Go of 1.24 or newer is, also scored by kube-score. With KEYWATCH_KUBERNETES=1 installed, upgraded
and uninstalled at a real API server (kubernetes/run.py), which takes about ten minutes to build.
"""
import json
import os
import re
import subprocess
import sys
import tarfile
import unittest

import broker
import config_schema
import harness
import helm_tools
import kube_score
import python_tools

CHART = harness.ROOT / "deploy" / "helm" / "keywatch"
VALUES = sorted((CHART / "ci").glob("*.yaml"))
VALIDATE = "kubernetes-validate==1.37.0"
# Who is known to the tests only: the environment that the configurations refer to.
ENVIRONMENT = {"POD_NAME": "keywatch-0", "GROUP": "keywatch"}


def run(*command, stdin=None, check=True, **environment):
    result = subprocess.run(command, input=stdin, text=True, capture_output=True, check=False,
                            env={**os.environ, **environment})
    if check and result.returncode != 0:
        raise AssertionError(f"{command} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


def render(values, *more):
    return run(helm_tools.helm(), "template", "kw", CHART, "-n", "security", "-f", values, *more).stdout


class Chart(harness.TestCase):
    def documents(self, values, *more):
        """The manifests as YAML texts, by kind and name."""
        found = {}
        for text in re.split(r"^---\n", render(values, *more), flags=re.MULTILINE):
            kind = re.search(r"^kind: (\S+)", text, re.MULTILINE)
            if kind:
                name = re.search(r"^metadata:\n(?:  #.*\n)?  name: (\S+)", text, re.MULTILINE)
                found[kind.group(1), name.group(1)] = text
        return found

    def test_lint(self):
        for values in VALUES:
            run(helm_tools.helm(), "lint", "--strict", CHART, "-f", values)

    def test_schemas(self):
        validate = python_tools.program("kubernetes-validate", VALIDATE)
        file = self.folder / "out.yaml"
        for values in VALUES:
            file.write_text(render(values), encoding="utf-8")
            run(validate, "-k", "1.33", "--strict", file)
        file.write_text(file.read_text().replace("readOnlyRootFilesystem", "readonlyRootFilesystem"))
        self.assertNotEqual(run(validate, "-k", "1.33", "--strict", file, check=False).returncode, 0)

    def test_kube_score_finds_nothing_critical(self):
        try:
            kube_score.program()
        except broker.MissingPeer as missing:
            self.skipTest(f"the chart is not scored: {missing}")
        for values in VALUES:
            text = render(values)
            self.assertEqual(kube_score.critical(text), [], values.name)
            self.assertIn("readOnlyRootFilesystem: true", text)
            writable = text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
            self.assertNotEqual(kube_score.critical(writable), [], values.name)

    def test_what_each_values_file_makes(self):
        minimal = self.documents(CHART / "ci" / "minimal.yaml")
        self.assertEqual({kind for kind, _ in minimal},
                         {"NetworkPolicy", "PodDisruptionBudget", "ServiceAccount", "ConfigMap",
                          "Service", "StatefulSet", "Pod"})
        everything = self.documents(CHART / "ci" / "everything.yaml")
        self.assertIn(("Secret", "kw"), everything)
        self.assertIn("emptyDir", everything["StatefulSet", "kw"])
        self.assertNotIn("volumeClaimTemplates", everything["StatefulSet", "kw"])
        hubs = self.documents(CHART / "ci" / "eventhubs.yaml")
        self.assertTrue({"ServiceMonitor", "PrometheusRule"} < {kind for kind, _ in hubs})
        self.assertIn("keywatch@sha256:", hubs["StatefulSet", "kw-keywatch"])

    def test_every_pod_is_locked_down(self):
        for values in VALUES:
            for (kind, name), text in self.documents(values).items():
                if kind not in ("StatefulSet", "Pod"):
                    continue
                for line in ("readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false",
                             "runAsNonRoot: true", "runAsUser: 10001", "drop: [ALL]",
                             "type: RuntimeDefault", "automountServiceAccountToken: false"):
                    self.assertIn(line, text, f"{values.name}: {kind} {name}")

    def test_keywatch_takes_the_configuration(self):
        for values in VALUES:
            documents = self.documents(values)
            config = next(text for (kind, name), text in documents.items()
                          if kind == "ConfigMap" and "\n  keywatch.yaml: |\n" in text)
            text = config.split("\n  keywatch.yaml: |\n")[1]
            file = self.folder / values.name
            file.write_text("\n".join(line[4:] for line in text.splitlines()), encoding="utf-8")
            # Files of Secrets are in the pod only: stand-ins, so that they can be read.
            secrets = self.folder / "secrets"
            changed = file.read_text().replace("/run/secrets", str(secrets))
            for path in re.findall(rf"{secrets}\S+", changed):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as secret:
                    secret.write("whsec_bm90IGEgc2VjcmV0LCBvbmx5IGEgdGVzdC4uLg==\n")
            file.write_text(changed, encoding="utf-8")
            run(harness.tool("KEYWATCH_BIN"), "config", "check", file, **ENVIRONMENT)
            found = config_schema.mistakes({values.name: changed})
            self.assertEqual(found, {values.name: []})

    def test_rules_of_the_values_load(self):
        text = self.documents(CHART / "ci" / "everything.yaml")["ConfigMap", "kw-rules"]
        rule = self.folder / "one.yaml"
        body = text.split("\n  one.yaml: |\n")[1]
        rule.write_text("\n".join(line[4:] for line in body.splitlines()), encoding="utf-8")
        run(harness.tool("KEYWATCH_BIN"), "rules", "check", rule)

    def test_watchlists_of_the_values_stand_for_those_of_the_image(self):
        documents = self.documents(CHART / "ci" / "everything.yaml")
        folder = self.folder / "site"
        folder.mkdir()
        text = documents["ConfigMap", "kw-watchlists"]
        for name, body in re.findall(r"^  (known\.\w+): \|\n((?: {4}.*\n?)+)", text, re.MULTILINE):
            lines = [line[4:] for line in body.splitlines()]
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        rule = harness.ROOT / "rules" / "keyvault" / "break_glass_used.yaml"
        run(harness.tool("KEYWATCH_BIN"), "rules", "check", rule, "--watchlists", folder)
        (folder / "known.csv").write_text("ObjectId,Name,Expires,Reason\nhere,,2027-01-01,x\n", encoding="utf-8")
        result = run(harness.tool("KEYWATCH_BIN"), "rules", "check", rule, "--watchlists", folder, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("there is no watchlist: BreakGlassPrincipals", result.stdout)
        self.assertIn("mountPath: /etc/keywatch/site-watchlists", documents["StatefulSet", "kw"])
        self.assertIn("- /etc/keywatch/site-watchlists", documents["ConfigMap", "kw"])
        self.assertNotIn("watchlists", render(CHART / "ci" / "minimal.yaml"))

    def test_alert_rules_load(self):
        rules = self.documents(CHART / "ci" / "eventhubs.yaml")["PrometheusRule", "kw-keywatch"]
        groups = rules[rules.index("\n  groups:") + 1:]
        file = self.folder / "rules.yaml"
        file.write_text("\n".join(line[2:] for line in groups.splitlines()) + "\n", encoding="utf-8")
        run("promtool", "check", "rules", file)
        shipped = (harness.ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text(encoding="utf-8")
        names = re.findall(r"- alert: (\w+)", shipped)
        self.assertEqual(sorted(re.findall(r"alert: (\w+)", rules)), sorted(names))
        self.assertIn("record: sink:keywatch_sink_failures:ratio_rate5m\n", rules)
        self.assertEqual(rules.count("https://docs.example.com/keywatch/docs/operating.md#"), len(names))

    def test_dashboards_are_those_of_grafana(self):
        text = self.documents(CHART / "ci" / "eventhubs.yaml")["ConfigMap", "kw-keywatch-dashboards"]
        files = sorted((harness.ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
        self.assertEqual(re.findall(r"^  (\w+\.json): \|", text, re.MULTILINE), [file.name for file in files])
        for file in files:
            part = text.split(f"\n  {file.name}: |\n")[1]
            body = "\n".join(line[4:] for line in re.match(r"(?: {4}.*\n?)+", part).group(0).splitlines())
            self.assertEqual(json.loads(body), json.loads(file.read_text(encoding="utf-8")))

    def test_a_packed_chart_holds_what_it_links_to(self):
        run(helm_tools.helm(), "package", CHART, "-d", self.folder)
        with tarfile.open(next(self.folder.glob("*.tgz"))) as archive:
            members = {one.name: one for one in archive.getmembers()}
        for name in ("prometheus/alerts.yaml", "prometheus/recording.yaml", "dashboards/security.json"):
            self.assertTrue(members[f"keywatch/files/{name}"].isfile(), name)

    def test_mistakes_are_refused(self):
        minimal = CHART / "ci" / "minimal.yaml"
        for setting, wanted in (("persistense.enabled=false", "persistense"),
                                ("service.port=99999", "service"),
                                ("config.data_dir=/x", "config"),
                                ("config.sources=null", "config.sources is empty")):
            result = run(helm_tools.helm(), "template", CHART, "-f", minimal, "--set", setting, check=False)
            self.assertNotEqual(result.returncode, 0, setting)
            self.assertIn(wanted, result.stderr)

    def test_another_configuration_makes_another_pod(self):
        sums = {re.search(r"checksum/config: (\w+)", render(CHART / "ci" / "minimal.yaml", *more)).group(1)
                for more in ((), ("--set", "config.log.level=debug"))}
        self.assertEqual(len(sums), 2)


if os.environ.get("KEYWATCH_KUBERNETES") == "1":
    class Cluster(unittest.TestCase):
        def test_api_server(self):
            script = harness.ROOT / "tests" / "integration" / "kubernetes" / "run.py"
            subprocess.run([sys.executable, script], check=True)


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[helm_tools.folder])
