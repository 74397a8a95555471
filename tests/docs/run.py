#!/usr/bin/env python3
"""Runs the commands of README.md and of the pages in docs/, and compares what they print with what the pages show.

Every block of commands says what becomes of it (blocks.py); one that does not is a failure. Blocks of one scene are run in order, on
one scratch machine (scene.py); those of the scenes `containers` and `cluster` by scripts/test-containers and scripts/test-cluster
(print_block.py).

Usage: run.py PROGRAMS [SCENE…]   (the folder of the programs)
"""

import collections
import pathlib
import sys
import time

import blocks
import command_line
import one_host
import platforms
import scene

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ELSEWHERE = ("containers", "cluster")
SCENES = command_line.SCENES | one_host.SCENES | platforms.SCENES


def read():
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        yield from blocks.blocks(str(path.relative_to(ROOT)), path.read_text())


def run_scene(name, listed, programs):
    """The number of blocks that fail. After the first one the rest of the scene means nothing."""
    kind = SCENES[name]
    listed.sort(key=lambda block: block.page not in kind.pages)
    here = kind(programs)
    try:
        try:
            here.set_up()
        except (scene.Failure, SystemExit) as problem:
            print(f"{name}: {problem}")
            return len(listed)
        for i, block in enumerate(listed):
            start = time.monotonic()
            try:
                here.run(block)
            except (scene.Failure, SystemExit) as problem:
                print(f"{block.place}: {name}/{block.step}: {problem}")
                if listed[i + 1:]:
                    print(f"{block.place}: {len(listed) - i - 1} more blocks of {name} are not run after this")
                return len(listed) - i
            print(f"ok {time.monotonic() - start:5.1f} s  {name}/{block.step}  {block.place}")
        return 0
    finally:
        here.close()


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:] or list(SCENES)
    problems, left, elsewhere = 0, 0, 0
    of_scene = collections.defaultdict(list)
    for block in read():
        if block.kind == "run" and block.scene in SCENES:
            of_scene[block.scene].append(block)
        elif block.kind == "run" and block.scene in ELSEWHERE:
            elsewhere += 1
        elif block.kind == "run":
            print(f"{block.place}: there is no scene {block.scene}")
            problems += 1
        elif block.kind == "not run":
            left += 1
        elif block.is_shell:
            print(f"{block.place}: says neither <!-- run: SCENE/STEP --> nor <!-- not run: REASON -->; what is no command needs a language")
            problems += 1
    count = 0
    for name in wanted:
        count += len(of_scene[name])
        problems += run_scene(name, of_scene[name], programs)
    print(f"docs: {count} blocks run, {elsewhere} are run by make test-containers and test-cluster, {left} not run for the reasons that they give, "
          f"{problems} problems")
    sys.exit(1 if problems else 0)


main()
