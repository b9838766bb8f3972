import * as z from "zod";
import { type NtfyAddress, parseNtfyUrl } from "./ntfy-url.ts";
import { OPTION_NAMES, parseKeepPolicy, parseResticOptions } from "./restic-options.ts";
import type { ListenAddress } from "./types.ts";
import { LONGEST_DURATION, parseDuration, parseListenAddress, splitCommand } from "./values.ts";

// The kinds of settings, each with what is wrong about a value that does not fit and what to do about it.

/** Text, white space around it cut off; "" when it is unset. */
export function optional() {
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

/** A time: "300" (seconds), "30s", "5m". Gives milliseconds. @param shortest milliseconds */
export function duration(fallback: string, shortest: number) {
  const inRange = (text: string) => {
    const time = parseDuration(text);
    return time === undefined || time < shortest || time > LONGEST_DURATION ? undefined : time;
  };
  const wrong = `which is not a time from ${shortest / 1_000} seconds to 24 days`;
  return parsed(fallback, inRange, wrong, "Write seconds (300) or a number with a unit (30s, 5m, 1h).");
}

/** A whole number from 0 on. */
export function count(fallback: number) {
  const toCount = (text: string) => (/^\d{1,6}$/.test(text) ? Number(text) : undefined);
  return parsed(
    String(fallback),
    toCount,
    "which is not a whole number",
    `Write one, for example ${fallback}.`,
  );
}

/** A number of instances from 1 on, or "majority". */
export function countOrMajority(fallback: string) {
  const parse = (text: string): number | "majority" | undefined =>
    text.toLowerCase() === "majority" ? "majority" : /^[1-9]\d?$/.test(text) ? Number(text) : undefined;
  const wrong = "which is neither a number of instances nor majority";
  return parsed(fallback, parse, wrong, `Write a number such as ${fallback}, or majority.`);
}

/** The number of a user or group; undefined when it is unset. */
export function userId() {
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

/** true, yes, 1 and their opposites. */
export function yesOrNo(fallback: boolean) {
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

/** One of some words, in upper or lower case. */
export function oneOf<T extends string>(allowed: readonly T[], fallback: T) {
  const find = (text: string) => allowed.find((word) => word === text.toLowerCase());
  return parsed(fallback, find, "which is not known", `Write one of ${allowed.join(", ")}.`);
}

/** What `restic forget` keeps: see `parseKeepPolicy`. */
export function keepPolicy(fallback: string) {
  const wrong = "which is not a policy of `restic forget`";
  const advice = `Write --keep-… options with their values, and --prune if wanted, such as ${fallback}; or off.`;
  return parsed(fallback, parseKeepPolicy, wrong, advice);
}

/** A program and its arguments: see `splitCommand`. */
export function command(fallback: string) {
  const wrong = "in which a quote is not closed";
  return parsed(fallback, splitCommand, wrong, "Write the program and its arguments, separated by spaces.");
}

/** Options for every call of restic: see `parseResticOptions`. */
export function resticOptions() {
  return optional().transform((text, context): readonly string[] => {
    const result = parseResticOptions(text);
    if (!("wrong" in result)) return result.options;
    const advice = `Write options of restic, such as -o s3.bucket-lookup=path or -o "sftp.args=-i /key". These are taken: ${OPTION_NAMES}.`;
    context.addIssue({ code: "custom", message: result.wrong, params: { advice } });
    return z.NEVER;
  });
}

/** A host and port to listen at: see `parseListenAddress`; undefined when it is unset. */
export function listenAddress() {
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

/** An address of the web. It is not quoted in the message: it can hold a token. A user in it is what fetch refuses. */
export function webAddress() {
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

/** Addresses of the web, separated by commas or white space, without a "/" at their ends. */
export function webAddresses() {
  return optional().transform((text, context): readonly string[] => {
    const addresses = text.split(/[\s,]+/).filter((each) => each !== "");
    const isAddress = (each: string) => {
      const url = URL.canParse(each) ? new URL(each) : undefined;
      return url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash;
    };
    const wrong = addresses.find((each) => !isAddress(each));
    if (wrong === undefined) return addresses.map((each) => each.replace(/\/+$/, ""));
    const params = { advice: "Write http://kuma-fra:3080, https://kuma-nyc.example.com, and so on." };
    const message = `names ${JSON.stringify(wrong)}, which is not an address that begins with http:// or https://`;
    context.addIssue({ code: "custom", message, params });
    return z.NEVER;
  });
}

/** The address of a topic: see `parseNtfyUrl`. It is not quoted in the message: it can hold a password. */
export function ntfyAddress() {
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
