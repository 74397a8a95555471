// Validates Kubernetes objects against the schemas of their kinds: a JSON array of objects on standard input, a line a problem.
// validate.mjs NODE_MODULES FOLDER_OF_CRD_SCHEMAS
import { readFileSync } from "node:fs";

const [modules, crds] = process.argv.slice(2);
const load = (path) => import(`file://${modules}/${path}`);
const packages = {
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator/",
  "cert-manager.io": "@kubernetes-models/cert-manager/",
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api/",
  "keda.sh": "@kubernetes-models/keda/",
};
const { default: { default: Ajv } } = await load("ajv/dist/ajv.js");

// The validators let unknown fields pass, but they look at known ones only: what they never look at is unknown.
function observed(value, path, seen) {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== "string" || !Object.hasOwn(target, key)) return target[key];
      seen.add(`${path}/${key}`);
      return observed(target[key], `${path}/${key}`, seen);
    },
  });
}

function unseen(value, path, seen) {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const inner = `${path}/${key}`;
    return seen.has(inner) ? unseen(value[key], inner, seen) : [inner];
  });
}

async function check(object) {
  const group = object.apiVersion.includes("/") ? object.apiVersion.split("/")[0] : "";
  if (group === "postgresql.cnpg.io") {
    const schema = JSON.parse(readFileSync(`${crds}/${object.kind}.json`));
    const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
    if (!validate(object)) throw new Error(validate.errors.map((e) => `${e.instancePath} ${e.message}`).join("; "));
    return;
  }
  const root = packages[group] ?? "kubernetes-models/";
  const source = readFileSync(`${modules}/${root}${object.apiVersion}/${object.kind}.js`, "utf8");
  const { validate } = await load(`${root}_schemas/${/_schemas\/(\w+)\.js/.exec(source)[1]}.js`);
  const seen = new Set();
  if (!validate(observed(object, "", seen))) {
    throw new Error(validate.errors.map((e) => `${e.instancePath} ${e.keyword} ${JSON.stringify(e.params)}`).join("; "));
  }
  const unknown = unseen(object, "", seen);
  if (unknown.length > 0) throw new Error(`unknown fields ${unknown.join(", ")}`);
}

let failed = false;
for (const object of JSON.parse(readFileSync(0))) {
  try {
    await check(object);
  } catch (error) {
    failed = true;
    console.log(`${object.kind}/${object.metadata?.name}: ${error.message}`);
  }
}
process.exit(failed ? 1 : 0);
