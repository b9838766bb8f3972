import type { ProxyConfig } from "../config/index.ts";
import { proxyFor } from "./bypass.ts";
import type { Fetch } from "./send.ts";

/**
 * `fetch` through the proxies of the environment, which Node's own does not know (it does from Node 24 on). Without a
 * proxy it is Node's own, and what speaks to one is not even loaded: it costs some megabytes.
 */
export function createFetch(proxy: ProxyConfig | undefined): Fetch {
  if (proxy === undefined) return globalThis.fetch;
  const through = new Map<string, Promise<Fetch>>();
  return async (url, request) => {
    const address = proxyFor(new URL(url), proxy);
    if (address === undefined) return globalThis.fetch(url, request);
    const proxied = through.get(address) ?? openProxy(address);
    through.set(address, proxied);
    return (await proxied)(url, request);
  };
}

/**
 * https targets are reached by CONNECT; http ones are asked of the proxy, which often lets CONNECT to port 443 only.
 */
async function openProxy(address: string): Promise<Fetch> {
  const { fetch, ProxyAgent } = await import("undici");
  const dispatcher = new ProxyAgent({ uri: address, proxyTunnel: false });
  // undici's fetch is Node's own in another release: the same requests and answers, under other names of types.
  const proxied = fetch as unknown as (url: string, request: object) => Promise<Response>;
  return (url, request) => proxied(url, { ...request, dispatcher });
}
