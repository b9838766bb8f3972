/** How often the page asks for itself again, milliseconds. */
const REFRESH = 20_000;

/**
 * The page's script; its hash is what the Content-Security-Policy lets in. Without it the page says the same, in the
 * server's time zone, and reloads as a whole.
 *
 * It writes times as the reader's clock shows them, and brings only the parts up to date that have changed: so whoever
 * listens to the page, or has scrolled or selected in it, is not thrown back to its begin. The pages of snapshots have
 * no such parts: there it writes times alone, and asks for nothing.
 */
export const script = `
const clock = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const localize = (root) => {
  for (const each of root.querySelectorAll("time")) each.title = new Date(each.dateTime).toLocaleString();
  for (const each of root.querySelectorAll("[data-times]")) {
    const times = each.dataset.times.split(" ").map(Number);
    each.textContent = each.textContent.replace(/\\d\\d:\\d\\d/g, (text) => (times.length ? clock(times.shift()) : text));
  }
  for (const each of root.querySelectorAll(".zone")) each.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
};
const refresh = async () => {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  localize(next);
  document.title = next.title;
  const parts = [...document.querySelectorAll("[data-part]")];
  const nextParts = [...next.querySelectorAll("[data-part]")];
  if (parts.map((part) => part.dataset.part).join() !== nextParts.map((part) => part.dataset.part).join())
    return document.querySelector("main").replaceChildren(...next.querySelector("main").childNodes);
  parts.forEach((part, index) => {
    const now = nextParts[index];
    if (part.outerHTML === now.outerHTML) return;
    part.className = now.className;
    part.replaceChildren(...now.childNodes);
  });
};
localize(document);
if (document.querySelector("[data-part]")) setInterval(() => document.hidden || refresh().catch(() => {}), ${REFRESH});
`;
