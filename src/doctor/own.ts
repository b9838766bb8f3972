import type { Role } from "../config/index.ts";
import type { OwnParts } from "../database/index.ts";
import { describeOwn } from "../events/index.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** What is a replica's own, and whether its settings keep that. None where there is nothing to say. */
export function checkOwn(
  own: OwnParts,
  { local: keepsLocal }: { readonly local: boolean },
  role: Role,
): Finding[] {
  const check = "its own";
  const { monitors, others } = own.local;
  // A primary's are content: see `checkContent`.
  if (role === "primary") return [];
  if (!keepsLocal && monitors + others > 0)
    return [
      warning(
        check,
        `Entries were added here while REPLICATOR_LOCAL was on, or have ids as if (monitors: ${monitors}, others: ${others}); it is off, so the next apply removes them.`,
        "Set REPLICATOR_LOCAL=true and restart the container to keep them.",
      ),
    ];
  if (keepsLocal && !own.countsLocally)
    return [
      warning(
        check,
        "REPLICATOR_LOCAL is on, but nothing was applied with it yet: what is added here now goes with the next apply.",
        "Wait for the first apply, or ask for it: `replicator-kuma sync`.",
      ),
    ];
  const parts = describeOwn(own);
  return parts.length > 0 ? [ok(check, `${parts.join("; ")}.`)] : [];
}
