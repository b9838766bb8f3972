import { waitFor } from "../wait.ts";
import { connectKuma, type KumaClient } from "./kuma-api.ts";

/** A client of a Kuma that restarts now and then, as a replica's does when it applies. */
export interface FollowingClient {
  /**
   * Looks at the instance until `look` gives something, over as many restarts as it takes; throws a LabError that
   * names `what` after `timeout` milliseconds.
   */
  until<T>(
    what: string,
    readState: (kuma: KumaClient) => Promise<T | undefined> | T | undefined,
    options: { timeout: number; signal?: AbortSignal },
  ): Promise<T>;
  close(): void;
}

/** Connects to the Kuma at `url` when first asked, and again whenever the connection has ended. */
export function followKuma(url: string): FollowingClient {
  let current: KumaClient | undefined;
  async function connected(signal?: AbortSignal): Promise<KumaClient | undefined> {
    if (current?.isOpen()) return current;
    // No answer means that it is restarting; the time limit of whoever waits tells when that is too long.
    current = await connectKuma(url, { timeout: 10_000, ...(signal && { signal }) }).catch(() => undefined);
    return current;
  }
  return {
    until: (what, readState, options) =>
      waitFor(
        what,
        async () => {
          const kuma = await connected(options.signal);
          // A restart in the middle of a look is not a failure, the next look sees the new one.
          return (
            kuma &&
            (await Promise.resolve(readState(kuma)).catch((error) =>
              kuma.isOpen() ? Promise.reject(error) : undefined,
            ))
          );
        },
        options,
      ),
    close: () => current?.close(),
  };
}
