"""Containers without a Docker engine: podman and runc, set up so that they run where tests run.

Images, containers and their storage are under build/containers. image() builds deploy/Dockerfile's
final stage around the program that was built here, so that nothing is compiled twice: this machine is
the same Debian as the image. KEYWATCH_CONTAINER_COMPILE=1 builds the whole Dockerfile instead, on a
Debian root that mmdebstrap makes (minutes).
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import broker
import harness

FOLDER = harness.ROOT / "build" / "containers"
IMAGE = "localhost/keywatch:test"
PACKAGES = ("podman", "buildah", "runc")

# The cgroup v1 and v2 hierarchies may both be mounted, which crun refuses; without CAP_SYS_RESOURCE
# podman's own limits are refused; and all tools must agree on one storage driver.
STORAGE = """\
[storage]
driver = "overlay"
graphroot = "{folder}/graph"
runroot = "{folder}/run"
"""
ENGINE = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
"""


def environment():
    return {**os.environ, "CONTAINERS_STORAGE_CONF": str(FOLDER / "storage.conf"),
            "CONTAINERS_CONF": str(FOLDER / "containers.conf"), "BUILDAH_ISOLATION": "chroot"}


def run(*command, check=True, **options):
    """Runs podman or buildah; the CompletedProcess, its output as text."""
    result = subprocess.run(command, env=environment(), text=True, capture_output=True, check=False,
                            **options)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}"
                             f"{result.stderr}")
    return result


def podman(*arguments, **options):
    return run("podman", *arguments, **options)


def set_up():
    """Writes the settings; raises MissingPeer when a tool is not there."""
    for tool in PACKAGES:
        if shutil.which(tool) is None:
            raise broker.MissingPeer(f"no {tool} on PATH: run deploy/install-packages.sh test")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "storage.conf").write_text(STORAGE.format(folder=FOLDER), encoding="utf-8")
    (FOLDER / "containers.conf").write_text(ENGINE, encoding="utf-8")


def check():
    """Raises MissingPeer when no container can be run here; otherwise IMAGE is there afterwards."""
    set_up()
    image()
    trial = podman("run", "--rm", "--network=none", IMAGE, "version", check=False)
    if trial.returncode != 0:
        raise broker.MissingPeer(f"this machine runs no container at all:\n{trial.stderr}")


def final_stage(dockerfile):
    """The last stage of a Dockerfile, as a Dockerfile."""
    text = dockerfile.read_text(encoding="utf-8")
    return text[text.rindex("\nFROM ") + 1:]


def fingerprint():
    """Of everything that image() puts in: what was built before need not be built again."""
    digest = hashlib.sha256(os.environ.get("KEYWATCH_CONTAINER_COMPILE", "").encode())
    rules = sorted(file for file in (harness.ROOT / "rules").rglob("*") if file.is_file())
    for file in [harness.tool("KEYWATCH_BIN"), harness.ROOT / "deploy" / "Dockerfile",
                 harness.ROOT / "deploy" / "slim-root.sh", *rules]:
        digest.update(f"\n{file}\n".encode())
        digest.update(pathlib.Path(file).read_bytes())
    return digest.hexdigest()[:16]


def image():
    """Builds IMAGE, if it is not there."""
    mark = fingerprint()
    label = "{{index .Labels \"org.opencontainers.image.revision\"}}"
    if podman("image", "inspect", IMAGE, "--format", label, check=False).stdout.strip() == mark:
        return
    version = subprocess.run([harness.tool("KEYWATCH_BIN"), "version"], check=True, text=True,
                             capture_output=True).stdout.split()[1]
    labels = ["--build-arg", f"VERSION={version}", "--build-arg", f"REVISION={mark}"]
    dockerfile = harness.ROOT / "deploy" / "Dockerfile"
    if os.environ.get("KEYWATCH_CONTAINER_COMPILE") == "1":
        base = debian_image()
        run("buildah", "bud", "--layers", "--format", "docker", "--build-arg", f"BASE={base}", *labels,
            "-f", str(dockerfile), "-t", IMAGE, str(harness.ROOT))
        return
    stage = FOLDER / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    (stage / "context").mkdir(parents=True)
    subprocess.run([harness.ROOT / "deploy" / "slim-root.sh", harness.tool("KEYWATCH_BIN"),
                    harness.ROOT / "rules", stage / "slim"], check=True)
    (stage / "Dockerfile").write_text(final_stage(dockerfile), encoding="utf-8")
    run("buildah", "bud", "--format", "docker", *labels, "--build-context", f"build={stage}",
        "-f", str(stage / "Dockerfile"), "-t", IMAGE, str(stage / "context"))
    podman("image", "prune", "-f")  # those of earlier runs


def debian_root():
    """A tar of a fresh Debian 12, made once."""
    tar = FOLDER / "debian.tar"
    if not tar.exists():
        if shutil.which("mmdebstrap") is None:
            raise broker.MissingPeer("no mmdebstrap on PATH: run deploy/install-packages.sh test")
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = tar.with_suffix(".part.tar")
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates",
                        "bookworm", str(part)], check=True)
        part.rename(tar)
    return tar


def debian_image():
    name = "localhost/debian:bookworm-slim"
    if podman("image", "exists", name, check=False).returncode != 0:
        podman("import", "-q", str(debian_root()), name)
    return name


def image_of_program(name, program, folder, shared="/nowhere"):
    """An image of a program of this machine and its libraries: for peers that have Debian packages.

    It runs as nobody, who owns `folder`, a volume. `shared`: a folder of its package.
    """
    if shutil.which(program) is None:
        raise broker.MissingPeer(f"no {program} on PATH: run deploy/install-packages.sh test")
    context = FOLDER / "peer"
    shutil.rmtree(context, ignore_errors=True)
    path = shutil.which(program)
    listing = subprocess.run(["ldd", path], check=True, text=True, capture_output=True).stdout
    for file in [path] + re.findall(r"(/\S+) \(0x", listing):
        copy = context / "root" / file.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(os.path.realpath(file), copy)
    if os.path.isdir(shared):
        shutil.copytree(shared, context / "root" / shared.lstrip("/"), symlinks=True)
    (context / "root" / folder.lstrip("/")).mkdir(parents=True)
    (context / "Dockerfile").write_text(
        f"FROM scratch\nCOPY --chown=65534:65534 root/ /\nUSER 65534:65534\nVOLUME {folder}\n"
        f"ENTRYPOINT [\"{path}\"]\n", encoding="utf-8")
    run("buildah", "bud", "--format", "docker", "-t", name, str(context))


class Container:
    """One container, removed at the end of a `with`. `arguments` are podman run's, before the image."""

    def __init__(self, name, arguments, command):
        self.name = name
        podman("rm", "-f", "-i", name)
        podman("run", "-d", "--name", name, *arguments, IMAGE, *command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        podman("rm", "-f", "-i", "-t", "1", self.name)

    def inspect(self, template):
        return podman("inspect", self.name, "--format", template).stdout.strip()

    def process(self):
        """/proc folder of its main process."""
        return pathlib.Path("/proc") / self.inspect("{{.State.Pid}}")

    def log(self):
        result = podman("logs", self.name, check=False)
        return result.stdout + result.stderr
