import type { Config } from "../config/index.ts";
import { createFetch } from "../fetch/index.ts";
import { errorMessage } from "../format.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Milliseconds. */
const LIMIT = 10_000;
const CLOCK_TOLERANCE = 2 * 60_000;

/** Asks the ntfy server how it is (https://docs.ntfy.sh/config/#health-checks); its answer has the time, too. */
export async function checkNtfy({
  ntfy,
  webhook,
  proxy,
}: Pick<Config, "ntfy" | "webhook" | "proxy">): Promise<Finding[]> {
  if (webhook !== undefined)
    return [ok("ntfy", "NTFY_URL is not an ntfy topic: messages go there as plain text. Not tested here.")];
  if (ntfy === undefined) return [ok("ntfy", "Not used.")];
  try {
    const signal = AbortSignal.timeout(LIMIT);
    const answer = await createFetch(proxy)(`${ntfy.server}/v1/health`, {
      headers: ntfy.headers ?? {},
      signal,
    });
    await answer.body?.cancel();
    const reached = answer.ok
      ? ok("ntfy", "The ntfy server answers.")
      : warning(
          "ntfy",
          `The ntfy server answers with ${answer.status}.`,
          "Check NTFY_URL: it must name an ntfy server.",
        );
    return [reached, ...compareClocks(answer.headers.get("date"))];
  } catch (error) {
    const why = errorMessage(error);
    return [
      failed("ntfy", {
        message: `The ntfy server cannot be reached (${why}).`,
        advice: "Check the container's network, and NTFY_URL. Replication works without ntfy.",
      }),
    ];
  }
}

function compareClocks(date: string | null): Finding[] {
  const time = Date.parse(date ?? "");
  if (Number.isNaN(time) || Math.abs(Date.now() - time) < CLOCK_TOLERANCE) return [];
  const minutes = Math.round((Date.now() - time) / 60_000);
  return [
    failed("clock", {
      message: `The clock here is ${Math.abs(minutes)} min ${minutes > 0 ? "ahead of" : "behind"} that of the ntfy server.`,
      advice: "Set the clock of this machine by NTP.",
    }),
  ];
}
