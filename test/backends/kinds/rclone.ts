import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/ports.ts";
import type { Backend, Env } from "../backend.ts";
import { joinFronts, onlyReading, openFront } from "../front.ts";
import { startServer } from "../server.ts";

const USER = "kuma";
const PASSWORD = "hush-hush";

/** restic's backend that starts rclone, for storage that rclone alone speaks to: here a WebDAV server. */
export const rcloneBackend: Backend = {
  name: "rclone: (WebDAV)",
  open: async (folder) => {
    const data = join(folder, "data");
    mkdirSync(data);
    const server = await startServer((port) => [
      ...["rclone", "serve", "webdav", "--addr", `127.0.0.1:${port}`],
      ...["--user", USER, "--pass", PASSWORD, "--dir-cache-time", "0s", data],
    ]);
    const [full, readOnly] = [await openFront(server.port), await openFront(server.port, onlyReading)];
    const joined = joinFronts([full, readOnly]);
    const at = ({ port }: { port: number }, password = PASSWORD): Env => ({
      RESTIC_REPOSITORY: "rclone:storage:kuma",
      RCLONE_CONFIG_STORAGE_TYPE: "webdav",
      RCLONE_CONFIG_STORAGE_VENDOR: "other",
      RCLONE_CONFIG_STORAGE_URL: `http://127.0.0.1:${port}`,
      RCLONE_CONFIG_STORAGE_USER: USER,
      RCLONE_CONFIG_STORAGE_PASS: execFileSync("rclone", ["obscure", password], { encoding: "utf8" }).trim(),
    });
    return {
      full: at(full),
      readOnly: at(readOnly),
      mistakes: [
        {
          name: "another password",
          mode: "RESTORE",
          env: at(full, "wrong"),
          says: /The storage does not accept the credentials that rclone has.*401|rclone could not open the storage/,
        },
        {
          name: "a remote that rclone does not know",
          mode: "RESTORE",
          env: { ...at(full), RESTIC_REPOSITORY: "rclone:nowhere:kuma" },
          says: /rclone does not know the remote|rclone could not open the storage/,
        },
        {
          name: "a port where nobody listens",
          mode: "BACKUP",
          env: at({ port: await freePort() }),
          says: /rclone cannot reach the storage.*connection refused|rclone could not open the storage/,
        },
        {
          name: "a path with no repository",
          mode: "RESTORE",
          env: { ...at(full), RESTIC_REPOSITORY: "rclone:storage:missing" },
          says: /There is no restic repository where RESTIC_REPOSITORY points/,
        },
      ],
      whenReadOnly: /The restic repository may not be written to.*403/,
      whenAway: /rclone cannot reach the storage.*connection refused|rclone could not open the storage/,
      ...joined,
      close: async () => {
        await Promise.all([joined.away(), server.close()]);
      },
    };
  },
};
