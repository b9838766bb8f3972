import { readFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { compileFunction } from "node:vm";
import { execa } from "execa";
import { failure, success } from "../result.ts";
import { INJECTED_FILES, NOTIFICATION_FILE } from "./anchors.ts";
import { SELF_TEST } from "./injected.ts";
import type { PatchProblemCode, PatchResult } from "./types.ts";

/** It takes about 100 ms; the limit is for machines that are busy building images. */
const SELF_TEST_TIMEOUT_MS = 30_000;

const EXPECTED = {
  answers: ["sent", "sent", "sent"],
  received: [
    {
      msg: "[self-test] message",
      monitorJSON: { name: "monitor" },
      heartbeatJSON: { msg: "[self-test] heartbeat", status: 0 },
    },
    { msg: "[self-test] message", monitorJSON: null, heartbeatJSON: null },
    {
      msg: "[self-test] message",
      monitorJSON: { name: "[self-test] monitor" },
      heartbeatJSON: { msg: "[self-test] heartbeat", status: 0 },
    },
  ],
  // That it can do nothing, for all that Kuma consists of is stand-ins.
  live: { replicatorKuma: 1, id: 1, ok: false },
};

/**
 * Verifies a patched tree, from what is on the disk: all files parse as CommonJS, and Kuma's own Notification.send in
 * it, loaded in a child process, hands a provider the message with the prefix, and one that shows no message the
 * monitor's name with it; the module for live applies answers on its channel. Problems: parse-failed, self-test-failed.
 */
export async function verifyTree(kumaDir: string): Promise<PatchResult<void>> {
  for (const file of [...INJECTED_FILES, NOTIFICATION_FILE]) {
    try {
      const source = await readFile(path.join(kumaDir, file), "utf8");
      compileFunction(source, ["exports", "require", "module", "__filename", "__dirname"]);
    } catch (error) {
      return verifyProblem("parse-failed", `${file} does not parse once patched: ${String(error)}`);
    }
  }
  const { failed, stdout, stderr, timedOut } = await execa(
    process.execPath,
    [SELF_TEST, path.join(kumaDir, NOTIFICATION_FILE)],
    {
      env: { REPLICATOR_INSTANCE_NAME: "self-test" },
      extendEnv: false,
      stdin: "ignore",
      timeout: SELF_TEST_TIMEOUT_MS,
      killSignal: "SIGKILL",
      reject: false,
    },
  );
  if (!failed && saysExpected(stdout)) return success(undefined);
  const words = timedOut ? `no answer in ${SELF_TEST_TIMEOUT_MS} ms` : failed ? stderr : `it sent ${stdout}`;
  return verifyProblem(
    "self-test-failed",
    `The patched ${NOTIFICATION_FILE} does not send correctly: ${words}`,
  );
}

function saysExpected(stdout: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(stdout), EXPECTED);
  } catch {
    return false;
  }
}

function verifyProblem(code: PatchProblemCode, message: string): PatchResult<never> {
  return failure({
    code,
    message,
    advice: "The files were restored. Use a Kuma release that docs/notification-patch.md names.",
  });
}
