import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { patchTree } from "../../../src/patch/index.ts";
import { ensureKuma } from "../install/kuma.ts";
import { LabError } from "../install/lab-error.ts";

export interface PatchedKuma {
  readonly dir: string;
  readonly version: string;
  /** Whether its configuration can be changed while it runs: a pre-release is restarted instead. */
  readonly goesLive: boolean;
  remove(): void;
}

/**
 * A copy of the real Kuma, by hard links, patched as in the image. Beside the original, so that the dependencies of an
 * npm package are found as they are from there.
 */
export async function copyPatchedKuma(): Promise<PatchedKuma> {
  const original = await ensureKuma();
  const dir = mkdtempSync(join(dirname(original), ".patched-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  process.once("exit", remove);
  await execa("cp", ["-al", `${original}/.`, dir]);
  const patched = await patchTree(dir);
  if (!patched.ok) throw new LabError(patched.problem.message);
  const { kumaVersion: version } = patched.value;
  return { dir, version, goesLive: !version.includes("-"), remove };
}
