import type { Examination, KumaDatabase } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";
import type { Content } from "../../snapshot/index.ts";

/** Checks content that is about to be published. */
export type PublishCheck = (content: Content) => Promise<Result<void>>;

/**
 * Keeps a primary from publishing what every replica would refuse, and reports once what is left out of what it
 * publishes.
 */
export function createPublishCheck(database: Pick<KumaDatabase, "examine">, emit: Listener): PublishCheck {
  const reported = new Set<string>();
  return async (content) => {
    const examined = await database.examine(content);
    if (!examined.ok) return examined;
    const problem = findUnpublishable(examined.value);
    if (problem !== undefined) return failure(problem);
    const news = examined.value.leftOut.filter((sentence) => !reported.has(sentence));
    for (const sentence of news) reported.add(sentence);
    if (news.length > 0) emit({ type: "warning", message: `Published without a part. ${news.join(" ")}` });
    return success(undefined);
  };
}

/** Names all that keeps the content from being published, and what mends it. */
export function findUnpublishable({ faults }: Examination): Problem | undefined {
  if (faults.length === 0) return undefined;
  return {
    code: "content-unpublishable",
    message: `Not published, for no replica would take it. ${faults.join(" ")}`,
    advice:
      "Open each of these entries in Uptime Kuma and save or delete it. What its pages do not show: stop the container, and with the sqlite3 shell set the named column of these rows to NULL or another value, or delete them.",
  };
}
