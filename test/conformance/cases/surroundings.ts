import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../../support/install/on-path.ts";
import { type Case, ofSupervisor, TROUBLE } from "../case.ts";
import { fixture } from "../columns.ts";
import { makeFolder } from "../ground.ts";
import type { InstanceOptions } from "../instance.ts";

/** A whole small life: ready, published, asked to stop, exit 0; and nothing above "info" in the log. */
function works(
  name: string,
  options: InstanceOptions,
  prepare: (folder: string) => void = () => undefined,
): Case {
  return ofSupervisor(`works: ${name}`, async (open) => {
    const folder = makeFolder();
    prepare(folder);
    const instance = await open(options, folder);
    // What it prints may go nowhere here, so look at what it does.
    await instance.noted("ready");
    const snapshots = join(folder, "data", "repository", "snapshots");
    await instance.until("a snapshot is in the repository", () => readdirSync(snapshots).length > 0);
    assert.doesNotMatch(instance.output(), TROUBLE);
    instance.signal("SIGTERM");
    assert.equal(await instance.ended(), 0);
    assert.ok(instance.notes().includes("end"));
  });
}

/** PATH for a folder with just these programs: no ps above all. */
function pathOf(folder: string, programs: readonly string[]): void {
  mkdirSync(join(folder, "bin"));
  for (const program of programs) symlinkSync(onPath(program) ?? "", join(folder, "bin", program));
}

/** A tree as the 1.23 image has it: its entrypoint is what honours PUID and PGID there. */
function treeOf123(folder: string): void {
  chmodSync(folder, 0o755);
  cpSync(fixture("kuma"), join(folder, "kuma"), { recursive: true });
  mkdirSync(join(folder, "kuma", "extra"));
  writeFileSync(join(folder, "kuma", "extra", "entrypoint.sh"), "");
}

const NOBODY = "65534";

export const surroundings: readonly Case[] = [
  works("no ps, nor anything else but restic", { env: { PATH: "{folder}/bin" } }, (folder) => {
    pathOf(folder, ["restic"]);
  }),
  works("read-only root file system, writable data folder", { surround: ["read-only", "{folder}/data"] }),
  works("a user that is not root (the rootless image)", { surround: ["user", NOBODY] }, (folder) => {
    execFileSync("chown", ["-R", NOBODY, folder]);
  }),
  works("standard input closed, no terminal", { surround: ["no-stdin"] }),
  works("standard output is a pipe that nobody reads", { stdout: "closed" }),
  works("somebody else is PID 1, and nothing is said about it", { namespace: false }),
  works("2.x ignores PUID and PGID, as its image does", { env: { PUID: "1234", PGID: "1235" } }),
  ofSupervisor("1.23: PUID and PGID are Kuma's user, and the owner of its data", async (open) => {
    const folder = makeFolder();
    treeOf123(folder);
    const instance = await open({ env: { KUMA_DIR: "{folder}/kuma", PUID: "1234", PGID: "1235" } }, folder);
    await instance.noted("ready");
    await instance.noted("start 1234:1235");
    const { uid, gid } = statSync(join(folder, "data", "kuma.db"));
    assert.deepEqual([uid, gid], [1234, 1235]);
    instance.signal("SIGTERM");
    assert.equal(await instance.ended(), 0);
  }),
];
