import type { NtfyConfig } from "./types.ts";

/** ntfy's own rule for the name of a topic: https://docs.ntfy.sh/publish/ and its server's topic pattern. */
const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;

/**
 * Takes an ntfy address apart: `ntfy.sh/topic`, `https://host/topic`, `http://host:1234/topic`,
 * `https://user:password@host/topic`. Without a scheme it is https. A path before the topic stays part of the server.
 * User and password become Basic authorization (an empty user with an access token as password is what ntfy takes too).
 * @returns what is wrong with it, as the end of a sentence, when it cannot be used
 */
export function parseNtfyUrl(text: string): NtfyConfig | { wrong: string } {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address)) return { wrong: "is not an address" };
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { wrong: "is neither http nor https" };
  const folders = url.pathname.split("/").filter((part) => part !== "");
  const topic = folders.pop();
  if (topic === undefined) return { wrong: "names no topic" };
  if (!TOPIC.test(topic)) return { wrong: "ends in something that cannot be a topic" };
  return {
    server: [url.origin, ...folders].join("/"),
    topic,
    authorization: url.username || url.password ? basic(url) : undefined,
  };
}

function basic(url: URL): string {
  const credentials = [url.username, url.password].map(decode).join(":");
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
