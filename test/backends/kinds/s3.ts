import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/ports.ts";
import { KEYS, keyOf, refuseByRights } from "../../support/s3-rights.ts";
import type { Backend, Env } from "../backend.ts";
import { openFront, type Refusal } from "../front.ts";
import { startServer } from "../server.ts";

/**
 * S3 as moto does it. It lets every key do everything (its own check of signatures takes restic's lists for forged), so
 * rights are the front's: it refuses in Amazon's words what a key of that name may not do.
 * @param root where Debian's moto is unpacked
 */
export const s3Backend = (root: string): Backend => ({
  name: "s3 (moto)",
  open: async () => {
    makeCertificates(root);
    const server = await startServer((port) => [
      ...["chroot", root, "python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
    ]);
    const front = await openFront(server.port, ({ headers, method = "", url = "/" }): Refusal | undefined => {
      const [, , key = ""] = /^\/([^/]*)\/?(.*)$/.exec(new URL(url, "http://s3").pathname) ?? [];
      const refusal = refuseByRights(keyOf(headers), method, key);
      if (refusal === undefined) return undefined;
      const [status, code, message] = refusal;
      return [status, "application/xml", `<Error><Code>${code}</Code><Message>${message}</Message></Error>`];
    });
    const at = (id: string, { bucket = "kuma", port = front.port } = {}): Env => ({
      ...KEYS,
      AWS_ACCESS_KEY_ID: id,
      RESTIC_REPOSITORY: `s3:http://127.0.0.1:${port}/${bucket}`,
    });
    return {
      full: at("full-access"),
      readOnly: at("may-read"),
      appendOnly: at("may-append"),
      mistakes: [
        {
          name: "a key that is not known",
          mode: "RESTORE",
          env: at("unknown"),
          says: /The storage does not accept the credentials.*Access Key Id you provided/,
        },
        {
          name: "another secret",
          mode: "BACKUP",
          env: at("wrong-secret"),
          says: /The storage does not accept the credentials.*signature we calculated/,
        },
        {
          name: "a bucket that is missing, on a replica",
          mode: "RESTORE",
          env: at("full-access", { bucket: "missing" }),
          says: /There is no restic repository where RESTIC_REPOSITORY points/,
        },
        {
          name: "a bucket that is missing, on a primary that creates nothing",
          mode: "BACKUP",
          env: { ...at("full-access", { bucket: "missing" }), REPLICATOR_INIT: "false" },
          says: /The bucket that RESTIC_REPOSITORY names does not exist/,
        },
        {
          name: "a port where nobody listens",
          mode: "BACKUP",
          env: at("full-access", { port: await freePort() }),
          says: /The restic repository cannot be reached.*connection refused/,
        },
      ],
      whenReadOnly: /The restic repository may not be written to.*Access Denied/,
      whenAway: /The restic repository cannot be reached.*connection refused/,
      away: front.away,
      back: front.back,
      requests: front.requests,
      close: async () => {
        await Promise.all([front.away(), server.close()]);
      },
    };
  },
});

/** The file that installing would have made of them: moto does not start without one. */
function makeCertificates(root: string): void {
  const file = join(root, "etc/ssl/certs/ca-certificates.crt");
  if (existsSync(file)) return;
  const from = join(root, "usr/share/ca-certificates/mozilla");
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(
    file,
    readdirSync(from)
      .map((name) => readFileSync(join(from, name), "utf8"))
      .join(""),
  );
}
