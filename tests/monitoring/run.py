#!/usr/bin/env python3
"""Checks what watches Sotto: alert rules and their tests, and dashboards. What promtool says of the metrics of running
programs: tests/operations/metrics_test.cpp.
"""
import glob
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = ROOT / "helm/sotto/files"
problems = []


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        problems.append(f"promtool {' '.join(arguments[:2])}:\n{done.stdout}{done.stderr}")


def known_metrics():
    """All that the programs show, as the tests of their names keep them, and what the prober shows."""
    names = set()
    for path in glob.glob(str(ROOT / "tests/operations/metrics/*")):
        names |= set(re.findall(r"\b(?:smp|process)_[a-z0-9_]+", Path(path).read_text()))
    for page in ("docs/operations.md", "docs/cli.md"):
        names |= set(re.findall(r"\bsmp_[a-z0-9_]+", (ROOT / page).read_text()))
    return names


def expressions():
    """Each expression of dashboards and rules, with the file that has it."""
    def walk(node, file):
        if isinstance(node, dict):
            if isinstance(node.get("expr"), str):
                yield file, node["expr"]
            for child in node.values():
                yield from walk(child, file)
        elif isinstance(node, list):
            for child in node:
                yield from walk(child, file)

    for path in sorted(FILES.glob("dashboards/*.json")):
        yield from walk(json.loads(path.read_text()), path.name)
    for path in sorted(FILES.glob("rules/*.yaml")):
        yield path.name, path.read_text()


def check_names():
    known = known_metrics()
    for file, expression in expressions():
        for name in re.findall(r"\b(?:smp|process)_[a-z0-9_]+", expression):
            if name not in known and re.sub(r"_(bucket|sum|count)$", "", name) not in known:
                problems.append(f"{file}: no program shows {name}")


def check_runbooks():
    for path in sorted(FILES.glob("rules/*.yaml")):
        text = path.read_text()
        alerts = re.findall(r"- alert: (\S+)", text)
        pages = re.findall(r"runbook_url:.*/docs/runbooks/([\w-]+\.md)", text)
        if len(alerts) != len(pages):
            problems.append(f"{path.name}: {len(alerts)} alerts have {len(pages)} runbooks")
        for page in pages:
            if not (ROOT / "docs/runbooks" / page).exists():
                problems.append(f"{path.name}: there is no docs/runbooks/{page}")


def main():
    promtool("check", "rules", *map(str, sorted(FILES.glob("rules/*.yaml"))))
    os.chdir(ROOT / "tests/monitoring")
    promtool("test", "rules", *sorted(glob.glob("*.yaml")))
    check_names()
    check_runbooks()
    dashboards = subprocess.run([ROOT / "scripts/generate-dashboards", "--check"], capture_output=True, text=True)
    if dashboards.returncode != 0:
        problems.append(dashboards.stdout + dashboards.stderr)
    for problem in problems:
        print(problem)
    print(f"monitoring: {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
