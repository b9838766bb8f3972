import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { type Config, type HttpConfig, redact } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { limitWaiting } from "../limit-waiting.ts";
import type { Observer } from "../observed/index.ts";
import type { Peers } from "../peers/index.ts";
import { findWedge } from "./health.ts";
import { kumaPageOf } from "./kuma-page.ts";
import { mark } from "./mark.ts";
import { createMetrics } from "./metrics.ts";
import { renderPage } from "./page.ts";
import { answerPeer } from "./peers.ts";
import { script } from "./script.ts";
import { answerSnapshots } from "./snapshot-pages.ts";
import type { SnapshotSource } from "./snapshot-source.ts";
import { style } from "./style.ts";

/** A request is one line and some headers: whoever takes longer is no browser, milliseconds. */
const REQUEST_LIMIT = 5_000;
/** How often that is checked, milliseconds; Node's own pace is 30 s. */
const CHECK_EVERY = 1_000;
/** A further one takes the place of the oldest: so an orchestrator that asks for the health always gets in. */
const MOST_CONNECTIONS = 100;

const HEADERS = {
  // Nothing but the page's own style, script and icon, and its asking for itself again: no form, no frame.
  "Content-Security-Policy": `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

const TEXT = "text/plain; charset=utf-8";
const HTML = "text/html; charset=utf-8";

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebServer {
  /** Counts for the metrics; what is observed comes before it. */
  readonly listener: Listener;
  /** Listens until the signal aborts, and then ends at once. What keeps it from listening is a warning, and no more. */
  start(signal: AbortSignal, emit: Listener): void;
}

/** See `openWebServer`. */
export function createWebServer(
  http: HttpConfig,
  { secrets, kuma, notify }: Pick<Config, "secrets" | "kuma" | "notify">,
  {
    observer,
    peers,
    snapshots,
  }: {
    readonly observer: Observer;
    readonly peers: Peers | undefined;
    readonly snapshots: SnapshotSource;
  },
): WebServer {
  const metrics = createMetrics(observer.current, peers?.fleet);

  function page(host: string | undefined): Page {
    const kumaPage = notify.clickUrl ?? kumaPageOf(host, http, kuma.url);
    const parts = { secrets, kumaPage, fleet: peers?.fleet() };
    return { status: 200, type: HTML, body: renderPage(observer.current(), parts, Date.now()) };
  }

  async function snapshotPage(url: string, signal: AbortSignal): Promise<Page> {
    const [path = "", query] = url.split("?");
    const hide = (words: string) => redact(words, secrets);
    const asked = { path, query: new URLSearchParams(query), hide, now: Date.now(), signal };
    const found = await answerSnapshots(snapshots, asked);
    return found === undefined
      ? text(404, "Not here. There are /, /snapshots, /metrics, /healthz and /readyz.")
      : { ...found, type: HTML };
  }

  async function respond(
    { url = "", method = "", headers }: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Page> {
    const [path] = url.split("?");
    if (method !== "GET" && method !== "HEAD")
      return { ...text(405, "Only GET."), headers: { Allow: "GET, HEAD" } };
    switch (path) {
      case "/healthz": {
        const wedge = findWedge(observer.current(), Date.now());
        return wedge === undefined ? text(200, "ok") : text(503, `wedged: ${wedge}`);
      }
      case "/readyz": {
        const { state } = observer.current().kuma;
        return text(state === "ready" ? 200 : 503, `Uptime Kuma: ${state}`);
      }
      case "/favicon.svg":
        return { status: 200, type: "image/svg+xml", body: mark };
    }
    if (!isAuthorized(headers.authorization, http.credentials)) {
      const challenge = { "WWW-Authenticate": 'Basic realm="Replicator Kuma", charset="UTF-8"' };
      return { ...text(401, "User and password, please."), headers: challenge };
    }
    switch (path) {
      case "/":
        return page(headers.host);
      case "/metrics":
        return { status: 200, type: metrics.contentType, body: await metrics.text() };
      default:
        return snapshotPage(url, signal);
    }
  }

  return {
    listener: metrics.listener,
    start: (signal, emit) => {
      const server = createServer(
        {
          requestTimeout: REQUEST_LIMIT,
          headersTimeout: REQUEST_LIMIT,
          connectionsCheckingInterval: CHECK_EVERY,
        },
        (request, response) => {
          const isOfPeer = request.url === "/peers" && request.method === "POST" && peers !== undefined;
          (isOfPeer ? answerPeer(request, peers) : respond(request, signal))
            // A defect of a page must not end the supervision of Kuma.
            .catch(
              (error: unknown): Page =>
                text(500, `This failed: ${error instanceof Error ? error.name : "unknown"}.`),
            )
            .then(({ status, type, body, headers }) => {
              response.writeHead(status, { ...HEADERS, ...headers, "Content-Type": type });
              response.end(request.method === "HEAD" ? undefined : body);
            });
        },
      );
      limitWaiting(server, MOST_CONNECTIONS);
      server.on("error", (error: NodeJS.ErrnoException) =>
        emit({ type: "warning", message: describeListenError(http, error) }),
      );
      server.listen({ host: http.host, port: http.port, signal });
      signal.addEventListener("abort", () => server.closeAllConnections(), { once: true });
    },
  };
}

function text(status: number, body: string): Page {
  return { status, type: TEXT, body: `${body}\n` };
}

function describeListenError(
  { host = "every address", port }: HttpConfig,
  { code }: NodeJS.ErrnoException,
): string {
  const why = code === "EADDRINUSE" ? "something else already listens there" : code;
  return `Page and metrics are not served: port ${port} of ${host} cannot be had (${why}). All else goes on; set REPLICATOR_HTTP to an address that is free.`;
}

/**
 * Whether a request may see what is behind the password. Compared by hash: in constant time, whatever the lengths.
 * @param header the Authorization header
 * @param credentials `user:password`; undefined: everybody may
 */
function isAuthorized(header: string | undefined, credentials: string | undefined): boolean {
  if (credentials === undefined) return true;
  const [, encoded = ""] = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? "") ?? [];
  return timingSafeEqual(sha256(Buffer.from(encoded, "base64")), sha256(Buffer.from(credentials)));
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
