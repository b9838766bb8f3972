import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { copyPatchedKuma } from "../support/kuma/patched-kuma.ts";
import { projectFolder } from "../support/paths.ts";
import { change, writeIcon } from "../support/source-data.ts";
import { base } from "./changes.ts";
import { type LiveKuma, openLiveKuma } from "./live-kuma.ts";
import type { Targets } from "./targets.ts";

/** A copy of the real Kuma, patched, with the base configuration; `close` ends it and removes all. */
export async function openBase(targets: Targets): Promise<{ kuma: LiveKuma; close(): Promise<void> }> {
  const patched = await copyPatchedKuma();
  const kuma = await openLiveKuma(patched.dir, (dataDir) => {
    const fixture = `test/fixtures/kuma-dbs/${patched.version}.db`;
    copyFileSync(join(projectFolder, fixture), join(dataDir, "kuma.db"));
    writeIcon(dataDir, "the first icon");
    change(dataDir, base(targets.port, targets.proxies));
  });
  const close = async () => {
    await kuma.close();
    patched.remove();
  };
  return { kuma, close };
}
