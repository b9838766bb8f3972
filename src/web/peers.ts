import type { IncomingMessage } from "node:http";
import { LONGEST_MESSAGE, type Peers } from "../peers/index.ts";
import { readAtMost } from "../read-at-most.ts";

/**
 * Bodies that are read at a time: nobody is known before the last byte, so this is what strangers can take of the
 * memory. A further one takes the place of the oldest: an instance sends its own at once.
 */
const MOST_READ = 16;
const reading = new Set<IncomingMessage>();

/** What another instance gets for an answer. It shows by its key who it is, so there is no password to ask for. */
export async function answerPeer(
  request: IncomingMessage,
  peers: Pick<Peers, "receive">,
): Promise<{ status: number; type: string; body: string | Buffer; headers?: Record<string, string> }> {
  const [oldest] = reading;
  if (reading.size >= MOST_READ) oldest?.destroy();
  reading.add(request);
  const body = await readAtMost(request, LONGEST_MESSAGE).finally(() => reading.delete(request));
  if (body === undefined) return refusal(413, "Too long.");
  const answer = await peers.receive(body);
  if (answer === undefined) return refusal(403, "Not understood.");
  return { status: 200, type: "application/octet-stream", body: answer };
}

/** What was not read of the body is not waited for: the connection ends. */
function refusal(status: number, body: string) {
  return { status, type: "text/plain; charset=utf-8", body: `${body}\n`, headers: { Connection: "close" } };
}
