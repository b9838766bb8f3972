import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { whyNoSshd } from "../support/ssh-server.ts";
import { PATIENCE } from "../support/wait.ts";
import { folderBackend } from "./kinds/folder.ts";
import { rcloneBackend } from "./kinds/rclone.ts";
import { sftpBackend } from "./kinds/sftp.ts";
import { systemRestic } from "./restics.ts";
import { tryBackend } from "./run.ts";

/** The short form of `npm run backends`: what needs no other program than the tests have, with a stand-in for Kuma. */
describe("backends", { concurrency: 3 }, () => {
  for (const backend of [folderBackend, sftpBackend, rcloneBackend]) {
    const skip = backend === sftpBackend && whyNoSshd;
    it(`${backend.name}: all that must hold there`, { skip }, async () => {
      const kuma = { env: {}, version: "2.5.3" };
      const rows = await tryBackend(backend, { restic: await systemRestic(), kuma, soon: PATIENCE });
      assert.deepEqual(
        rows.filter(({ holds }) => !holds),
        [],
      );
      assert.ok(rows.length > 5);
    });
  }
});
