import * as z from "zod";
import { APPLIED, APPLIED_TAG, PUBLISHED_TAG } from "./message.ts";

/** One line of ntfy's stream, as far as it is of interest: https://docs.ntfy.sh/subscribe/api/#json-message-format. */
const schema = z.object({
  /** Random; only that of a message can be asked for again. */
  id: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  /** By the server's clock, seconds since 1970. */
  time: z.int().nonnegative(),
  /** `open`, `keepalive`, `message`, and others that concern apps. */
  event: z.string(),
  title: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

export type TopicMessage = z.infer<typeof schema>;

/** @returns undefined when the line is not of ntfy's stream */
export function parseMessage(line: string): TopicMessage | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/**
 * Whether it announces a publish. Everybody who may write to the topic can send one, so nothing in it is believed: it
 * is a reason to check the repository, and no more.
 */
export function announcesPublish({ event, tags }: TopicMessage): boolean {
  return event === "message" && tags?.includes(PUBLISHED_TAG) === true;
}

/**
 * The instance that says that it has applied a snapshot; undefined: it says something else. Anybody may have written
 * it.
 */
export function appliedBy({ event, tags, title }: TopicMessage): string | undefined {
  const ending = `: ${APPLIED}`;
  const isApply = event === "message" && tags?.includes(APPLIED_TAG) && title?.endsWith(ending);
  return isApply ? title?.slice(0, -ending.length) : undefined;
}

/** Where the stream stands after a message, as the `since` of the next request: all that comes after it. */
export function resumeCursor({ event, id, time }: TopicMessage): string {
  return event === "message" ? id : String(time);
}
