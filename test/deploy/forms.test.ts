import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import { readCompose, readQuadlet, readSwarm } from "../support/deploy/docker.ts";
import { readChartValues, readKubernetes } from "../support/deploy/kubernetes.ts";

const folder = mkdtempSync(join(tmpdir(), "deploy-forms-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const secret = join(folder, "secret");
writeFileSync(secret, "a-password\n");

const primary = readKubernetes("primary");
const replica = readKubernetes("replica");
const forms = [primary, replica, readChartValues(), readCompose(), ...readSwarm(), readQuadlet()];

for (const form of forms)
  describe(`deploy/${form.file}, as ${form.env.REPLICATOR_INSTANCE_NAME}`, () => {
    it("runs as a user without rights, on a root that it cannot write to", () => {
      assert.equal(form.user, "1000:1000");
      assert.equal(form.isReadOnly, true);
      assert.deepEqual(form.dropped, ["ALL"]);
      assert.ok(form.added.every((capability) => capability === "NET_RAW"));
      assert.notEqual(form.noNewPrivileges, false);
      assert.deepEqual(form.temporary, ["/tmp"]);
    });

    it("gives a stop the time that a migration takes, where that can be said", () => {
      assert.equal(form.stopTimeout ?? 300, 300);
    });

    it("has settings that are understood without a warning, and secrets by file alone", () => {
      const env = Object.entries(form.env);
      const files = env.filter(([name]) => name.endsWith("_FILE"));
      assert.ok(files.length >= 2);
      for (const [, path] of files) assert.match(path, /^\/run\/secrets\//);
      const loaded = loadConfig(
        { ...form.env, ...Object.fromEntries(files.map(([name]) => [name, secret])) },
        folder,
      );
      assert.ok(loaded.ok);
      const { warnings, obstacles, http, role } = loaded.config;
      assert.deepEqual([...warnings, ...obstacles], []);
      assert.equal(http?.port, 3080);
      assert.equal(role, form.env.REPLICATOR_MODE === "BACKUP" ? "primary" : "replica");
      assert.doesNotMatch(env.map(([name]) => name).join(" "), /PASSWORD\b|SECRET|TOKEN\b/);
    });
  });

it("the overlays of Kubernetes differ in role and name alone", () => {
  const { REPLICATOR_MODE, REPLICATOR_INSTANCE_NAME, ...shared } = primary.env;
  const other = { ...shared, REPLICATOR_MODE: "RESTORE", REPLICATOR_INSTANCE_NAME: "kuma-replica" };
  assert.deepEqual([REPLICATOR_MODE, REPLICATOR_INSTANCE_NAME], ["BACKUP", "kuma-primary"]);
  assert.deepEqual(replica.env, other);
});
