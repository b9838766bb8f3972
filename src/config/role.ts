import type { Role } from "./types.ts";

/**
 * The role that REPLICATOR_MODE asks for. Only BACKUP makes a primary; anything else follows, as it always did, for a
 * mistyped replica does no harm and a second primary would. What was surely not meant is warned of.
 */
export function chooseRole(mode: string): { role: Role; warnings: string[] } {
  const word = mode.toUpperCase();
  if (word === "BACKUP") return { role: "primary", warnings: [] };
  if (word === "RESTORE" || word === "") return { role: "replica", warnings: [] };
  return {
    role: "replica",
    warnings: [
      `REPLICATOR_MODE is ${JSON.stringify(mode)}, which is neither BACKUP nor RESTORE: this instance follows as a replica, and its own changes will be overwritten. Set it to BACKUP if it shall be the primary.`,
    ],
  };
}
