import assert from "node:assert/strict";
import { it } from "node:test";
import { PATIENCE } from "../support/wait.ts";
import { rcloneBackend } from "./kinds/rclone.ts";
import { systemRestic } from "./restics.ts";
import { tryBackend } from "./run.ts";

/** The short form of `npm run backends`, with a stand-in for Kuma. A folder and sftp are met in other tests as well. */
it("a pair meets behind rclone, and what is wrong there is told as what it is", async () => {
  const kuma = { env: {}, version: "2.5.3" };
  const rows = await tryBackend(rcloneBackend, {
    restic: await systemRestic(),
    kuma,
    soon: PATIENCE,
    isShort: true,
  });
  assert.deepEqual(
    rows.filter(({ holds }) => !holds),
    [],
  );
  assert.equal(rows.length, 7);
});
