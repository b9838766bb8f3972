import type { Examination } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";

/** Checks what is about to be published. */
export type PublishCheck = (examination: Examination) => Result<void>;

/**
 * Keeps a primary from publishing what every replica would refuse, and reports once what is left out of what it
 * publishes.
 */
export function createPublishCheck(emit: Listener): PublishCheck {
  const reported = new Set<string>();
  return (examination) => {
    const problem = findUnpublishable(examination);
    if (problem !== undefined) return failure(problem);
    const news = examination.leftOut.filter((sentence) => !reported.has(sentence));
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
      "Open each of these entries in Uptime Kuma and save or delete it. What its pages do not show: stop the container, and with the sqlite3 shell or the mariadb client set the named column of these rows to NULL or another value, or delete them.",
  };
}
