"""Starts programs in a scratch directory, on free ports of 127.0.0.1, and waits until they answer."""

import fcntl
import os
import pathlib
import pwd
import random
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE = 60  # seconds


reserved = []  # open files, whose locks last as long as this process


def free_port():
    """One that the kernel gives to nobody by itself, under the lock by which tests/support/child/free_port.cpp reserves them."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    folder = pathlib.Path(tempfile.gettempdir()) / f"sotto-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    while True:
        port = random.randrange(10000, first if first > 11000 else 32768)
        lock = open(folder / str(port), "a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        reserved.append(lock)
        return port


def wait_until(what, holds, patience=PATIENCE):
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"docs: {what}: not within {patience} s")
        time.sleep(0.05)


class Process:
    """One program. `ready` says whether it can be used; its output goes to a log."""

    def __init__(self, name, command, log, ready, env=None, user=None, cwd=None):
        self.name, self.command, self.log, self.ready = name, [str(word) for word in command], log, ready
        self.env, self.user, self.cwd = {**os.environ, **(env or {})}, user, cwd
        self.child = None

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env,
                                          user=self.user, group=self.user, extra_groups=[] if self.user else None,
                                          cwd=self.cwd)
        wait_until(f"{self.name} to be ready", self.looks_ready)

    def looks_ready(self):
        if not self.running:
            raise SystemExit(f"docs: {self.name} ended at start:\n{pathlib.Path(self.log).read_text(errors='replace')}")
        return self.ready()

    def stop(self, number=signal.SIGTERM):
        if self.running:
            self.child.send_signal(number)
            try:
                self.child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise SystemExit(f"docs: {self.name} does not end within {PATIENCE} s") from None


def answers_ready(metrics_port):
    """/readyz is 200."""
    def look():
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/readyz", timeout=5).status == 200
        except (OSError, urllib.error.URLError):
            return False
    return look


def listens(port):
    def look():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    return look


def postgres(folder):
    """A cluster of its own with the role `sotto`, and its port. Its password is "of the tests"."""
    programs = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
    if programs is None:
        raise SystemExit("docs: no PostgreSQL server below /usr/lib/postgresql: scripts/install-packages")
    user = "postgres" if os.geteuid() == 0 else None
    folder.mkdir()
    (folder / "password").write_text("of the tests\n")
    if user:
        for path in (folder, folder / "password"):
            os.chown(path, pwd.getpwnam(user).pw_uid, -1)
    port, data = free_port(), folder / "data"
    as_user = {"user": user, "group": user, "extra_groups": []} if user else {}
    subprocess.run([programs / "initdb", f"--pgdata={data}", "--no-sync", "--no-locale", "--encoding=UTF8",
                    "--auth=scram-sha-256", "--username=sotto", f"--pwfile={folder}/password", "--no-instructions"],
                   check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)
    settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "shared_buffers=16MB", "fsync=off",
                "dynamic_shared_memory_type=mmap"]
    asked = [programs / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"]
    server = Process("PostgreSQL", [programs / "postgres", "-D", data, *(word for line in settings for word in ("-c", line))],
                     folder.parent / "postgres.log", lambda: subprocess.run(asked).returncode == 0, user=user, cwd=folder)
    return server, port


def redis(folder):
    port = free_port()
    folder.mkdir()
    server = Process("Redis", ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
                               "--maxmemory-policy", "noeviction", "--dir", folder], folder / "log", listens(port))
    return server, port
