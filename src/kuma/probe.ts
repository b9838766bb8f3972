import { get as httpGet } from "node:http";
import { get as httpsGet } from "node:https";
import { connect } from "node:net";

/**
 * What Kuma's port says.
 * - ready: the real server answers.
 * - setup: 2.x waits for the person to choose a database.
 * - busy: something answers that is not the real server: 2.x's migration page, or a server that is still coming up.
 * - silent: nothing listens.
 */
export type Answer = "ready" | "setup" | "busy" | "silent";

const PROBE_LIMIT_MS = 2_000;
/** An entry page is a short JSON; whoever sends more is not Kuma. */
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Asks `GET /api/entry-page`, the one address that tells Kuma's real server from its setup and migration servers
 * (both answer 200 to anything else). Measured on 1.23.0, 1.23.17, 2.0.2, 2.3.2 and 2.5.3.
 * @param url scheme, host and port of Kuma
 */
export function probe(url: string): Promise<Answer> {
  const get = url.startsWith("https:") ? httpsGet : httpGet;
  return new Promise((resolve) => {
    // Kuma's own certificate is rarely for 127.0.0.1; whether it is valid is not our question.
    const request = get(`${url}/api/entry-page`, { rejectUnauthorized: false, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > BODY_LIMIT_BYTES) request.destroy();
      });
      response.on("end", () => resolve(readAnswer(body)));
      response.on("error", () => resolve("busy"));
    });
    // Not the request's own timeout, which begins anew with each byte.
    const late = setTimeout(() => {
      request.destroy();
      resolve("busy");
    }, PROBE_LIMIT_MS);
    request.on("close", () => clearTimeout(late));
    request.on("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code === "ECONNREFUSED" ? "silent" : "busy");
    });
  });
}

function readAnswer(body: string): Answer {
  try {
    const parsed: unknown = JSON.parse(body);
    const type = typeof parsed === "object" && parsed !== null && "type" in parsed ? parsed.type : undefined;
    if (type === "entryPage" || type === "statusPageMatchedDomain") return "ready";
    return type === "setup-database" ? "setup" : "busy";
  } catch {
    return "busy";
  }
}

/** Whether something listens where Kuma would: Kuma 1.23 hangs for ever, saying nothing, when its port is taken. */
export function isPortTaken(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || (protocol === "https:" ? 443 : 80)),
      timeout: PROBE_LIMIT_MS,
    });
    const answer = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => answer(true));
    socket.once("timeout", () => answer(false));
    socket.once("error", () => answer(false));
  });
}
