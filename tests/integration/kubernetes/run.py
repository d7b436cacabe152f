#!/usr/bin/env python3
"""The chart at a real Kubernetes API server: installed, upgraded, refused, uninstalled.

No kubelet: no pod runs. What is shown is that the API takes each object, strictly, and that a second
version can follow the first. build.sh makes the programs, which takes about ten minutes once.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import broker  # noqa: E402
import helm_tools  # noqa: E402

ROOT = HERE.parent.parent.parent
CHART = ROOT / "deploy" / "helm" / "keywatch"
PROGRAMS = broker.PEERS / "kubernetes"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: test, cluster: {{server: "https://127.0.0.1:{port}", insecure-skip-tls-verify: true}}}}]
users: [{{name: admin, user: {{token: tok}}}}]
contexts: [{{name: test, context: {{cluster: test, user: admin}}}}]
current-context: test
"""


def run(*command, check=True, stdin=None, **options):
    result = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                            check=False, input=stdin, **options)
    if check and result.returncode != 0:
        raise SystemExit(f"{command} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


@contextlib.contextmanager
def process(log, *command):
    with open(log, "wb") as out:
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(timeout=30)


@contextlib.contextmanager
def api_server(folder):
    """Yields the environment that helm and kubectl need."""
    client, peer, port = broker.free_ports(3)
    key = folder / "sa.key"
    run("openssl", "genrsa", "-out", key, "2048")
    (folder / "tokens.csv").write_text("tok,admin,1,system:masters\n", encoding="utf-8")
    config = folder / "kubeconfig"
    config.write_text(KUBECONFIG.format(port=port), encoding="utf-8")
    config.chmod(0o600)
    with process(folder / "etcd.log", "etcd", "--data-dir", folder / "etcd",
                 "--listen-client-urls", f"http://127.0.0.1:{client}",
                 "--advertise-client-urls", f"http://127.0.0.1:{client}",
                 "--listen-peer-urls", f"http://127.0.0.1:{peer}"), \
            process(folder / "api.log", PROGRAMS / "kube-apiserver",
                    f"--etcd-servers=http://127.0.0.1:{client}", f"--secure-port={port}",
                    "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
                    f"--cert-dir={folder / 'certs'}", f"--service-account-key-file={key}",
                    f"--service-account-signing-key-file={key}",
                    "--service-account-issuer=https://localhost",
                    "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=RBAC",
                    f"--token-auth-file={folder / 'tokens.csv'}",
                    "--disable-admission-plugins=ServiceAccount") as server:
        environment = {**os.environ, "KUBECONFIG": str(config), "HELM_CACHE_HOME": str(folder / "helm")}
        end = time.monotonic() + 90
        while run(helm_tools.kubectl(), "get", "--raw", "/readyz", check=False,
                  env=environment).returncode != 0:
            if server.poll() is not None or time.monotonic() > end:
                raise SystemExit((folder / "api.log").read_text(errors="replace")[-3000:])
            time.sleep(0.5)
        yield environment


def life_of_a_release(environment):
    helm, kubectl = helm_tools.helm(), helm_tools.kubectl()

    def ask(*command, **options):
        return run(*command, env=environment, **options)

    minimal, everything = CHART / "ci" / "minimal.yaml", CHART / "ci" / "everything.yaml"
    place = ["-n", "security", "--create-namespace"]
    for values in (minimal, everything):
        text = ask(helm, "template", "dry", CHART, "-f", values).stdout
        ask(kubectl, "apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text)
        wrong = text.replace("podManagementPolicy:", "podManagmentPolicy:")
        refused = ask(kubectl, "apply", "--dry-run=server", "--validate=strict", "-f", "-",
                      stdin=wrong, check=False)
        assert "unknown field" in refused.stderr, refused.stderr
    ask(helm, "install", "kw", CHART, *place, "-f", minimal)
    before = ask(kubectl, "-n", "security", "get", "statefulset", "kw-keywatch", "-o",
                 "jsonpath={.spec.template.metadata.annotations}").stdout
    ask(helm, "upgrade", "kw", CHART, *place, "-f", minimal, "--set", "config.log.level=debug",
        "--set", "rules.one\\.yaml=name: one")
    after = ask(kubectl, "-n", "security", "get", "statefulset", "kw-keywatch", "-o",
                "jsonpath={.spec.template.metadata.annotations}").stdout
    assert before != after and "checksum/config" in after, (before, after)
    ask(kubectl, "-n", "security", "get", "configmap", "kw-keywatch-rules")
    ask(helm, "rollback", "kw", "1", "-n", "security")
    gone = ask(kubectl, "-n", "security", "get", "configmap", "kw-keywatch-rules", check=False)
    assert gone.returncode != 0, "the rollback left the rules"
    ask(helm, "uninstall", "kw", "-n", "security")
    left = ask(kubectl, "-n", "security", "get", "-o", "name",
               "statefulset,service,pdb,networkpolicy,serviceaccount,configmap,secret").stdout.split()
    left = [name for name in left if "kw" in name]
    assert not left, left
    print("helm: installed, upgraded, rolled back and uninstalled at a real API server")


def main():
    for program in ("etcd", "openssl"):
        if shutil.which(program) is None:
            print(f"no {program} on PATH: apt-get install -y --no-install-recommends "
                  f"{'etcd-server' if program == 'etcd' else program}", file=sys.stderr)
            return 1
    run(HERE / "build.sh", PROGRAMS, "kube-apiserver")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keywatch-kubernetes-"))
    with api_server(folder) as environment:
        life_of_a_release(environment)
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
