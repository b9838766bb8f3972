/** Shorter parts of a path are words rather than keys; hiding them would turn words of the log into stars. */
const SHORTEST_KEY = 16;

/**
 * What of a ping address must not be seen: all of it, and the parts of its path that let others ping, such as the
 * token of a push monitor and the UUID of a check.
 */
export function secretsOfPing(url: string | undefined): string[] {
  if (url === undefined) return [];
  const { href, pathname, search } = new URL(url);
  const keys = pathname.split("/").filter((part) => part.length >= SHORTEST_KEY);
  const [, token = ""] = /\/push\/([^/]+)$/.exec(pathname) ?? [];
  return [url, href, search, token, ...keys];
}
