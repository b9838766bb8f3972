/** The tools that read these files, as far as they are on this machine; what a cluster would add needs a cluster. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { execa } from "execa";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Service } from "kubernetes-models/v1/Service";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";
import { parseDeployFile } from "../support/deploy/form.ts";
import { onPath } from "../support/install/on-path.ts";
import { projectFolder } from "../support/paths.ts";

const LIMIT = 30_000;
const folder = mkdtempSync(join(tmpdir(), "deploy-tools-"));
after(() => rmSync(folder, { recursive: true, force: true }));
cpSync(join(projectFolder, "deploy"), folder, { recursive: true });

const MODELS = { StatefulSet, NetworkPolicy, PodDisruptionBudget, ConfigMap, Service };
const object = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const labels = z.record(z.string(), z.string());
const byLabels = z.object({ matchLabels: labels });
const statefulSet = z.object({
  spec: z.object({
    selector: byLabels,
    serviceName: z.string(),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        containers: z.tuple([
          z.object({
            env: z.array(z.object({ name: z.string(), value: z.string() })),
            envFrom: z.tuple([z.object({ configMapRef: z.object({ name: z.string() }) })]),
            securityContext: z.object({ capabilities: z.unknown() }),
          }),
        ]),
      }),
    }),
  }),
});

/** Throws what Kubernetes' own schema says against it. Kinds that are not Kubernetes' own have none here. */
function validate(data: unknown): z.infer<typeof object> {
  const found = object.parse(data);
  const Model = Object.entries(MODELS).find(([kind]) => kind === found.kind)?.[1];
  if (Model === undefined) assert.equal(found.kind, "ServiceMonitor");
  else new Model(found as never).validate();
  return found;
}

describe("deploy/kubernetes", () => {
  it("has objects in its base that Kubernetes' schemas take", () => {
    for (const name of ["statefulset", "service", "networkpolicy", "poddisruptionbudget"])
      validate(parseDeployFile(`kubernetes/base/${name}.yaml`));
  });

  const kustomize = [
    ["kustomize", "build"],
    ["kubectl", "kustomize"],
  ].find(([tool = ""]) => onPath(tool));
  const skip = kustomize === undefined && "neither kustomize nor kubectl is here";

  async function render(role: string) {
    const [tool = "", command = ""] = kustomize ?? [];
    const overlay = join(folder, "kubernetes/overlays", role);
    const { stdout } = await execa(tool, [command, overlay], { timeout: LIMIT });
    const all = parseAllDocuments(stdout).map((document) => validate(document.toJS()));
    const one = (kind: string) => all.find((found) => found.kind === kind) ?? assert.fail(`no ${kind}`);
    const set = statefulSet.parse(one("StatefulSet"));
    return { one, set, pod: set.spec.template.metadata.labels };
  }

  for (const role of ["primary", "replica"])
    it(`renders a ${role} whose objects select its own pods, and no other`, { skip }, async () => {
      const { one, set, pod } = await render(role);
      assert.deepEqual(pod, {
        "app.kubernetes.io/name": "replicator-kuma",
        "app.kubernetes.io/component": role,
      });
      const spec = <T>(kind: string, shape: z.ZodType<T>) => z.object({ spec: shape }).parse(one(kind)).spec;
      assert.deepEqual(set.spec.selector.matchLabels, pod);
      assert.deepEqual(spec("Service", z.object({ selector: labels })).selector, pod);
      const budget = spec("PodDisruptionBudget", z.object({ selector: byLabels }));
      assert.deepEqual(budget.selector.matchLabels, pod);
      const policy = spec("NetworkPolicy", z.object({ podSelector: byLabels }));
      assert.deepEqual(policy.podSelector.matchLabels, pod);
      assert.equal(set.spec.serviceName, one("Service").metadata.name);
      const [container] = set.spec.template.spec.containers;
      assert.equal(container.envFrom[0].configMapRef.name, one("ConfigMap").metadata.name);
    });

  it("renders with every component that the overlay names in comments", { skip }, async () => {
    const file = join(folder, "kubernetes/overlays/primary/kustomization.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace(/^# components:\n(# .*\n)+/m, (lines) => lines.replaceAll(/^# /gm, "")),
    );
    const { one, set, pod } = await render("primary");
    writeFileSync(file, text);
    const [container] = set.spec.template.spec.containers;
    assert.deepEqual(container.securityContext.capabilities, { add: ["NET_RAW"], drop: ["ALL"] });
    const env = new Map(container.env.map(({ name, value }) => [name, value]));
    assert.equal(env.get("UPTIME_KUMA_DB_TYPE"), "mariadb");
    assert.equal(env.get("REPLICATOR_HTTP"), ":3080");
    const monitor = z.object({ spec: z.object({ selector: byLabels }) }).parse(one("ServiceMonitor"));
    assert.deepEqual(monitor.spec.selector.matchLabels, pod);
  });
});

describe("Docker takes", () => {
  const compose = onPath("docker-compose");
  for (const file of ["compose/compose.yml", "swarm/stack.yml"])
    it(`deploy/${file}`, { skip: compose === undefined && "docker-compose is not here" }, async () => {
      cpSync(join(folder, "compose/settings.env.example"), join(folder, "compose/settings.env"));
      await execa("docker-compose", ["--file", join(folder, file), "config", "--quiet"], { timeout: LIMIT });
    });

  it("deploy/swarm/stack.yml as a stack that stops the old before it starts the new", async (test) => {
    const args = ["stack", "config", "--compose-file", join(folder, "swarm/stack.yml")];
    // Since Docker 25, and without an engine.
    const known = await execa("docker", ["stack", "config", "--help"], { reject: false, timeout: LIMIT });
    if (!known.stdout.includes("docker stack config")) return test.skip("this docker has no `stack config`");
    const { stdout } = await execa("docker", args, { timeout: LIMIT });
    const order = z.object({ order: z.literal("stop-first") });
    const deploy = z.object({ update_config: order, rollback_config: order, replicas: z.literal(1) });
    const shape = z.object({ services: z.record(z.string(), z.object({ deploy })) });
    assert.deepEqual(Object.keys(shape.parse(parse(stdout)).services), ["primary", "replica"]);
  });
});

/** In Debian's package podman from trixie on; that of bookworm is older than quadlets. */
const QUADLET = "/usr/libexec/podman/quadlet";
const quadlet = existsSync(QUADLET) ? QUADLET : undefined;

describe("Podman makes a service of deploy/podman", () => {
  it("with all of its settings", {
    skip: quadlet === undefined && `there is no ${QUADLET} here`,
  }, async () => {
    const env = { QUADLET_UNIT_DIRS: join(folder, "podman") };
    const { stdout } = await execa(quadlet ?? "", ["-dryrun", "-user"], { env, timeout: LIMIT });
    const start = /^ExecStart=(.*podman run.*)$/m.exec(stdout)?.[1] ?? assert.fail(stdout);
    for (const argument of ["--read-only", "--cap-drop all", "--cap-add net_raw", "--user 1000:1000"])
      assert.ok(start.includes(argument), `${argument} in ${start}`);
    for (const argument of ["--security-opt=no-new-privileges", "--stop-timeout=300", "-v kuma:/app/data"])
      assert.ok(start.includes(argument), `${argument} in ${start}`);
  });
});
