import type { HttpConfig } from "../config/index.ts";

/**
 * Where a reader of our page most likely reaches Uptime Kuma's: the same host, and Kuma's port. Only where our own page
 * was reached at the port that it listens at: behind a reverse proxy, or a port mapping, nothing can be said.
 * @param host the Host header of the request
 * @param kumaUrl Kuma's address, seen from this machine
 */
export function kumaPageOf(
  host: string | undefined,
  { port }: Pick<HttpConfig, "port">,
  kumaUrl: string,
): string | undefined {
  const [, name, reached] = /^([a-z0-9.-]+|\[[0-9a-f:.]+\]):(\d+)$/i.exec(host ?? "") ?? [];
  if (name === undefined || Number(reached) !== port) return undefined;
  const { protocol, port: kumaPort } = new URL(kumaUrl);
  return `${protocol}//${name}${kumaPort === "" ? "" : `:${kumaPort}`}/`;
}
