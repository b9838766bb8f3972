import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureKuma } from "../support/install/kuma.ts";

/** The releases on which live applies were compared with restarts. */
const COMPARED = ["1.23.17", "2.0.2", "2.3.2", "2.5.3"];

/** Why the Kuma under test is none of them, for `skip`; undefined: it is one. KUMA_DIR chooses it. */
export async function whyNotCompared(): Promise<string | undefined> {
  const version = readKumaVersion(await ensureKuma());
  return COMPARED.includes(version)
    ? undefined
    : `live applies are compared with restarts on ${COMPARED.join(", ")}, not on ${version}: set KUMA_DIR`;
}
