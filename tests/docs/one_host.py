"""Scenes of one server: the machine with the Debian package, as docs/operations.md speaks of it, and the first five minutes of README.md."""

import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import threading

import blocks
import scene
import servers
from kept_message import KeptMessage

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent


class OneHost(scene.Scene):
    """What the package sets up: identity, key of the CA, settings, data. `systemctl` starts and stops the server of the scene."""

    pages = ("docs/operations.md",)

    def set_up(self):
        self.make_identity(scene.HOST)
        port, metrics_port = servers.free_port(), servers.free_port()
        self.reached_at(port)
        settings = (REPOSITORY / "packaging/sotto.toml").read_text()
        self.replaced |= {"127.0.0.1:9095": f"127.0.0.1:{metrics_port}", "sotto:sotto": f"{os.getuid()}:{os.getgid()}",
                          "-C / ": f"-C {self.root} "}
        config = self.root / "etc/sotto/sotto.toml"
        config.write_text(self.here(settings) + f'\n[transport]\nports = [{port}]\nlisten = ["127.0.0.1"]\n')
        self.server = servers.Process("sotto-server", [self.programs / "sotto-server", "--config", config], self.root / "server.log",
                                      servers.answers_ready(metrics_port), env=self.env)
        self.start(self.server)
        self.asked, self.answered = self.root / "run/asked", self.root / "run/answered"
        for fifo in (self.asked, self.answered):
            os.mkfifo(fifo)
        self.tool("systemctl", f'echo "$*" >{self.asked}; read -r code <{self.answered}; exit "$code"')
        threading.Thread(target=self.systemd, daemon=True).start()

    def systemd(self):
        actions = {"start sotto-server": self.server.start, "stop sotto-server": self.server.stop}
        while True:
            asked = self.asked.read_text().strip()
            code = 0
            try:
                actions[asked]()
            except (KeyError, SystemExit) as problem:
                print(f"docs: systemctl {asked}: {problem}")
                code = 1
            self.answered.write_text(f"{code}\n")

    def before_backup(self):
        self.fingerprint = (self.identity / "fingerprint").read_text()
        self.kept = KeptMessage(self.programs, self.address())

    def before_restore(self):
        """The machine is lost; the packages of the new one have made an identity of their own."""
        self.server.stop(signal.SIGKILL)
        for place in ("etc/sotto/identity", "etc/sotto/ca-key", "var/lib/sotto"):
            shutil.rmtree(self.root / place)
        self.make_identity(scene.HOST)
        self.server.start()
        if (self.identity / "fingerprint").read_text() == self.fingerprint:
            raise scene.Failure("the new machine has the identity of the old one")

    def after_restore(self):
        if (self.identity / "fingerprint").read_text() != self.fingerprint:
            raise scene.Failure("the address is another one")
        self.kept.fetch()
        for name in ("sotto-data.tar", "sotto-identity.tar"):
            if (self.root / "var/backups" / name).stat().st_mode & 0o077:
                raise scene.Failure(f"others may read {name}")

    def before_rotation(self):
        shutil.move(self.root / "etc/sotto/ca-key", self.root / "media/usb/ca-key")

    def run_offline(self, block):
        """Two machines, which exchange what is no secret."""
        offline = self.root / "offline"
        offline.mkdir()
        shutil.copytree(self.root / "media/usb/ca-key", offline / "ca-key")
        shutil.copy(self.identity / "ca.crt", offline)
        server = self.work
        for line in block.text.splitlines():
            machine, command = re.fullmatch(r"(server|offline)\$ +(.+)", line).groups()
            self.work = offline if machine == "offline" else server
            for name in ("server.csr", "server.crt"):
                for one, other in ((server, offline), (offline, server)):
                    if (one / name).exists() and not (other / name).exists():
                        shutil.copy(one / name, other)
            self.shell(command)
        self.work = server
        self.shell("sotto cert status; sotto address show --show-password | sotto server test -")


class FirstFiveMinutes(scene.Scene):
    """`make run` of the repository, on a terminal, with the folder run/ elsewhere."""

    making = None

    def set_up(self):
        (self.work / "build/release").mkdir(parents=True)
        (self.work / "build/release/bin").symlink_to(self.programs.resolve())

    def run_start(self, block):
        port = servers.free_port()
        self.on_terminal(block, {"SOTTO_DATA_DIR": f"{self.work}/run/data", "SOTTO_PORTS": str(port), "SOTTO_LISTEN": "127.0.0.1"})
        servers.wait_until("the server", lambda: servers.listens(port)() or self.ended())
        self.test_shown(port)

    def on_terminal(self, block, env):
        """Runs the command until it is ended in close()."""
        [(command, _)] = blocks.commands(block)
        terminal, end = pty.openpty()
        self.making = subprocess.Popen(["bash", "-euo", "pipefail", "-c", command], cwd=REPOSITORY, stdin=end, stdout=end, stderr=end,
                                       env={**os.environ, "SOTTO_IDENTITY_DIR": f"{self.work}/run/identity", **env},
                                       start_new_session=True)
        os.close(end)
        self.shown = ""
        self.reader = threading.Thread(target=self.read, args=(terminal,), daemon=True)
        self.reader.start()
        servers.wait_until("the address, on the terminal", lambda: re.search(r"smp://\S+@\S+\s", self.shown) or self.ended(), 300)

    def read(self, terminal):
        try:
            while text := os.read(terminal, 65536):
                self.shown += text.decode(errors="replace")
        except OSError:  # the other end is closed
            pass

    def ended(self):
        if self.making.poll() is None:
            return False
        # The address may be in it.
        raise scene.Failure(f"it ended: {re.sub('smp://[^@ ]+@', 'smp://…@', self.shown)}")

    def test_shown(self, port):
        """What the terminal shows is the address of the server that listens here, and its QR code."""
        if "█" not in self.shown:
            raise scene.Failure("there is no QR code")
        self.env["ADDRESS"] = re.search(r"smp://\S+@", self.shown)[0] + f"localhost:{port}"
        self.shell('sotto server test --extended "$ADDRESS"')
        # For the commands that follow: as it is reached here.
        (self.work / "run/identity/hosts").write_text(f"localhost:{port}\n")

    def close(self):
        if self.making and self.making.poll() is None:
            os.killpg(self.making.pid, signal.SIGTERM)
            self.making.wait(servers.PATIENCE)
            self.reader.join(servers.PATIENCE)  # what it started has ended, too, and writes no more files
        super().close()


class LocalPlatform(FirstFiveMinutes):
    """`make platform`, likewise."""

    def run_start(self, block):
        port = servers.free_port()
        self.on_terminal(block, {"SOTTO_PORT": str(port)})
        servers.wait_until("the platform", lambda: "The platform is up" in self.shown or self.ended(), 300)
        self.test_shown(port)


SCENES = {"one-host": OneHost, "first-five-minutes": FirstFiveMinutes, "local-platform": LocalPlatform}
