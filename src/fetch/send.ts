import { errorMessage } from "../format.ts";

/** What our own requests need of `fetch`. */
export type Fetch = (url: string, request: RequestInit) => Promise<Response>;

/** How long a server may take for one message, milliseconds. */
const SEND_LIMIT = 10_000;

/**
 * Sends one request whose answer nobody reads.
 * @param name what stands for the address in what is returned
 * @returns what went wrong, undefined when nothing did
 */
export async function sendRequest(
  fetch: Fetch,
  name: string,
  url: string,
  request: RequestInit,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(SEND_LIMIT) });
    await response.body?.cancel();
    return response.ok ? undefined : `${name} answered ${response.status}`;
  } catch (error) {
    return `${name} cannot be reached (${errorMessage(error)})`;
  }
}

/** Cuts a text to so many characters, where it is longer. */
export function shorten(text: string, longest: number): string {
  const characters = [...text];
  return characters.length > longest ? `${characters.slice(0, longest).join("")}…` : text;
}
