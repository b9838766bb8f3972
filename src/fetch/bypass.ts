import { BlockList, isIP } from "node:net";
import type { ProxyConfig } from "../config/index.ts";

/** The address of the proxy that a request goes through; undefined: it goes by none. */
export function proxyFor(url: URL, proxy: ProxyConfig | undefined): string | undefined {
  if (proxy === undefined || bypassesProxy(url, proxy.bypass)) return undefined;
  return proxy[url.protocol === "https:" ? "https" : "http"];
}

/**
 * Whether a request goes past the proxy, as restic decides it
 * (https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config): always to this machine, else by the entries of NO_PROXY:
 * `*`, an address, a network such as 10.0.0.0/8, a name and all below it, `.name` for those below it alone; each but
 * a network may end in a port.
 */
export function bypassesProxy(url: URL, entries: readonly string[]): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) return true;
  return entries.some((entry) => matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const network = /^([^/]+)\/(\d{1,3})$/.exec(entry);
  if (network !== null) return isInNetwork(host, network[1] ?? "", Number(network[2]));
  const { name, port: wanted } = splitPort(entry);
  if (name === "" || (wanted !== undefined && wanted !== port)) return false;
  if (isIP(host) !== 0) return name === host;
  const bare = name.replace(/^\*?\./, "");
  return host.endsWith(`.${bare}`) || (bare === name && host === name);
}

/** `name`, `name:port`, `[::1]`, `[::1]:port`, and an IPv6 address without brackets. */
function splitPort(entry: string): { name: string; port: string | undefined } {
  if (isIP(entry) !== 0) return { name: entry, port: undefined };
  const [, six, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: six ?? plain ?? "", port };
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const version = isIP(network);
  if (version === 0 || isIP(host) !== version || bits > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}
