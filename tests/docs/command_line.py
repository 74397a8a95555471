"""Scenes of the pages of `sotto`: a machine with an identity and then a server, tables of settings, administrators from elsewhere."""

import os
import shutil
import signal
import subprocess

import scene
import servers


class CommandLine(scene.Scene):
    """docs/cli.md from the top: `sotto init` comes first."""

    def before_qr(self):
        # Without a D-Bus it complains of that.
        self.tool("zbarimg", 'exec /usr/bin/zbarimg "$@" 2>/dev/null')

    def before_parse(self):
        address = self.shell("sotto address show --show-password").strip()
        (self.work / "address.txt").write_text(address.replace(scene.HOST, f"{scene.HOST},[2001:db8::1]:5224") + "\n")

    def before_status(self):
        shutil.move(self.root / "etc/sotto/ca-key", self.root / "media/usb/ca-key")
        self.shell("sotto cert rotate --ca-key-dir /media/usb/ca-key --days 90 --no-backup")

    def before_test(self):
        self.server = self.standalone()
        self.reached_at(self.port)
        self.start(self.server)

    def run_watch(self, block):
        secrets = self.root / "run/secrets"
        secrets.mkdir()
        (secrets / "address").write_text(self.address())
        command = block.text.splitlines()[0].removeprefix("$ ").replace("30s", "1s")
        log = self.root / "watch.log"
        with open(log, "wb") as out:
            watch = subprocess.Popen(["bash", "-c", "exec " + self.here(command)], cwd=self.work, stdout=out, stderr=out,
                                     env={**self.env, "SOTTO_METRICS_LISTEN": "127.0.0.1:0"})
        try:
            servers.wait_until("a test that passes", lambda: "passes" in log.read_text())
            self.server.stop()
            servers.wait_until("a test that fails", lambda: "fails" in log.read_text())
        finally:
            watch.send_signal(signal.SIGTERM)
            watch.wait(servers.PATIENCE)
        self.server.start()
        self.compare("\n".join(block.text.splitlines()[1:]), self.there(log.read_text()), ends=False)

    def before_new_token_json(self):
        (self.work / "alice.token").unlink()

    def before_doctor(self):
        (self.root / "etc/sotto/sotto.toml").write_text(
            f'[transport]\nports = [{self.port}]\nlisten = ["127.0.0.1"]\n[metrics]\nlisten = "127.0.0.1:{self.metrics_port}"\n')
        (self.identity / "server.key").chmod(0o644)

    def before_man(self):
        (self.root / "usr/local/share/man/man1").mkdir(parents=True)

    def before_kubernetes_address(self):
        shutil.copytree(self.identity, self.work / "identity")


class Settings(scene.Scene):
    """Files of settings: those that a page shows, and wrong ones."""

    def run_server(self, block):
        (self.work / "shown.toml").write_text(block.text)
        for path in ("/etc/letsencrypt/live/smp.example.org/fullchain.pem", "/etc/letsencrypt/live/smp.example.org/privkey.pem"):
            file = self.root / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        self.shell("sed --in-place 's#\"/etc/#\"/etc/#' shown.toml && sotto config validate shown.toml")

    def before_validate(self):
        (self.work / "sotto.toml").write_text('[transport]\nprots = "5223"\n\n\n[queues]\nquota = 0\n')

    def before_convert(self):
        (self.work / "sotto.toml").unlink()
        (self.work / "smp-server.ini").write_text(
            "[STORE_LOG]\nenable: on\nstore_queues: memory\nstore_messages: memory\nexpire_messages_days: 21\n"
            "[AUTH]\nnew_queues: on\ncreate_password: of-the-former-server\n[TRANSPORT]\nhost: smp.example.com\nport: 5223\n")

    def after_convert(self):
        self.shell("sotto config validate sotto.toml")


class Administrators(scene.Scene):
    """Who asks a server from another machine: the CA, the settings and the file of identities as the page has them."""

    pages = ("docs/operations.md",)

    def run_settings(self, block):
        self.settings = block.text

    def run_identities(self, block):
        self.identities = block.text

    def run_authority(self, block):
        folder = self.root / "etc/sotto/admin"
        folder.mkdir()
        self.work = folder
        self.shell(block.text)
        self.shell('openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=server" -keyout server.key -out server.csr\n'
                   "openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out server.crt "
                   "-extfile <(echo subjectAltName=DNS:localhost)")
        self.work = self.root / "work"
        for here, there in (("ca.crt", "admin-ca.crt"), ("alice.crt", "alice.crt"), ("alice.key", "alice.key")):
            shutil.copy(folder / here, self.work / there)
        entry = self.shell("sotto admin new-token --name ci --role viewer --token-file alice.token")
        digest = self.shell("openssl x509 -in alice.crt -noout -fingerprint -sha256").strip().partition("=")[2]
        token = entry.partition('token_sha256 = "')[2].partition('"')[0]
        (folder / "admins.toml").write_text(self.identities.replace("4C:1F:…", digest).replace("9f86d081…", token))
        os.chmod(folder / "admins.toml", 0o600)
        port = servers.free_port()
        self.make_identity("localhost")
        config = self.root / "etc/sotto/sotto.toml"
        # With a certificate that is required, a token counts beside it only.
        config.write_text(self.here(self.settings.replace("192.0.2.1:7460", f"127.0.0.1:{port}")) + 'client_certificate = "optional"\n'
                          f'[access]\npassword_file = "{self.identity}/password"\n')
        self.start(self.standalone(config=config))
        self.replaced[f"{scene.HOST}:7460"] = f"localhost:{port}"


SCENES = {"cli": CommandLine, "settings": Settings, "administrators": Administrators}
