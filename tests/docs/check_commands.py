#!/usr/bin/env python3
"""Fails when a command that a page shows does not print what the page shows.

    check_commands.py KEYWATCH [--update]

Of every page below docs/, the ```console blocks: lines that begin with `$ ` are run, in order, in one
folder for the page, which holds `rules`; what follows a command is its standard output. A command may
go on in the next line after a backslash. Commands without output show none. --update writes the
output into the pages.
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(block):
    """[(lines of the command, the shell's text)] of a block."""
    found, going_on = [], False
    for line in block.splitlines():
        if line.startswith("$ ") or going_on:
            if not going_on:
                found.append([])
            found[-1].append(line)
            going_on = line.endswith("\\")
    return [(lines, "\n".join(lines)[2:]) for lines in found]


def shown_anew(block, folder, environment):
    """The block with what its commands print now."""
    out = []
    for lines, text in commands(block):
        done = subprocess.run(["bash", "-c", text], cwd=folder, env=environment, text=True,
                              capture_output=True, check=False, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"{text}\nended with {done.returncode}: {done.stderr}")
        out += lines + done.stdout.splitlines()
    return "\n".join(out) + "\n"


def main():
    arguments = [word for word in sys.argv[1:] if word != "--update"]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    update = "--update" in sys.argv
    program = pathlib.Path(arguments[0]).resolve()
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    wrong = blocks = 0
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "rules").symlink_to(ROOT / "rules")
            anew = BLOCK.sub(lambda found: "```console\n"
                             + shown_anew(found.group(1), folder, environment) + "```", text)
        blocks += len(BLOCK.findall(text))
        if anew == text:
            continue
        if update:
            page.write_text(anew, encoding="utf-8")
            continue
        wrong += 1
        print("".join(difflib.unified_diff(text.splitlines(True), anew.splitlines(True),
                                           str(page.relative_to(ROOT)), "what it prints now")))
    if wrong:
        print(f"{sys.argv[0]} {program} --update writes it into the pages")
    if blocks == 0:
        print("no page shows a command: the pages or the pattern have changed")
    return 1 if wrong or blocks == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
