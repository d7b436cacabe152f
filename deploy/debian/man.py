#!/usr/bin/env python3
"""keywatch(1) in mdoc, from what the program says of itself with --help: man.py PROGRAM > keywatch.1"""
import re
import subprocess
import sys

HEAD = """\
.Dd {date}
.Dt KEYWATCH 1
.Os
.Sh NAME
.Nm keywatch
.Nd real-time detection for Azure Key Vault and Managed HSM audit logs
.Sh SYNOPSIS
.Nm
.Ar command
.Op Ar options
.Sh DESCRIPTION
.Nm
reads audit records, evaluates Microsoft Sentinel analytics rules (YAML with KQL inside) continuously,
and raises alerts.
.Sh COMMANDS
"""
TAIL = """\
.Sh SIGNALS
The first
.Dv SIGTERM
or
.Dv SIGINT
asks for a clean stop: deliveries are given some seconds, state is saved, the exit status is 0.
The second one ends
.Nm
at once with 128 and the number of the signal; nothing is lost.
.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/keywatch/keywatch.yaml
The configuration of the service.
.It Pa /etc/keywatch/rules
Rule files of this machine.
.It Pa /etc/keywatch/watchlists
Watchlists of this machine.
They stand in place of those of the package that have the same alias.
.It Pa /usr/share/keywatch/rules
Rule files and watchlists of the package.
.It Pa /usr/share/keywatch/prometheus
Alert rules and recording rules for Prometheus.
.It Pa /usr/share/keywatch/dashboards
Dashboards for Grafana.
.It Pa /usr/share/doc/keywatch/examples/config.example.yaml
Every key of the configuration, with its default.
.It Pa /var/lib/keywatch
State: snapshots, alerts that are owed, dead letters.
.El
.Pp
The service runs as a user that exists only while it runs
.Pq Dq DynamicUser
and reads secrets as credentials of systemd.
With
.Bd -literal -offset indent
[Service]
LoadCredential=eventhubs:/etc/keywatch/secrets/eventhubs
.Ed
.Pp
in
.Ql systemctl edit keywatch
a file of root's is at
.Pa ${{CREDENTIALS_DIRECTORY}}/eventhubs ,
and the configuration may say exactly that where it takes the name of a file.
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
Done; the service was told to stop.
.It 1
Checks failed.
.It 2
Usage or rule error.
.It 3
Configuration error.
.It 4
Runtime failure.
.El
.Sh EXAMPLES
.Dl keywatch config check /etc/keywatch/keywatch.yaml
.Dl keywatch replay records.jsonl --rules /usr/share/keywatch/rules
.Sh AUTHORS
.An The authors of keywatch
"""


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def help_of(program, words):
    return subprocess.run([program, *words, "--help"], check=True, text=True,
                          capture_output=True).stdout


def sections(text):
    """(what it is for, {heading: [(term, explanation)]}) of a page that CLI11 wrote."""
    about, _, rest = text.partition("\nUsage:")
    found, heading = {}, None
    for line in rest.splitlines()[1:]:
        if re.match(r"\S.*:$", line):
            heading = line[:-1]
            found[heading] = []
        elif heading and re.match(r" {2}\S", line):
            term, _, explanation = line.strip().partition("  ")
            found[heading].append([term, explanation.strip()])
        elif heading and line.strip() and found[heading]:
            entry = found[heading][-1]
            entry[1] = f"{entry[1]} {line.strip()}".strip()
    return about.strip(), found


def command(program, words):
    """The lines of one command, and of those below it."""
    about, parts = sections(help_of(program, words))
    below = parts.pop("Subcommands", [])
    lines = []
    if words:
        lines += [f".Ss {escaped(' '.join(words))}", escaped(about)]
        entries = [entry for part in parts.values() for entry in part
                   if not entry[0].startswith("-h,")]
        if entries:
            lines.append(".Bl -tag -width Ds")
            for term, explanation in entries:
                lines += [f".It {escaped(term)}", escaped(explanation or term)]
            lines.append(".El")
    for name, _ in below:
        lines += command(program, [*words, name])
    return lines


def main():
    if len(sys.argv) != 2:
        print("usage: man.py PROGRAM > keywatch.1", file=sys.stderr)
        return 2
    date = "January 1, 2026"  # the same program gives the same page
    print(HEAD.format(date=date) + "\n".join(command(sys.argv[1], [])) + "\n" + TAIL.format(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
