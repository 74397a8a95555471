#!/usr/bin/env python3
"""Tests of helm/sotto: run.py HELM NODE_MODULES [FOLDER_OF_PROGRAMS].

Good and bad values, golden renders of the examples, schemas of Kubernetes, security of all pods, hooks, network policies, and, with the
programs at hand, that they take the configuration that is made for them. SOTTO_TEST_WRITE_GOLDEN=1 writes the golden renders anew.
"""
import base64
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

TESTS = Path(__file__).resolve().parent
CHART = TESTS.parent.parent / "helm" / "sotto"
HELM, MODULES = sys.argv[1:3]
PROGRAMS = Path(sys.argv[3]) if len(sys.argv) > 3 else None
# The oldest that Chart.yaml allows has no types of its own: what the one before it knows, it knows too.
KUBERNETES_VERSIONS = ["1.26", "1.30"]
COMPONENTS = ["gateway", "queue", "auth", "notification"]
NEEDS_TOKEN = {"sotto-identity"}
failures = []


def fail(case, message):
    failures.append(f"{case}: {message}")


def template(*values):
    arguments = [HELM, "template", "sotto", str(CHART), "--namespace", "chat"]
    for file in values:
        arguments += ["--values", str(file)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def pods(objects):
    """(object, its annotations, metadata of the pod, spec of the pod) of everything that makes pods."""
    for item in objects:
        if item["kind"] in ("Deployment", "Job"):
            yield item, item["spec"]["template"]["metadata"], item["spec"]["template"]["spec"]
        elif item["kind"] == "CronJob":
            template = item["spec"]["jobTemplate"]["spec"]["template"]
            yield item, template["metadata"], template["spec"]
        elif item["kind"] == "Pod":
            yield item, item["metadata"], item["spec"]


def hook(item):
    return item["metadata"].get("annotations", {}).get("helm.sh/hook", "")


def weight(item):
    return int(item["metadata"]["annotations"]["helm.sh/hook-weight"])


def check_names(case, objects):
    seen = set()
    for item in objects:
        key = (item["kind"], item["metadata"]["name"])
        if key in seen:
            fail(case, f"{key} twice")
        seen.add(key)


def check_security(case, objects):
    for item, metadata, spec in pods(objects):
        name = f"{case}: {item['kind']}/{item['metadata']['name']}"
        context = spec["securityContext"]
        if not context.get("runAsNonRoot") or context["seccompProfile"]["type"] != "RuntimeDefault":
            fail(name, "pod may be root, or has no seccomp profile")
        if context.get("runAsUser", 65532) == 0:
            fail(name, "pod is root")
        if spec["automountServiceAccountToken"] is not (item["metadata"]["name"] in NEEDS_TOKEN):
            fail(name, "token of the service account")
        names = [volume["name"] for volume in spec.get("volumes", [])]
        if len(names) != len(set(names)):
            fail(name, f"volumes twice: {names}")
        if not {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"} <= set(metadata["labels"]):
            fail(name, "labels of policies are missing")
        for volume in spec.get("volumes", []):
            if "secret" in volume and volume["secret"]["defaultMode"] & 0o007:
                fail(name, f"everybody may read {volume['name']}")
        for container in spec["containers"] + spec.get("initContainers", []):
            allowed = container["securityContext"]
            if allowed["allowPrivilegeEscalation"] or not allowed["readOnlyRootFilesystem"]:
                fail(name, "may write its root, or get privileges")
            if allowed["capabilities"] != {"drop": ["ALL"]}:
                fail(name, "has capabilities")
            if not {"cpu", "memory"} <= set(container["resources"]["requests"]) or "memory" not in container["resources"]["limits"]:
                fail(name, "resources are not set")
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in names:
                    fail(name, f"mounts {mount['name']}, which is no volume")
            for variable in container.get("env", []):
                if re.search("PASSWORD$|KEY$|SECRET$|TOKEN$", variable["name"]) or "secretKeyRef" in str(variable):
                    fail(name, f"secret in the environment: {variable['name']}")
            if item["kind"] == "Deployment":
                probes = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
                if probes != ["/livez", "/livez", "/readyz"]:
                    fail(name, f"probes {probes}")


def check_drain(case, objects):
    for item, _, spec in pods(objects):
        component = item["metadata"]["labels"].get("app.kubernetes.io/component")
        if item["kind"] != "Deployment" or component not in COMPONENTS:
            continue
        text = next(o for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == item["metadata"]["name"])["data"]["sotto.toml"]
        needed = sum(int(seconds) for seconds in re.findall(r'^(?:announce|close|drain)_time = "(\d+)s"$', text, re.M))
        if spec["terminationGracePeriodSeconds"] < needed + 15:
            fail(case, f"{component}: {spec['terminationGracePeriodSeconds']} s to stop, {needed} s needed")
        strategy = item["spec"]["strategy"]["rollingUpdate"]
        if strategy["maxUnavailable"] != 0:
            fail(case, f"{component}: {strategy}")


def check_scaling(case, objects):
    """One scaler a Deployment at most, and then no number of replicas beside it."""
    targets = [o["spec"]["scaleTargetRef"]["name"] for o in objects if o["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")]
    if len(targets) != len(set(targets)):
        fail(case, f"scaled by two: {targets}")
    for item in objects:
        if item["kind"] == "Deployment" and ("replicas" in item["spec"]) is (item["metadata"]["name"] in targets):
            fail(case, f"{item['metadata']['name']}: replicas and scalers {targets}")


def check_hooks(case, objects):
    """Hooks before the install may use what exists by then only: Secrets of others, and what earlier hooks made."""
    before = [item for item in objects if "pre-install" in hook(item)]
    made_later = {item["spec"]["secretName"] for item in objects if item["kind"] == "Certificate"}
    made_later |= {f"{item['metadata']['name']}-{end}" for item in objects if item["kind"] == "Cluster" for end in ("app", "ca")}
    config_maps = {item["metadata"]["name"]: weight(item) for item in before if item["kind"] == "ConfigMap"}
    accounts = {item["metadata"]["name"]: weight(item) for item in before if item["kind"] == "ServiceAccount"}
    for item in before:
        if hook(item) != "pre-install,pre-upgrade":
            fail(case, f"{item['metadata']['name']}: hook {hook(item)}")
    for item, _, spec in pods(before):
        name = item["metadata"]["name"]
        account = spec.get("serviceAccountName")
        if account and accounts.get(account, 1000) >= weight(item):
            fail(case, f"{name}: service account {account} is not there yet")
        for volume in spec.get("volumes", []):
            secret = volume.get("secret", {}).get("secretName")
            if secret in made_later:
                fail(case, f"{name}: Secret {secret} is not there yet")
            config = volume.get("configMap", {}).get("name")
            if config and config.startswith("sotto-") and config_maps.get(config, 1000) >= weight(item):
                fail(case, f"{name}: ConfigMap {config} is not there yet")
    order = [item["metadata"]["name"].split("-")[1] for item in sorted((i for i in before if i["kind"] == "Job"), key=weight)]
    if order != [name for name in ("identity", "check", "migrate") if name in order]:
        fail(case, f"order of hooks: {order}")


def check_rights(case, objects):
    """The Job of the identity may do what its arguments ask for, and nothing else; nobody else may do anything."""
    allowed = set()
    for item in objects:
        if item["kind"] in ("ClusterRole", "ClusterRoleBinding"):
            fail(case, f"{item['kind']}/{item['metadata']['name']}: rights on the whole cluster")
        if item["kind"] == "RoleBinding" and [subject["name"] for subject in item["subjects"]] != ["sotto-identity"]:
            fail(case, f"rights of {item['subjects']}")
        for rule in item.get("rules", []) if item["kind"] == "Role" else []:
            for resource in rule["resources"]:
                allowed |= {(verb, resource, name) for verb in rule["verbs"] for name in rule.get("resourceNames", ["any"])}
    needed = set()
    for item, _, spec in pods(objects):
        if item["metadata"]["name"] != "sotto-identity":
            continue
        options = dict(option.split("=", 1) for option in spec["containers"][0]["args"] if option.startswith("--"))
        secrets = [options[option] for option in ("--secret", "--ca-key-secret", "--password-secret") if option in options]
        needed |= {("get", "secrets", name) for name in secrets}
        if "--ca-key-secret" in options:
            needed.add(("create", "secrets", "any"))
        if "--marker" in options:
            needed |= {("get", "configmaps", options["--marker"]), ("create", "configmaps", "any")}
    if allowed != needed:
        fail(case, f"rights that differ from the needed ones: {sorted(allowed ^ needed)}")


def selects(selector, labels):
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    return all(labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", []))


def flows(objects):
    """(from, to, port) of the components that policies allow, 'internet' and 'anywhere' among them."""
    labels = {}
    for item, metadata, _ in pods(objects):
        labels[metadata["labels"]["app.kubernetes.io/component"]] = metadata["labels"]
    result = {"in": set(), "out": set()}
    for policy in (item for item in objects if item["kind"] == "NetworkPolicy"):
        spec = policy["spec"]
        chosen = [name for name, its in labels.items() if selects(spec["podSelector"], its)]
        for direction, rules, peers in (("in", "ingress", "from"), ("out", "egress", "to")):
            for rule in spec.get(rules, []):
                others = set()
                for peer in rule.get(peers, [{}]):
                    if "podSelector" in peer and "namespaceSelector" not in peer:
                        others |= {name for name, its in labels.items() if selects(peer["podSelector"], its)}
                    elif peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0":
                        others.add("internet")
                    elif not peer:
                        others.add("anywhere")
                for name in chosen:
                    result[direction] |= {(name, other, port["port"]) for other in others for port in rule["ports"]}
    return result


def check_policies(case, objects):
    deny = [p for p in objects if p["kind"] == "NetworkPolicy" and p["metadata"]["name"] == "sotto-default-deny"]
    if len(deny) != 1 or deny[0]["spec"]["policyTypes"] != ["Ingress", "Egress"] or {"ingress", "egress"} & set(deny[0]["spec"]):
        fail(case, "default deny")
    for _, metadata, _ in pods(objects):
        if not selects(deny[0]["spec"]["podSelector"], metadata["labels"]):
            fail(case, f"{metadata['labels']} is not denied")
    allowed = flows(objects)
    expected = {
        ("gateway", "queue", 7450), ("gateway", "auth", 7451), ("auth", "queue", 7450), ("queue", "notification", 7452),
        ("auth", "notification", 7452),
    }
    inner = {flow for flow in allowed["out"] if flow[0] in COMPONENTS and flow[1] in COMPONENTS}
    if inner != expected:
        fail(case, f"flows between components differ: {sorted(inner ^ expected)}")
    received = {(source, target, port) for target, source, port in allowed["in"] if target in COMPONENTS[1:] and source in COMPONENTS}
    if received != expected:
        fail(case, f"flows into components differ: {sorted(received ^ expected)}")
    for source, target, port in allowed["out"]:
        if source == "backup" and port not in (53, 5432):
            fail(case, f"the backup may connect to {target}, port {port}")
    internet = {source for source, target, _ in allowed["out"] if target == "internet"}
    proxy = "[proxy]\nenabled = true" in config_of(objects, "gateway")
    if internet != ({"gateway"} if proxy else set()):
        fail(case, f"{internet} may connect to the internet")


def check_backup(case, objects, folder):
    """What the CronJob runs: dumps are kept up to a number, and a dump that fails leaves the earlier ones alone. pg_dump is a stand-in."""
    job = next(item for item in objects if item["kind"] == "CronJob")
    container = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    keep = int(variables["SOTTO_BACKUP_KEEP"])
    dumps = folder / "backup"
    tools = folder / "tools"
    dumps.mkdir()
    tools.mkdir()
    (folder / "database").mkdir(exist_ok=True)
    (folder / "database" / "password").write_text("a-password\n")
    (tools / "pg_dump").write_text(
        "#!/bin/sh\n"
        'for argument; do case $argument in --file=*) file=${argument#--file=};; esac; done\n'
        'echo "$* $PGPASSWORD" > "$file"\n'
        '[ ! -e broken ]\n'
    )
    (tools / "pg_restore").write_text('#!/bin/sh\n[ "$1" = --list ] && [ -s "$2" ]\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    script = container["args"][0].replace("/backup", str(dumps)).replace("/etc/sotto/", f"{folder}/")

    def run():
        environment = {**variables, "PATH": f"{tools}:{os.environ['PATH']}"}
        return subprocess.run([*container["command"], script], capture_output=True, text=True, env=environment, check=False)

    for hour in range(keep + 3):
        (dumps / f"sotto-20250101T{hour:02}0000Z.dump").write_text("earlier")
    (dumps / "sotto-20250101T000000Z.dump.part").write_text("of a pod that was killed")
    (dumps / "notes").write_text("of somebody else")
    result = run()
    if result.returncode != 0 or "a-password" in result.stdout + result.stderr:
        fail(case, f"backup: {result.returncode} {result.stdout}{result.stderr}")
    left = sorted(path.name for path in dumps.glob("sotto-*"))
    expected = [f"sotto-20250101T{hour:02}0000Z.dump" for hour in range(4, keep + 3)]
    if left[:-1] != expected or not (dumps / "notes").exists():
        fail(case, f"backup: kept {left}")
    content = (dumps / left[-1]).read_text()
    if "a-password" not in content or variables["SOTTO_DATABASE_URL"] not in content:
        fail(case, f"backup: pg_dump got {content}")
    if (dumps / left[-1]).stat().st_mode & 0o077:
        fail(case, "backup: others may read the dump")
    (dumps / "broken").touch()
    if run().returncode == 0 or sorted(path.name for path in dumps.glob("sotto-*.dump")) != left:
        fail(case, "backup: one that failed changed the dumps")


def config_of(objects, component):
    return next(o for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == f"sotto-{component}")["data"]["sotto.toml"]


def make_files(folder):
    """The files that Secrets would be."""
    subprocess.run([PROGRAMS / "sotto", "init", "--identity-dir", folder / "identity", "--host", "smp.example.com"], check=True, capture_output=True)
    os.chmod(folder / "identity" / "server.key", 0o440)
    for name in ("database", "redis", "access"):
        (folder / name).mkdir()
        (folder / name / "password").write_text("a-password\n")
    (folder / "platform-key").mkdir()
    key = base64.urlsafe_b64encode(bytes(32)).decode()
    (folder / "platform-key" / "platform-key").write_text(f"1:{key}\n")
    for name in ("tls", "web", "admin", "redis-tls"):
        (folder / name).mkdir()
        (folder / name / "ca.crt").write_bytes((folder / "identity" / "ca.crt").read_bytes())
        (folder / name / "tls.crt").write_bytes((folder / "identity" / "server.crt").read_bytes())
        (folder / name / "tls.key").write_bytes((folder / "identity" / "server.key").read_bytes())
    (folder / "redis-ca").mkdir()
    (folder / "redis-ca" / "ca.crt").write_bytes((folder / "identity" / "ca.crt").read_bytes())
    (folder / "admin-identities").mkdir()
    (folder / "admin-identities" / "admins.toml").write_text('[a]\nrole = "viewer"\ncertificate_cn = "a"\n')


def mounted(objects, kind, name, container):
    """Where the container of an object has its files."""
    for item, _, spec in pods(objects):
        if (item["kind"], item["metadata"]["name"]) == (kind, name):
            return [mount["mountPath"] for each in spec["containers"] if each["name"] == container for mount in each["volumeMounts"]]
    return []


def check_configuration(case, objects, folder):
    """The programs take it, with the files that they are given and no others."""
    check = next((o["data"] for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "sotto-check"), {})
    for component in COMPONENTS:
        configurations = [
            (config_of(objects, component), mounted(objects, "Deployment", f"sotto-{component}", component)),
            (check.get(f"{component}.toml"), mounted(objects, "Job", "sotto-check", component)),
        ]
        for text, mounts in configurations:
            if text is None:
                continue
            for mount in mounts:
                text = re.sub(rf'"{re.escape(mount)}(?=[/"])', f'"{folder / Path(mount).name}', text)
            file = folder / "sotto.toml"
            file.write_text(text.replace("/etc/sotto/", f"{folder}/not-mounted/").replace("/run/sotto/", f"{folder}/"))
            run = subprocess.run(
                [PROGRAMS / f"sotto-{component}", "--check-config", "--config", file], capture_output=True, text=True, check=False
            )
            if run.returncode != 0:
                fail(case, f"sotto-{component} refuses its configuration: {run.stdout}{run.stderr}")


def check_commands(case, objects, folder):
    """`sotto` takes the options that it is given (exit code 2 says no). Nobody is at the other end: hosts are 127.0.0.1, ports 1."""
    check = next((o["data"] for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "sotto-check"), {})
    (folder / "config").mkdir(exist_ok=True)
    for name, text in check.items():
        text = re.sub(r'^url = "(rediss?)://.*"$', r'url = "\1://127.0.0.1:1"', text.replace("/etc/sotto/", f"{folder}/"), flags=re.M)
        (folder / "config" / name).write_text(text)
    for item, _, spec in pods(objects):
        for container in spec["containers"]:
            if "/cli" not in container["image"]:
                continue
            arguments = [
                re.sub("^--port=.*", "--port=1", re.sub("^--host=.*", "--host=127.0.0.1", argument))
                .replace("0.0.0.0:9090", "127.0.0.1:0")
                .replace("/etc/sotto/", f"{folder}/")
                for argument in container["args"]
            ]
            environment = {"PATH": os.environ["PATH"], "SOTTO_DATABASE_URL": "host=127.0.0.1 port=1 dbname=sotto user=sotto"}
            command = [PROGRAMS / "sotto", *arguments]
            try:
                run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=2, check=False)
            except subprocess.TimeoutExpired:
                continue
            if run.returncode == 2:
                fail(case, f"{item['metadata']['name']}: sotto {' '.join(arguments)}: {run.stdout}{run.stderr}")


class GoldenDumper(yaml.SafeDumper):
    """Text of several lines as such, so that differences can be read."""


GoldenDumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
)


def check_golden(case, objects):
    """Alert rules and dashboards are tested elsewhere."""
    golden = TESTS / "golden" / f"{case}.yaml"
    kept = [o for o in objects if o["kind"] != "PrometheusRule" and not o["metadata"]["name"].startswith("sotto-dashboard-")]
    text = yaml.dump_all(kept, Dumper=GoldenDumper, sort_keys=False, width=160, allow_unicode=True)
    if os.environ.get("SOTTO_TEST_WRITE_GOLDEN") == "1":
        golden.write_text(text)
    elif not golden.exists() or golden.read_text() != text:
        before = golden.read_text() if golden.exists() else ""
        fail(case, "\n".join(difflib.unified_diff(before.splitlines(), text.splitlines(), str(golden), "rendered", n=2, lineterm="")))


def check_monitoring(case, objects):
    """All rules but those of the dumps are there as they are; those are of the CronJob of this release, where there is one."""
    alerts = [rule for o in objects if o["kind"] == "PrometheusRule" for group in o["spec"]["groups"] for rule in group["rules"]]
    files = {path.stem: path.read_text() for path in (CHART / "files" / "rules").glob("*.yaml")}
    dumps = files.pop("sotto-dumps")
    job = next((o["metadata"]["name"] for o in objects if o["kind"] == "CronJob"), None)
    if job:
        files["sotto-dumps"] = dumps.replace("BACKUP_NAMESPACE", "chat").replace("BACKUP_CRONJOB", job)
    expected = [rule for file in files.values() for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    for rule in alerts + expected:
        if (rule in alerts) is not (rule in expected):
            fail(case, f"rule {rule['alert']}: of files/rules and of the chart are not the same")
    for path in (CHART / "files" / "dashboards").glob("*.json"):
        found = [o for o in objects if path.name in (o.get("data") or {})]
        if len(found) != 1 or json.loads(found[0]["data"][path.name]) != json.loads(path.read_text()):
            fail(case, f"dashboard {path.name}")


def check_versions(objects_of_cases):
    """Each object of all cases, once, against each version of Kubernetes; the newest one is that of validate.mjs."""
    different = {json.dumps(item): item for objects in objects_of_cases for item in objects}
    run = subprocess.run(
        ["node", TESTS / "validate-versions.mjs", MODULES, *KUBERNETES_VERSIONS],
        input=json.dumps(list(different.values())), capture_output=True, text=True, check=False,
    )
    if run.returncode != 0:
        fail("versions", run.stdout + run.stderr)
    # And it does see what a version does not know.
    unknown = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a"}], "resources": {}}}
    run = subprocess.run(
        ["node", TESTS / "validate-versions.mjs", MODULES, *KUBERNETES_VERSIONS],
        input=json.dumps([unknown]), capture_output=True, text=True, check=False,
    )
    missed = [version for version in KUBERNETES_VERSIONS if f"Kubernetes {version}: Pod/a" not in run.stdout]
    if missed:
        fail("versions", f"{missed} take a field of a later version: {run.stdout}{run.stderr}")


def check_all(case, text, folder):
    objects = [item for item in yaml.safe_load_all(text) if item]
    check_names(case, objects)
    check_security(case, objects)
    check_drain(case, objects)
    check_scaling(case, objects)
    check_hooks(case, objects)
    check_rights(case, objects)
    check_policies(case, objects)
    if folder:
        check_configuration(case, objects, folder)
    run = subprocess.run(
        ["node", TESTS / "validate.mjs", MODULES, TESTS / "crds"], input=json.dumps(objects), capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        fail(case, run.stdout + run.stderr)
    return objects


def main():
    for file in (CHART / "templates").rglob("*"):
        if file.is_file() and re.search(r"\blookup\b", file.read_text()):
            fail(file.name, "lookup does not work with Argo CD")
    cases = 0
    rendered = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) if PROGRAMS else None
        if folder:
            make_files(folder)
        examples = [(path.stem, [path]) for path in sorted((CHART / "examples").glob("*.yaml"))]
        good = [(f"good/{path.stem}", [TESTS / "base.yaml", path]) for path in sorted((TESTS / "good").glob("*.yaml"))]
        cluster = [("cluster/values", [TESTS.parent / "cluster" / "values.yaml"])]
        for case, values in examples + good + cluster:
            cases += 1
            run = template(*values)
            if run.returncode != 0:
                fail(case, run.stderr)
                continue
            objects = check_all(case, run.stdout, folder)
            rendered.append(objects)
            if "/" not in case:
                if folder:
                    check_commands(case, objects, folder)
                check_golden(case, objects)
                lint = subprocess.run([HELM, "lint", "--strict", CHART, "--values", values[0]], capture_output=True, text=True, check=False)
                if lint.returncode != 0:
                    fail(case, lint.stdout + lint.stderr)
            if case == "good/backup":
                with tempfile.TemporaryDirectory() as backup_folder:
                    check_backup(case, objects, Path(backup_folder))
            if case in ("ha", "good/monitoring"):
                check_monitoring(case, objects)
    check_versions(rendered)
    for path in sorted((TESTS / "bad").glob("*.yaml")):
        cases += 1
        expected = path.read_text().splitlines()[0].removeprefix("# expects: ")
        run = template(TESTS / "base.yaml", path)
        if run.returncode == 0:
            fail(f"bad/{path.stem}", "was accepted")
        elif expected not in run.stderr:
            fail(f"bad/{path.stem}", f"no '{expected}' in: {run.stderr}")
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"helm: {cases} cases, {len(failures)} failures" + ("" if PROGRAMS else " (programs are not built: their configuration was not checked)"))
    sys.exit(1 if failures else 0)


main()
