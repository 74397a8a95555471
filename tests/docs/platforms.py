"""The scene of a platform that was set up by hand: PostgreSQL, Redis, one of each service and a gateway."""

import shutil
import subprocess

import scene
import servers
from kept_message import KeptMessage


class Platform(scene.Scene):
    def set_up(self):
        # PostgreSQL works as a user of its own below this directory.
        self.root.chmod(0o711)
        database, self.database_port = servers.postgres(self.root / "postgres")
        self.start(database)
        redis, redis_port = servers.redis(self.root / "redis")
        self.start(redis)
        passwords = self.root / "home/.pgpass"
        passwords.write_text("127.0.0.1:*:*:sotto:of the tests\n")
        passwords.chmod(0o600)
        self.make_database("sotto")
        self.keys = self.root / "etc/sotto/platform-keys"
        self.sotto("db", "new-key", "--out", self.keys)
        self.sotto("db", "migrate")
        self.make_identity()
        self.port = servers.free_port()
        self.reached_at(self.port)
        self.add_programs(f"redis://127.0.0.1:{redis_port}")
        self.processes += self.programs_of_platform
        self.start_programs()

    def sotto(self, *words):
        subprocess.run([self.programs / "sotto", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env=self.env)

    def url(self, name):
        return f"postgresql://sotto@127.0.0.1:{self.database_port}/{name}"

    def make_database(self, name):
        """Makes an empty one, which is used from now on."""
        subprocess.run(["psql", "--quiet", "--command", f"CREATE DATABASE {name}", self.url("postgres")], check=True, env=self.env)
        self.env["SOTTO_DATABASE_URL"] = self.url(name)

    def add_programs(self, redis_url):
        ports = {name: servers.free_port() for name in ("queue", "auth", "notification")}
        at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        store = {"SOTTO_PLATFORM_KEY_FILE": str(self.keys), "SOTTO_REDIS_URL": redis_url}
        self.env["SOTTO_SERVER"] = f"unix:{self.root}/run/admin.sock"
        settings = {
            "notification": {"SOTTO_REDIS_URL": redis_url},
            "queue": store | {"SOTTO_NOTIFICATION_SERVICE_TARGETS": at["notification"]},
            "auth": store | {"SOTTO_QUEUE_SERVICE_TARGETS": at["queue"], "SOTTO_NOTIFICATION_SERVICE_TARGETS": at["notification"],
                             "SOTTO_ADMIN_SOCKET": f"{self.root}/run/admin.sock",
                             "SOTTO_PASSWORD_FILE": f"{self.identity}/password"},
            "gateway": {"SOTTO_QUEUE_SERVICE_TARGETS": at["queue"], "SOTTO_AUTH_SERVICE_TARGETS": at["auth"],
                        "SOTTO_IDENTITY_DIR": str(self.identity), "SOTTO_PORTS": str(self.port)},
        }
        self.programs_of_platform = []
        for name, env in settings.items():
            metrics_port = servers.free_port()
            env |= {"SOTTO_METRICS_LISTEN": f"127.0.0.1:{metrics_port}", "SOTTO_LISTEN": at.get(name, "127.0.0.1"),
                    "HOME": self.env["HOME"], "PATH": self.env["PATH"]}
            process = servers.Process(f"sotto-{name}", [self.programs / f"sotto-{name}"], self.root / f"{name}.log",
                                      servers.answers_ready(metrics_port), env=env)
            self.programs_of_platform.append(process)

    def start_programs(self):
        for process in self.programs_of_platform:
            if "SOTTO_PLATFORM_KEY_FILE" in process.env:
                process.env["SOTTO_DATABASE_URL"] = self.env["SOTTO_DATABASE_URL"]
            process.start()

    def stop_programs(self):
        for process in reversed(self.programs_of_platform):
            process.stop()

    # ---- docs/cli.md

    def before_status(self):
        self.kept = KeptMessage(self.programs, self.address())

    def before_migrate(self):
        self.make_database("another")

    def before_new_key(self):
        self.keys.rename(self.root / "platform-keys")

    def before_rekey(self):
        """A second key in front of the first; whoever seals with the first is stopped."""
        self.env["SOTTO_DATABASE_URL"] = self.url("sotto")
        self.stop_programs()
        former = (self.root / "platform-keys").read_text()
        self.keys.unlink()
        self.sotto("db", "new-key", "--id", "2", "--out", self.keys)
        self.keys.write_text(self.keys.read_text() + former)

    def after_rekey(self):
        self.start_programs()

    # ---- docs/operations.md

    def before_restore(self):
        """Programs, database and Redis' contents are gone; the dump and the keys are what is left."""
        self.stop_programs()
        self.keys.unlink()
        shutil.copy(self.work / "sotto-platform-keys", self.keys)
        self.make_database("restored")

    def after_restore(self):
        self.start_programs()
        self.kept.fetch()
        self.shell("sotto address show --show-password | sotto server test --extended -")


SCENES = {"platform": Platform}
