import assert from "node:assert/strict";
import { constants } from "node:os";
import { type Case, ofAnyInit } from "../case.ts";

const NO_SECOND_CHANCE = { REPLICATOR_RESTART_LIMIT: "0" };

/** The end of the child, when nobody asked for it, is the end of PID 1. */
export const ending: readonly Case[] = [
  ...[0, 1, 2, 64, 127, 254, 255].map((code) =>
    ofAnyInit(`child exits ${code} by itself → the same exit code`, async (open) => {
      const instance = await open({
        kuma: ["--exit", String(code), "--after", "300"],
        env: NO_SECOND_CHANCE,
      });
      assert.equal(await instance.ended(), code);
    }),
  ),
  ...(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"] as const).map((signal) =>
    ofAnyInit(`child dies by ${signal} → ${128 + constants.signals[signal]}`, async (open) => {
      const instance = await open({ kuma: ["--die", signal, "--after", "300"], env: NO_SECOND_CHANCE });
      assert.equal(await instance.ended(), 128 + constants.signals[signal]);
    }),
  ),
];
