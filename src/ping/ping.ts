import { type Config, redact } from "../config/index.ts";
import type { Listener, ReplicatorEvent } from "../events/index.ts";
import { describeProblem } from "../events/index.ts";
import { createFetch, type Fetch, sendRequest, shorten } from "../fetch/index.ts";

/** Kuma's push monitors: /api/push/TOKEN, also below a path of a reverse proxy. */
const KUMA_PUSH = /\/api\/push\/[^/]+$/;
/** Kuma takes the message in the address. */
const LONGEST_MESSAGE = 250;

/** How a cycle went, for those who watch. `problem`: one sentence and what to do; undefined when it went well. */
interface Ping {
  readonly problem: string | undefined;
}

/**
 * The dead man's switch: pings an address after each cycle, so that somebody notices when the pings stay away.
 * Healthchecks style (https://healthchecks.io/docs/http_api/): GET of the address, and POST of the problem to
 * ADDRESS/fail; or one of Kuma's push monitors, which is known by its path (`/api/push/:pushToken` in
 * server/routers/api-router.js of Kuma 1.23 to 2.5). In the background: a failed ping is lost, and never anybody's
 * failure. While one is under way only the newest of the others waits.
 * @param report gets an event when pings fail, once until one succeeds; never the address, a secret
 */
export function createPinger(
  { pingUrl, proxy, secrets }: Pick<Config, "pingUrl" | "proxy" | "secrets">,
  report: Listener,
  { fetch = createFetch(proxy) }: { fetch?: Fetch } = {},
): Listener {
  if (pingUrl === undefined) return () => {};
  const url = pingUrl;
  let works = true;
  let isSending = false;
  let next: Ping | undefined;
  /** A roll-back ends its cycle in order, but not well. */
  let rolledBack: string | undefined;

  async function sendAll(): Promise<void> {
    isSending = true;
    for (let ping = next; ping !== undefined; ping = next) {
      next = undefined;
      const { address, request } = requestFor(url, ping);
      const problem = await sendRequest(fetch, "the address", address, request);
      if (problem !== undefined && works)
        report({ type: "notification-failed", to: "REPLICATOR_PING_URL", reason: redact(problem, secrets) });
      works = problem === undefined;
    }
    isSending = false;
  }

  function ping(problem: string | undefined): void {
    next = { problem: problem && redact(problem, secrets) };
    if (!isSending) void sendAll();
  }

  return (event: ReplicatorEvent) => {
    switch (event.type) {
      case "rolled-back":
        rolledBack = describeProblem(event.problem);
        return;
      case "cycle-failed":
        return ping(describeProblem(event.problem));
      case "cycle-done":
        if (event.succeeded) ping(rolledBack);
        rolledBack = undefined;
    }
  };
}

function requestFor(url: string, { problem }: Ping): { address: string; request: RequestInit } {
  const address = new URL(url);
  if (KUMA_PUSH.test(address.pathname)) {
    address.searchParams.set("status", problem === undefined ? "up" : "down");
    address.searchParams.set("msg", shorten(problem ?? "OK", LONGEST_MESSAGE));
    return { address: address.href, request: {} };
  }
  if (problem === undefined) return { address: address.href, request: {} };
  address.pathname = `${address.pathname.replace(/\/$/, "")}/fail`;
  return { address: address.href, request: { method: "POST", body: problem } };
}
