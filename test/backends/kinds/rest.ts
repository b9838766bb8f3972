import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/ports.ts";
import type { Backend } from "../backend.ts";
import { joinFronts, onlyReading, openFront } from "../front.ts";
import { startServer } from "../server.ts";

const USER = "kuma";
const PASSWORD = "hush-hush";

/** What serves a folder as restic's REST protocol, with a user and a password. */
interface RestProgram {
  readonly name: string;
  /** @param htpasswd a file with the user */
  readonly command: (serve: {
    port: number;
    folder: string;
    htpasswd: string;
    appendOnly: boolean;
  }) => readonly string[];
}

const rclone: RestProgram = {
  name: "rclone serve restic",
  command: ({ port, folder, htpasswd, appendOnly }) => [
    ...["rclone", "serve", "restic", "--addr", `127.0.0.1:${port}`, "--htpasswd", htpasswd],
    ...(appendOnly ? ["--append-only"] : []),
    folder,
  ],
};

/** @param file where restic's own server is */
const restServer = (file: string): RestProgram => ({
  name: "rest-server",
  command: ({ port, folder, htpasswd, appendOnly }) => [
    ...[file, "--listen", `127.0.0.1:${port}`, "--path", folder, "--htpasswd-file", htpasswd],
    ...(appendOnly ? ["--append-only"] : []),
  ],
});

export const rcloneServeBackend = createRestBackend(rclone);
export const restServerBackend = (file: string) => createRestBackend(restServer(file));

function createRestBackend({ name, command }: RestProgram): Backend {
  return {
    name,
    open: async (folder) => {
      const data = join(folder, "data");
      const htpasswd = join(folder, "htpasswd");
      mkdirSync(data);
      const hashed = createHash("sha1").update(PASSWORD).digest("base64");
      writeFileSync(htpasswd, `${USER}:{SHA}${hashed}\n`);
      const serve = (appendOnly: boolean) =>
        startServer((port) => command({ port, folder: data, htpasswd, appendOnly }));
      const [server, appending] = [await serve(false), await serve(true)];
      const [full, appendOnly, readOnly] = [
        await openFront(server.port),
        await openFront(appending.port),
        await openFront(server.port, onlyReading),
      ];
      const joined = joinFronts([full, appendOnly, readOnly]);
      const at = ({ port }: { port: number }, password = PASSWORD) => ({
        RESTIC_REPOSITORY: `rest:http://${USER}:${password}@127.0.0.1:${port}/kuma/`,
      });
      return {
        full: at(full),
        readOnly: at(readOnly),
        appendOnly: at(appendOnly),
        mistakes: [
          {
            name: "another password",
            mode: "RESTORE",
            env: at(full, "wrong"),
            says: /The restic repository refuses to be read.*401/,
          },
          {
            name: "a port where nobody listens",
            mode: "BACKUP",
            env: at({ port: await freePort() }),
            says: /The restic repository cannot be reached.*connection refused/,
          },
          {
            name: "https where there is none",
            mode: "RESTORE",
            env: { RESTIC_REPOSITORY: at(full).RESTIC_REPOSITORY.replace("http:", "https:") },
            says: /The server does not speak TLS at this address/,
          },
          {
            name: "a path with no repository",
            mode: "RESTORE",
            env: { RESTIC_REPOSITORY: at(full).RESTIC_REPOSITORY.replace("/kuma/", "/missing/") },
            says: /There is no restic repository where RESTIC_REPOSITORY points/,
          },
        ],
        whenReadOnly: /The restic repository may not be written to.*403/,
        whenAway: /The restic repository cannot be reached.*connection refused/,
        ...joined,
        close: async () => {
          await Promise.all([joined.away(), server.close(), appending.close()]);
        },
      };
    },
  };
}
