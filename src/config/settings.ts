import { z } from "zod";
import { splitCommand } from "./command.ts";
import { LONGEST_DURATION, parseDuration } from "./duration.ts";
import { parseKeepPolicy } from "./keep.ts";
import { DEFAULT_KUMA_COMMAND, DEFAULT_KUMA_DIR } from "./kuma.ts";
import { parseListenAddress } from "./listen.ts";
import { type NtfyAddress, parseNtfyUrl } from "./ntfy-url.ts";
import { OPTION_NAMES, parseResticOptions } from "./restic-options.ts";
import type { Config, ListenAddress, NotifyLevel } from "./types.ts";

/** A shorter one would keep restic running without a break: each of its commands takes about half a second. */
const SHORTEST_INTERVAL = 5_000;

/** The variables that are ours, with their defaults. An empty one counts as unset. */
export const settingsSchema = z.object({
  REPLICATOR_MODE: optional(),
  REPLICATOR_INSTANCE_NAME: optional().refine((name) => !/\p{Cc}/u.test(name), {
    message: "contains control characters",
    params: { advice: "Choose a name of one line of plain text." },
  }),
  REPLICATOR_INIT: yesOrNo(true),
  REPLICATOR_TAKEOVER: yesOrNo(false),
  REPLICATOR_ADOPT: oneOf<Config["adopt"]>(["ask", "replace"], "ask"),
  REPLICATOR_KEEP: keepPolicy("--keep-last 30 --keep-daily 30"),
  REPLICATOR_PROOF_WINDOW: duration("10s", 0),
  REPLICATOR_STOP_GRACE: duration("30s", 1_000),
  REPLICATOR_START_LIMIT: duration("3m", 1_000),
  REPLICATOR_RESTART_LIMIT: count(10),
  REPLICATOR_RESTART_PAUSE: duration("1s", 0),
  BACKUP_INTERVAL: duration("5m", SHORTEST_INTERVAL),
  RESTORE_INTERVAL: duration("6m", SHORTEST_INTERVAL),
  KUMA_DIR: optional().transform((dir) => dir || DEFAULT_KUMA_DIR),
  KUMA_COMMAND: command(DEFAULT_KUMA_COMMAND),
  NTFY_URL: ntfyAddress(),
  REPLICATOR_NOTIFY: oneOf<NotifyLevel>(["all", "changes", "errors", "off"], "all"),
  REPLICATOR_CLICK_URL: webAddress(),
  REPLICATOR_WAKE: oneOf(["off", "ntfy"], "off"),
  REPLICATOR_PING_URL: webAddress(),
  REPLICATOR_HTTP: listenAddress(),
  REPLICATOR_RESTIC_OPTIONS: resticOptions(),
  PUID: userId(),
  PGID: userId(),
  LOG_LEVEL: oneOf<Config["log"]["level"]>(["debug", "info", "warn", "error"], "info"),
  LOG_FORMAT: oneOf<Config["log"]["format"]>(["text", "json"], "text"),
});

export type Settings = z.infer<typeof settingsSchema>;

function optional() {
  return z
    .string()
    .optional()
    .transform((value) => value?.trim() ?? "");
}

/** A setting that `parse` understands, or `wrong` and what to do about it. */
function parsed<T>(fallback: string, parse: (text: string) => T | undefined, wrong: string, advice: string) {
  return optional().transform((text, context) => {
    const value = parse(text || fallback);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `is ${JSON.stringify(text)}, ${wrong}`, params: { advice } });
    return z.NEVER;
  });
}

function duration(fallback: string, shortest: number) {
  const inRange = (text: string) => {
    const time = parseDuration(text);
    return time === undefined || time < shortest || time > LONGEST_DURATION ? undefined : time;
  };
  const wrong = `which is not a time from ${shortest / 1_000} seconds to 24 days`;
  return parsed(fallback, inRange, wrong, "Write seconds (300) or a number with a unit (30s, 5m, 1h).");
}

function count(fallback: number) {
  const toCount = (text: string) => (/^\d{1,6}$/.test(text) ? Number(text) : undefined);
  return parsed(
    String(fallback),
    toCount,
    "which is not a whole number",
    `Write one, for example ${fallback}.`,
  );
}

function userId() {
  return optional().transform((text, context): number | undefined => {
    if (text === "") return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    const params = { advice: "Write the number of a user or group, as `id` prints it, such as 1000." };
    context.addIssue({
      code: "custom",
      message: `is ${JSON.stringify(text)}, which is not a number`,
      params,
    });
    return z.NEVER;
  });
}

function yesOrNo(fallback: boolean) {
  const words: Readonly<Record<string, boolean>> = {
    true: true,
    yes: true,
    1: true,
    false: false,
    no: false,
    0: false,
  };
  const wrong = "which is neither yes nor no";
  return parsed(String(fallback), (text) => words[text.toLowerCase()], wrong, "Write true or false.");
}

function oneOf<T extends string>(allowed: readonly T[], fallback: T) {
  const find = (text: string) => allowed.find((word) => word === text.toLowerCase());
  return parsed(fallback, find, "which is not known", `Write one of ${allowed.join(", ")}.`);
}

function keepPolicy(fallback: string) {
  const wrong = "which is not a policy of `restic forget`";
  const advice = `Write --keep-… options with their values, and --prune if wanted, such as ${fallback}; or off.`;
  return parsed(fallback, parseKeepPolicy, wrong, advice);
}

function command(fallback: string) {
  const wrong = "in which a quote is not closed";
  return parsed(fallback, splitCommand, wrong, "Write the program and its arguments, separated by spaces.");
}

function resticOptions() {
  return optional().transform((text, context): readonly string[] => {
    const result = parseResticOptions(text);
    if (!("wrong" in result)) return result.options;
    const advice = `Write options of restic, such as -o s3.bucket-lookup=path or -o "sftp.args=-i /key". These are taken: ${OPTION_NAMES}.`;
    context.addIssue({ code: "custom", message: result.wrong, params: { advice } });
    return z.NEVER;
  });
}

function listenAddress() {
  return optional().transform((text, context): ListenAddress | undefined => {
    const address = parseListenAddress(text);
    if (text === "" || address !== undefined) return address;
    const params = {
      advice: "Write 127.0.0.1:3080, [::1]:3080, or :3080 for every address of this machine.",
    };
    const message = `is ${JSON.stringify(text)}, which is not a host and port`;
    context.addIssue({ code: "custom", message, params });
    return z.NEVER;
  });
}

/** The value is not quoted in the message: it can hold a token. A user in it is what fetch refuses. */
function webAddress() {
  return optional().transform((text, context): string | undefined => {
    if (text === "") return undefined;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password) return text;
    context.addIssue({
      code: "custom",
      message: "is not an address that begins with http:// or https://, without a user and password",
      params: { advice: "Write all of it, such as https://example.com/path." },
    });
    return z.NEVER;
  });
}

/** The value is not quoted in the message: it can hold a password. */
function ntfyAddress() {
  return optional().transform((text, context): NtfyAddress | undefined => {
    if (text === "") return undefined;
    const result = parseNtfyUrl(text);
    if (!("wrong" in result)) return result;
    const advice =
      "Write the server and the topic, for example ntfy.sh/my-topic or https://ntfy.example.com/my-topic.";
    context.addIssue({ code: "custom", message: result.wrong, params: { advice } });
    return z.NEVER;
  });
}
