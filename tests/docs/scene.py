"""Where the commands of pages run: a scratch directory that stands for the machine of the reader, with real servers.

A step that a page names may have methods: `before_STEP` prepares what the page supposes, `after_STEP` looks at what came of it, and
`run_STEP` does itself what the block says.
"""

import pathlib
import re
import shutil
import subprocess
import tempfile

import blocks
import servers
import shape

HOST = "smp.example.com"
# Places of the reader's machine; here they are below the scratch directory.
PLACES = re.compile(r"(?<![\w./}])/(etc|var|media|usr/local|run/secrets|run/sotto)(?=/)")
# What must not be left then: a page never touches the machine that this runs on.
OUTSIDE = re.compile(r"(?<![\w./}])/(boot|etc|home|media|mnt|opt|root|run|srv|sys|usr|var)\b\S*")
# Commands whose --identity-dir has the default /etc/sotto/identity.
OF_IDENTITY = ("init", "address show", "address qr", "address handout", "cert status", "cert rotate", "cert csr", "cert install",
               "password create", "password rotate")


class Failure(Exception):
    """What a page says does not hold."""


class Scene:
    pages = ()  # whose blocks come first; the others follow by name

    def __init__(self, programs):
        self.programs = programs
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sotto-docs."))
        self.work = self.root / "work"
        self.processes = []
        for folder in ("work", "bin", "etc/sotto", "var/lib", "var/backups", "media/usb", "run", "home"):
            (self.root / folder).mkdir(parents=True)
        self.replaced = {}  # what a page says -> what it is here
        self.env = {"PATH": f"{self.root}/bin:{programs}:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": f"{self.root}/home",
                    "LC_ALL": "C.UTF-8", "TZ": "UTC", "SOTTO_IDENTITY_DIR": f"{self.root}/etc/sotto/identity",
                    "SOTTO_DATA_DIR": f"{self.root}/var/lib/sotto"}
        self.identity = self.root / "etc/sotto/identity"
        cases = "|".join(f'"{words} "*' for words in OF_IDENTITY)
        self.tool("sotto", f'''
          case "$1 ${{2:-}} " in {cases})
            [[ " $*" == *" --identity-dir"* ]] || set -- "$@" --identity-dir {self.identity};;
          esac
          exec {programs}/sotto "$@"''')

    def tool(self, name, script):
        path = self.root / "bin" / name
        path.write_text(f"#!/usr/bin/env bash\n{script}\n")
        path.chmod(0o755)

    def set_up(self):
        """What the scene begins with. `close` is called, whatever comes of it."""

    def close(self):
        for process in reversed(self.processes):
            try:
                process.stop()
            except SystemExit as problem:
                print(problem)
        shutil.rmtree(self.root)

    def start(self, process):
        self.processes.append(process)
        process.start()
        return process

    # ---- From the page to here, and back

    def here(self, text):
        for said, meant in self.replaced.items():
            text = text.replace(said, meant)
        return PLACES.sub(lambda found: f"{self.root}/{found[1]}", text)

    def there(self, text):
        text = text.replace(str(self.root), "")
        for said, meant in self.replaced.items():
            text = text.replace(meant, said)
        return text.replace("localhost", HOST) if HOST in self.replaced else text

    def shell(self, command, exit_code=0, apart=False):
        """Runs a script and returns what it printed; `apart`: standard output alone."""
        command = self.here(command)
        outside = OUTSIDE.search(command)
        if outside:
            raise Failure(f"{outside[0]} is of this machine: give it a place in scene.PLACES")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.work, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE if apart else subprocess.STDOUT, timeout=120)
        if done.returncode != exit_code:
            raise Failure(f"exit code {done.returncode} of\n{command.rstrip()}\n{done.stdout}{done.stderr or ''}")
        return self.there(done.stdout)

    def run(self, block):
        name = block.step.replace("-", "_")
        getattr(self, f"before_{name}", lambda: None)()
        self.run_here(name, block)
        getattr(self, f"after_{name}", lambda: None)()

    def run_here(self, name, block):
        special = getattr(self, f"run_{name}", None)
        if special:
            special(block)
            return
        listed = blocks.commands(block)
        for i, (command, printed) in enumerate(listed):
            last = i == len(listed) - 1
            seen = self.shell(command, block.exit_code if last else 0, apart=(printed or "").startswith("{"))
            if printed is not None and block.compared:
                self.compare(printed, seen)

    def compare(self, said, seen, ends=True):
        """`ends`: nothing more is printed than the page shows."""
        problem = shape.difference(said if ends else said + "\n…", seen)
        if problem:
            raise Failure(f"{problem}\nPrinted:\n{seen}")

    # ---- What several scenes need

    def make_identity(self, host=HOST, port=None):
        subprocess.run([self.programs / "sotto", "init", "--identity-dir", self.identity, "--host", host], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if port:
            self.reached_at(port)

    def reached_at(self, port):
        """The address names where the server is here; what is printed is turned back."""
        (self.identity / "hosts").write_text(f"localhost:{port}\n")
        self.replaced[HOST] = f"localhost:{port}"

    def standalone(self, *flags, config=None):
        self.port, self.metrics_port = servers.free_port(), servers.free_port()
        command = [self.programs / "sotto-server", f"--ports={self.port}", "--listen=127.0.0.1",
                   f"--metrics-listen=127.0.0.1:{self.metrics_port}", *flags]
        if config:
            command += ["--config", config]
        else:
            command.append(f"--password-file={self.identity}/password")
        return servers.Process("sotto-server", command, self.root / "server.log", servers.answers_ready(self.metrics_port),
                               env=self.env)

    def address(self):
        return subprocess.run([self.programs / "sotto", "address", "show", "--show-password", "--identity-dir", self.identity],
                              check=True, capture_output=True, text=True).stdout
