import { connect } from "node:net";
import { type Config, isPrivateHost, type ProxyConfig, readProxy } from "../config/index.ts";
import { proxyFor } from "../fetch/index.ts";
import { errorMessage } from "../format.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";
import { repositoryUrl } from "./repository-address.ts";

/** Milliseconds. */
const LIMIT = 5_000;
const CHECK = "proxy";
const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"] as const;

/** Whether what goes through a proxy, restic's requests or our own, can, and what goes past it. */
export async function checkProxy({ restic, ntfy }: Pick<Config, "restic" | "ntfy">): Promise<Finding> {
  const { env } = restic;
  const torn = VARIABLES.filter(
    (name) => env[name] && env[name.toLowerCase()] && env[name] !== env[name.toLowerCase()],
  );
  if (torn.length > 0)
    return warning(
      CHECK,
      `${torn.join(", ")} and the same in small letters differ: restic and Replicator Kuma go by the capitals, other programs by the others.`,
      "Set both to the same, or remove one.",
    );
  const proxies = readProxy(env).value;
  if (proxies === undefined) return withoutProxy(env);
  const targets = [
    { name: "The repository", url: repositoryUrl(env) },
    { name: "ntfy", url: ntfy === undefined ? undefined : new URL(ntfy.server) },
  ];
  const routes = await Promise.all(
    targets.flatMap(({ name, url }) => (url === undefined ? [] : [checkRoute(name, url, proxies)])),
  );
  const wrong =
    routes.find(({ status }) => status === "error") ?? routes.find(({ status }) => status === "warn");
  if (wrong !== undefined) return wrong;
  const messages = routes.map(({ message }) => message);
  return ok(CHECK, messages.length === 0 ? "Nothing here is reached by HTTP." : messages.join(" "));
}

async function checkRoute(name: string, url: URL, proxies: ProxyConfig): Promise<Finding> {
  const secure = url.protocol === "https:";
  const host = `${name} (${url.hostname})`;
  const address = proxyFor(url, proxies);
  if (address === undefined) return ok(CHECK, `${host} is reached without it.`);
  const proxy = new URL(address);
  const why = await tryConnect(proxy);
  if (why !== undefined)
    return failed(CHECK, {
      message: `${host} goes through the proxy ${proxy.host}, which cannot be reached (${why}).`,
      advice: `Correct ${secure ? "HTTPS_PROXY" : "HTTP_PROXY"}, or add ${url.hostname} to NO_PROXY.`,
    });
  if (isPrivateHost(url.hostname))
    return warning(
      CHECK,
      `${host} is in a private network, and goes through the proxy ${proxy.host} all the same.`,
      `If the proxy does not reach it, add ${url.hostname} to NO_PROXY.`,
    );
  return ok(CHECK, `${host} goes through ${proxy.host}.`);
}

/** https://pkg.go.dev/golang.org/x/net/http/httpproxy#FromEnvironment has no ALL_PROXY. */
function withoutProxy(env: Config["restic"]["env"]): Finding {
  if (!env.ALL_PROXY && !env.all_proxy) return ok(CHECK, "Not used.");
  return warning(
    CHECK,
    "ALL_PROXY is set, which neither restic nor Replicator Kuma goes by.",
    "Set HTTP_PROXY and HTTPS_PROXY, and NO_PROXY for what is to go past them.",
  );
}

/** @returns why nothing listens there; undefined when something does */
function tryConnect({ hostname, port, protocol }: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const socket = connect({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) });
    const finish = (why: string | undefined) => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(LIMIT, () => finish(`no answer within ${LIMIT / 1_000} s`));
    socket.once("connect", () => finish(undefined));
    socket.once("error", (error) => finish(errorMessage(error)));
  });
}
