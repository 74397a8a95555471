// Compares Kubernetes objects with the types of versions of Kubernetes: fields that a version does not know, that it needs, or whose type is
// another. A JSON array of objects on standard input, a line a problem. Objects of operators are left out.
// validate-versions.mjs NODE_MODULES VERSION…
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createRequire } from "node:module";

const [modules, ...versions] = process.argv.slice(2);
const ts = createRequire(`${modules}/`)("typescript");
const folders = {
  v1: "core/v1",
  "apps/v1": "apps/v1",
  "autoscaling/v2": "autoscaling/v2",
  "batch/v1": "batch/v1",
  "networking.k8s.io/v1": "networking/v1",
  "policy/v1": "policy/v1",
  "rbac.authorization.k8s.io/v1": "rbac/v1",
};
const operators = /(^|\.)(cert-manager\.io|cnpg\.io|coreos\.com|gateway\.networking\.k8s\.io|keda\.sh)\//;
const objects = JSON.parse(readFileSync(0)).filter((object) => !operators.test(object.apiVersion));
const name = `${dirname(modules)}/objects.ts`;

// Each object is a literal on a line of its own: the compiler refuses unknown fields of literals.
function sourceFor(version) {
  return objects
    .map((object, index) => {
      const folder = folders[object.apiVersion];
      if (!folder) throw new Error(`${object.kind}: which types has ${object.apiVersion}?`);
      const type = `import("kubernetes-types-${version}/${folder}").${object.kind}`;
      return `export const o${index}: ${type} = ${JSON.stringify(object)};`;
    })
    .join("\n");
}

let failed = false;
for (const version of versions) {
  const text = sourceFor(version);
  const options = { noEmit: true, strict: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.readFile = (path) => (path === name ? text : readFile(path));
  host.getSourceFile = (path, ...rest) =>
    path === name ? ts.createSourceFile(path, text, ts.ScriptTarget.ESNext) : getSourceFile(path, ...rest);
  for (const found of ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))) {
    failed = true;
    const object = found.file ? objects[found.file.getLineAndCharacterOfPosition(found.start).line] : null;
    const message = ts.flattenDiagnosticMessageText(found.messageText, "; ");
    console.log(`Kubernetes ${version}: ${object ? `${object.kind}/${object.metadata.name}: ` : ""}${message}`);
  }
}
process.exit(failed ? 1 : 0);
