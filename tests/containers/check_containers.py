"""Checks what podman says of the containers of docker-compose.yml.

check_containers.py INSPECT LOGS SECRETS...: INSPECT is the JSON of `podman inspect`, LOGS all that the containers wrote, SECRETS are
directories whose files must not show in either. Prints what is wrong, never a secret; the exit code is 1 then.
"""

import json
import pathlib
import re
import sys

# Files of these directories that are no secrets, and lines of others that are none.
PUBLIC_FILES = {"ca.crt", "server.crt", "fingerprint", "hosts", "server.crt.previous"}
LEAST_SECRET = 16


def secrets_of(directory):
    for file in sorted(pathlib.Path(directory).iterdir()):
        if file.name in PUBLIC_FILES or not file.is_file():
            continue
        for word in re.split(rb"[\s:]+", file.read_bytes()):
            if len(word) >= LEAST_SECRET and not word.startswith(b"-----"):
                yield file, word.decode("latin-1")


def problems(containers, seen, directories):
    published = {"haproxy", "standalone", "grafana"}
    for container in containers:
        name = container["Name"]
        host = container["HostConfig"]
        service = container["Config"]["Labels"].get("com.docker.compose.service", "")
        if container["Config"]["User"] in ("", "0", "root", "0:0"):
            yield f"{name} runs as root"
        if not host["ReadonlyRootfs"]:
            yield f"{name} can write to its root directory"
        if container.get("EffectiveCaps"):
            yield f"{name} has capabilities: {container['EffectiveCaps']}"
        if not any(option.startswith("no-new-privileges") for option in host["SecurityOpt"] or []):
            yield f"{name} may gain privileges"
        # Ports that are only exposed are in there, too, without an address of the host.
        if any((host["PortBindings"] or {}).values()) and service not in published:
            yield f"{name} publishes ports"
    count = 0
    for directory in directories:
        for file, secret in secrets_of(directory):
            count += 1
            for where, text in seen.items():
                if secret in text:
                    yield f"a secret of {file} is in {where}"
    if count == 0:
        yield "no secrets were found to look for"


def main():
    inspect, logs, *directories = sys.argv[1:]
    seen = {"what podman inspect says": pathlib.Path(inspect).read_text(), "the logs": pathlib.Path(logs).read_text()}
    found = list(problems(json.loads(seen["what podman inspect says"]), seen, directories))
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
