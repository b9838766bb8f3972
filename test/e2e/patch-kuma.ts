import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { execa } from "execa";
import { killBareKuma, startBareKuma } from "../support/kuma/bare-kuma.ts";
import { connectKuma, type KumaClient } from "../support/kuma/kuma-api.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

/**
 * A copy of a Kuma, by hard links, that goes with the test. Beside the original, so that the dependencies of an npm
 * package are found as they are from there. What is replaced in the copy by a rename stays in the original.
 */
export async function copyOfKuma(t: TestContext, kumaDir: string): Promise<string> {
  const copy = await mkdtemp(path.join(path.dirname(kumaDir), ".patch-test-"));
  t.after(() => rm(copy, { recursive: true, force: true }));
  await execa("cp", ["-al", `${kumaDir}/.`, copy]);
  return copy;
}

export interface RunningKuma {
  readonly client: KumaClient;
  readonly dataDir: string;
  /** Ends it at once: its data is thrown away. */
  end(): Promise<void>;
}

/** Runs the Kuma in `kumaDir` with a fresh data folder, and sets it up. `env` is added to its environment. */
export async function runKuma(
  t: TestContext,
  kumaDir: string,
  env: Record<string, string>,
): Promise<RunningKuma> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "patch-data-"));
  const port = await freePort();
  // Kuma asks IANA for a list by fetch, and takes the one it brings when there is no network: so it does here.
  const NODE_OPTIONS = "--import=data:text/javascript,globalThis.fetch=async()=>{throw(Error())}";
  const kuma = startBareKuma({ kumaDir, dataDir, port, env: { NODE_OPTIONS, ...env } });
  const end = async () => {
    await killBareKuma(kuma);
    await rm(dataDir, { recursive: true, force: true });
  };
  t.after(end);
  const url = `http://127.0.0.1:${port}`;
  await waitFor("Kuma's port", () => {
    if (kuma.exitCode !== null) throw new Error(`Kuma ended with exit code ${kuma.exitCode}.`);
    return fetch(`${url}/api/entry-page`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  });
  const client = await connectKuma(url);
  t.after(() => client.close());
  return { client, dataDir, end };
}

/** A key and a certificate of 127.0.0.1 for five days, in `dir`. */
export async function shortCertificate(dir: string): Promise<{ key: string; cert: string }> {
  const key = path.join(dir, "key.pem");
  const cert = path.join(dir, "cert.pem");
  const subject = ["-subj", "/CN=kuma.example", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", cert];
  await execa("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "5",
    ...subject,
    ...files,
  ]);
  return { key, cert };
}
