"""Fenced blocks of pages, and the comment before each that says what becomes of it.

    <!-- run: SCENE/STEP, OPTION… -->     its commands are run in this scene; options: see Block
    <!-- not run: REASON -->              they are not
"""

import dataclasses
import re

FENCE = re.compile(r"(?P<before>(?:^[^\n]*\n)?)^```(?P<language>[\w-]*)\n(?P<text>.*?)^```$", flags=re.M | re.S)
MARKER = re.compile(r"<!-- (?P<kind>run|not run): (?P<rest>.+) -->\n")
SHELL = ("", "sh", "bash", "console")


@dataclasses.dataclass
class Block:
    page: str
    line: int
    language: str
    text: str
    kind: str = ""  # of the marker: "run" or "not run"; "": there is none
    scene: str = ""
    step: str = ""
    reason: str = ""
    exit_code: int = 0  # "exit N": of the last command
    compared: bool = True  # "output differs": what is printed depends on the machine
    without: str = ""  # "without COMMAND": the line that begins with this is not run

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    @property
    def is_shell(self):
        """A block without a language counts: what is no command says so."""
        return self.language in SHELL or re.search(r"^\$ ", self.text, flags=re.M) is not None


def blocks(page, text):
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start("language")) + 1
        block = Block(page, line, found["language"], found["text"])
        marker = MARKER.fullmatch(found["before"])
        if marker and marker["kind"] == "not run":
            block.kind, block.reason = "not run", marker["rest"]
        elif marker:
            block.kind = "run"
            where, *options = marker["rest"].split(", ")
            block.scene, _, block.step = where.partition("/")
            for option in options:
                if option == "output differs":
                    block.compared = False
                elif option.startswith("without "):
                    block.without = option.removeprefix("without ")
                elif re.fullmatch(r"exit \d+", option):
                    block.exit_code = int(option.split()[1])
                else:
                    raise SystemExit(f"{block.place}: what is meant by {option!r}?")
        yield block


def commands(block):
    """Pairs of a command and what the page says that it prints (None: nothing is said).

    With prompts each command is one of its own; without them the block is one script.
    """
    if not re.search(r"^\$ ", block.text, flags=re.M):
        lines = block.text.splitlines(keepends=True)
        return [("".join(line for line in lines if not block.without or not line.startswith(block.without)), None)]
    found = []
    for piece in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        lines = piece.splitlines()
        command = [lines.pop(0)]
        while command[-1].endswith("\\") and lines:
            command.append(lines.pop(0))
        printed = "\n".join(lines).strip("\n")
        found.append(("\n".join(command), printed or None))
    return found
