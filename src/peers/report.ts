import { steadyNow } from "../clock.ts";
import type { Listener } from "../events/index.ts";
import type { Contact } from "./exchange.ts";
import type { Known } from "./known.ts";

/** An address is reported once it was not reached for so long, milliseconds: a restart takes less. */
const LOST_AFTER = 60_000;

/** Says once when an address is reached, and once when it has not been for a minute. */
export function reportContacts(emit: Listener, known: () => readonly Known[]): (contact: Contact) => void {
  const reported = new Map<string, "reached" | "lost">();
  return ({ address, id, failing }) => {
    const before = reported.get(address);
    if (failing === undefined && before !== "reached") {
      reported.set(address, "reached");
      const name = known().find(({ page }) => page.id === id)?.page.name;
      if (name !== undefined) emit({ type: "peer-reached", address, name });
    }
    if (failing !== undefined && before !== "lost" && steadyNow() - failing.since >= LOST_AFTER) {
      reported.set(address, "lost");
      emit({ type: "peer-lost", address, problem: failing.problem });
    }
  };
}

/** Says once of each instance that its REPLICATOR_ALERT is another one. @param own that of this instance */
export function reportModes(emit: Listener, own: string): (known: readonly Known[]) => void {
  const reported = new Map<string, string>();
  return (known) => {
    for (const { page } of known) {
      if (reported.get(page.id) === page.alert) continue;
      reported.set(page.id, page.alert);
      if (page.alert === own) continue;
      emit({
        type: "warning",
        message: `REPLICATOR_ALERT is ${own} here and ${page.alert} at ${page.name}: each instance goes by its own, so that people may get more messages. Set it to the same on all.`,
      });
    }
  };
}

/** Says once that a Kuma is ready that does not ask. */
export function reportSilentKuma(emit: Listener): () => void {
  return warnOnce(
    emit,
    "Uptime Kuma does not say what its checks find: no other instance hears of it, and its messages go out as ever. It is not patched for this release, or KUMA_COMMAND does not pass an open file descriptor on; `replicator-kuma doctor` says which.",
  );
}

export function reportTwin(emit: Listener): () => void {
  return warnOnce(
    emit,
    "Another instance has the id of this one, so its data folder is a copy of this one's: each of the two overlooks the other. Stop it, remove the file state.json of its state folder, and start it again.",
  );
}

function warnOnce(emit: Listener, message: string): () => void {
  let isReported = false;
  return () => {
    if (isReported) return;
    isReported = true;
    emit({ type: "warning", message });
  };
}
