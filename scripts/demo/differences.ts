import { isDeepStrictEqual } from "node:util";
import type { KumaClient } from "../../test/support/kuma/kuma-api.ts";

/** What a person can see in a Kuma, in a shape that two instances with the same configuration share. */
async function describe(kuma: KumaClient, url: string): Promise<Map<string, unknown>> {
  const seen = new Map<string, unknown>();
  const { monitors, notifications, statusPages, maintenances } = kuma.lists;
  for (const monitor of monitors.values()) {
    const { name, type, active, interval, parent, hostname, port } = monitor;
    const tags = monitor.tags.map((tag) => `${tag.name}=${tag.value ?? ""}`).sort();
    const notified = Object.keys(Object(monitor.notificationIDList)).sort();
    const fields = { name, type, active, interval, parent, hostname, port, url: monitor.url, tags, notified };
    seen.set(`monitor "${name}"`, fields);
  }
  for (const { id, name } of notifications.values()) seen.set(`notification "${name}"`, id);
  for (const { title, strategy } of maintenances.values()) seen.set(`maintenance "${title}"`, strategy);
  for (const { slug, title, icon } of statusPages.values()) {
    const page = (await fetchOrFail(`${url}/api/status-page/${slug}`).then((answer) =>
      answer.json(),
    )) as PublicPage;
    // 2.5 has a list of incidents where the others have one.
    const incidents = [page.incidents ?? page.incident].flat().map((each) => each?.title);
    const groups = page.publicGroupList.map((group) => [group.name, group.monitorList.map(({ id }) => id)]);
    const picture = icon
      ? await fetchOrFail(`${url}${icon}`).then((answer) => answer.arrayBuffer())
      : undefined;
    seen.set(`status page "${title}"`, { slug, incidents, groups, picture });
  }
  return seen;
}

interface PublicPage {
  incident?: { title: string } | null;
  incidents?: { title: string }[];
  publicGroupList: { name: string; monitorList: { id: number }[] }[];
}

async function fetchOrFail(url: string): Promise<Response> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
  return answer;
}

/**
 * The names of all that the two instances do not list alike, as `monitor "Home page"`; empty when they are the same.
 */
export async function differences(primary: Located, replica: Located): Promise<string[]> {
  const [left, right] = await Promise.all([
    describe(primary.kuma, primary.url),
    describe(replica.kuma, replica.url),
  ]);
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => !isDeepStrictEqual(left.get(name), right.get(name)));
}

export interface Located {
  readonly kuma: KumaClient;
  readonly url: string;
}
