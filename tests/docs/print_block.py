#!/usr/bin/env python3
"""Prints the commands of one block, for who runs them elsewhere: print_block.py PAGE SCENE/STEP."""

import pathlib
import sys

import blocks

page, wanted = sys.argv[1:]
[found] = [block for block in blocks.blocks(page, pathlib.Path(page).read_text()) if f"{block.scene}/{block.step}" == wanted]
print(blocks.commands(found)[0][0], end="")
