#!/usr/bin/env python3
"""Fails when an example of a page names what does not exist, or does not load.

    check_examples.py KEYWATCH

Of README.md, docs/, the chart's README, CONTRIBUTING.md and SECURITY.md: each fenced block has a language,
and is judged by it. Shell: bash parses it; subcommands, options and values of keywatch are those of its
--help; files of this tree and presets exist; curl asks for paths that keywatch serves; az has only long
options (az itself is not run). Whole configurations are tests/unit/app/docs_examples_test.cc's, and the
output of ```console blocks is check_commands.py's. PLANTED are mistakes that must be found, each time.
"""
import configparser
import functools
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
PLANTED = [("sh", "keywatch run --confg k.yaml"), ("sh", "keywatch rules chek rules"),
           ("sh", "keywatch replay a.jsonl --format tabel"), ("sh", "echo \"$(date)"), ("", "x"),
           ("sh", "docker run keywatch generate --recods 5"), ("sh", "deploy/demo.sh --twice"),
           ("sh", "curl http://127.0.0.1:9464/api/v1/alert"), ("sh", "tests/runn.sh"),
           ("sh", "curl http://127.0.0.1:9464/v1/records"), ("sh", "x=$(az account show -o tsv)"),
           ("yaml", "http: {listn: a}"), ("json", "{"), ("sh", "cmake --preset relaese"),
           ("console", "$ keywatch verison\n0.1.0"), ("csv", "a,b\n1,2"), ("yaml", "a: b")]


@functools.cache
def described(program, *words):
    """(subcommands, {option: its values, or None}) that --help tells of."""
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True)
    commands = done.stdout.partition("\nSubcommands:\n")[2]
    options = re.findall(r"^  (?:-\w,)?(--[\w-]+)(?: \w+:\{(.*?)\})?", done.stdout, re.MULTILINE)
    return (re.findall(r"^  (\w+)", commands, re.MULTILINE),
            {name: values.split(",") if values else None for name, values in options}
            | dict.fromkeys(re.findall(r"^  (-\w),", done.stdout, re.MULTILINE)))


def keywatch_mistakes(program, words):
    """`words` follow `keywatch`. a|b are alternatives, [..] may be left out, UPPER CASE is a placeholder."""
    subcommands, options = described(program)
    path, wanted = [], []
    for word in (text.strip("[]") for text in words):
        if word.startswith("-") and word != "-":
            name, _, value = word.partition("=")
            if name not in options:
                yield f"keywatch {' '.join(path)} has no option {name}"
            wanted = options.get(name)
            word = value if value else ""
        elif subcommands:
            for one in word.split("|"):
                if one not in subcommands:
                    yield f"keywatch {' '.join(path)} has no subcommand {one}"
                    return
            path.append(word.split("|")[0])
            subcommands, options = described(program, *path)
            continue
        if word and wanted and not word.isupper():
            yield from (f"{one} is none of {wanted}" for one in word.split("|") if one not in wanted)
        wanted = wanted if not word else None


def routes(*folders):
    """(method, path) that the sources serve; the path ends with / where anything may follow."""
    sources = [file.read_text(encoding="utf-8") for folder in folders for file in (ROOT / folder).rglob("*.cc")]
    found = re.findall(r"server_?->(Get|Post)(?:Under)?\(\s*\"(/[^\"]*)\"", "\n".join(sources))
    return {(method.upper(), path) for method, path in found}


# By what listens: the page of http.listen, and a source of type http.
SERVED = {"9464": routes("app"), "9480": routes("connectors/push")}
EVERY_ROUTE = {route for served in SERVED.values() for route in served}


def is_served(method, path, served):
    return any(method == one and (path == where or where.endswith("/") and where != "/" and path.startswith(where))
               for one, where in served)


def curl_mistakes(words):
    method = "POST" if any(word.startswith("--data") for word in words) else "GET"
    urls = [re.match(r"https?://[^/:]+:(\d+)(/[^?]*)", word) for word in words if "://" in word]
    if not urls or None in urls:
        yield f"curl: no http://HOST:PORT/PATH in {words}"
        return
    for url in urls:
        if not is_served(method, url.group(2), SERVED.get(url.group(1), ())):
            yield f"no {method} {url.group(2)} at port {url.group(1)}: {sorted(SERVED.get(url.group(1), ()))}"


def simple_commands(text):
    """[[word..]..] of a shell text, those of $(..) too; assignments before a command left out."""
    lexer = shlex.shlex(text.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars=True)
    lexer.whitespace_split, commands = True, [[]]
    for word in lexer:
        if set(word) <= set("();|&") or word.endswith("$"):
            commands.append([])
        elif commands[-1] or not re.match(r"\w+=", word):
            commands[-1].append(word)
    return [words for words in commands if words]


def shell_mistakes(program, text):
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr:
        yield done.stderr
        return
    text = re.sub(r"(^|\s)#.*", "", text)
    commands = simple_commands(text)
    for words in commands:
        name = words[0].rsplit("/", 1)[-1]
        if name in ("docker", "podman") and "run" in words and words.count("keywatch"):
            place = len(words) - words[::-1].index("keywatch")
            yield from keywatch_mistakes(program, words[place:])
        elif name == "keywatch":
            yield from keywatch_mistakes(program, words[1:])
        elif name == "curl":
            yield from curl_mistakes(words[1:])
        elif name == "az":
            yield from (f"az: {word} is no --long-option" for word in words
                        if word.startswith("-") and not re.fullmatch(r"--[a-z][a-z-]+", word))
        for word in words:
            if re.match(r"(deploy|tests|docs|rules)/", word) and not list(ROOT.glob(word)):
                yield f"{word} is not there"
        script = ROOT / words[0]
        if re.match(r"(deploy|tests)/", words[0]) and script.is_file():  # build/ has programs, once built
            known = script.read_text(encoding="utf-8")
            yield from (f"{words[0]} does not know {word}" for word in words[1:]
                        if word.startswith("--") and word not in known)
    for preset in re.findall(r"--preset[ =](\S+)", text):
        if f'"name": "{preset}"' not in (ROOT / "CMakePresets.json").read_text(encoding="utf-8"):
            yield f"no preset {preset}"
    if len(re.findall(r"\baz [a-z]", text)) != sum(words[0] == "az" for words in commands):
        yield "an az command stands where this check does not see it (in quotes?)"


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def yaml_mistakes(program, page, text, folder):
    if re.search(r"^(sources|sinks|version):", text, re.MULTILINE):
        return []  # tests/unit/app/docs_examples_test.cc
    if re.match(r"http:", text):
        (folder / "token").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        config = ("version: 1\nsources: [{type: file, paths: a}]\nsinks: [{type: console}]\n"
                  + re.sub(r"/run/secrets/\w+", str(folder / "token"), text))
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        return run(program, "config", "check", folder / "config.yaml")
    if page == "docs/rule-tests.md":
        rule = ROOT / "rules" / "keyvault" / "repeated_403_by_caller.yaml"
        (folder / "example.test.yaml").write_text(f"rule: {rule}\n{text}", encoding="utf-8")
        return run(program, "rules", "test", folder / "example.test.yaml")
    return [] if page == "docs/watchlists.md" else ["nothing checks this YAML: see check_examples.py"]


def watchlist_mistakes(program, blocks, folder):
    """Of docs/watchlists.md: lists load with their rows, and each query as a rule that uses them."""
    lists, alias = folder / "lists", "KnownBackupAddresses"
    lists.mkdir()
    (lists / f"{alias}.yaml").write_text(blocks["yaml"][0], encoding="utf-8")
    (lists / "Ceremonies.yaml").write_bytes((ROOT / "rules/watchlists/Ceremonies.yaml").read_bytes())
    for name, rows in zip((alias, "Ceremonies"), blocks["csv"], strict=True):
        (lists / f"{name}.csv").write_text(rows, encoding="utf-8")
    shipped = (ROOT / "rules/keyvault/break_glass_used.yaml").read_text(encoding="utf-8")
    head = shipped[:shipped.index("query: |")]
    for number, query in enumerate(blocks["kusto"]):
        rule = folder / f"rule_{number}.yaml"
        rule.write_text(head + "version: 1.0.0\nquery: |\n" + textwrap.indent(query, "  "), encoding="utf-8")
        yield from run(program, "rules", "check", rule, "--watchlists", lists)


def block_mistakes(program, page, language, text):
    """[what is wrong] with one block."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if language == "sh":
            return list(shell_mistakes(program, text))
        if language == "console":
            typed = re.findall(r"^\$ ((?:.*\\\n)*.*)", text, re.MULTILINE)
            return list(shell_mistakes(program, "\n".join(typed)))
        if language == "yaml":
            return yaml_mistakes(program, page, text, folder)
        try:
            if language == "json":
                json.loads(text)
            elif language == "ini":
                configparser.ConfigParser().read_string(text)
        except (ValueError, configparser.Error) as error:
            return [str(error)]
        if language == "csv" and page == "docs/formats/tables.md":
            header = text.partition("\n")[0] + "\n"
            tables = (ROOT / "engine/record/tables").glob("*.csv")
            return [] if all(header in table.read_text(encoding="utf-8") for table in tables) else [header]
        known = ("json", "ini", "text") + (("csv", "kusto") if page == "docs/watchlists.md" else ())
        return [] if language in known else [f"nothing checks a block of {language or 'no language'}"]


def page_mistakes(program, file):
    """[(line, what is wrong)]"""
    page, text = str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")
    blocks = {}
    for found in BLOCK.finditer(text):
        body = textwrap.dedent(found.group(3))
        blocks.setdefault(found.group(2), []).append(body)
        for mistake in block_mistakes(program, page, found.group(2), body):
            yield text.count("\n", 0, found.start()) + 2, mistake
    if page == "docs/watchlists.md":
        with tempfile.TemporaryDirectory() as folder:
            yield from ((1, one) for one in watchlist_mistakes(program, blocks, pathlib.Path(folder)))
    if page == "docs/sinks/logs-ingestion.md":
        table = dict(re.findall(r" (\w+)=(\w+)", blocks["sh"][0].partition("--columns")[2].partition("\n\n")[0]))
        stream = dict(re.findall(r'"name": "(\w+)", "type": "(\w+)"', blocks["json"][0]))
        if not table or table != stream:
            yield 1, f"the table has not the columns of the stream: {table.items() ^ stream.items()}"
    for found in re.finditer(r"`keywatch ([^`]+)`", text):
        words = found.group(1).replace("\\|", "|").split(">")[0].split("&&")[0].split()
        for mistake in keywatch_mistakes(program, words):
            yield text.count("\n", 0, found.start()) + 1, mistake
    for found in re.finditer(r"\b(GET|POST) (/[\w/]+)", text):
        if not is_served(*found.groups(), EVERY_ROUTE):
            yield text.count("\n", 0, found.start()) + 1, f"{found.group(0)} is not served"


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    program = str(pathlib.Path(sys.argv[1]).resolve())
    wrong = [f"not found: {text!r}" for language, text in PLANTED
             if not block_mistakes(program, "planted", language, text)]
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
             ROOT / "deploy/helm/keywatch/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    wrong += [f"{file.relative_to(ROOT)}:{line}: {mistake}" for file in pages
              for line, mistake in page_mistakes(program, file)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
