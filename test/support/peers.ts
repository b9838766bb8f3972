import { freePort } from "./ports.ts";
import { waitFor } from "./wait.ts";

/** The settings of so many instances on this machine, each with the addresses of all. */
export async function peerSettings(
  count: number,
): Promise<{ readonly REPLICATOR_HTTP: string; readonly REPLICATOR_PEERS: string }[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const all = addresses.map((each) => `http://${each}`).join(" ");
  return addresses.map((each) => ({ REPLICATOR_HTTP: each, REPLICATOR_PEERS: all }));
}

/** Waits until each instance knows of all, and that their Kumas run. @param web where their metrics are */
export async function untilAcquainted(web: readonly string[]): Promise<void> {
  const areAll = async () => {
    const known = await Promise.all(
      web.map(async (address) => {
        const text = await (await fetch(`${address}/metrics`)).text();
        return [...text.matchAll(/^replicator_fleet_kuma_up\{.*\} 1$/gm)].length;
      }),
    );
    return known.every((count) => count === web.length) || undefined;
  };
  await waitFor("all to know of one another", areAll, { every: 100 });
}
