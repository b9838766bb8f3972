/**
 * `npm run backends`: a primary and a replica, each with a real Uptime Kuma, at every kind of storage that can be had
 * here, with the system's restic and with the newest. Prints a table, and exits 1 when something does not hold.
 *   --match=TEXT    only backends whose name holds the text
 *   --restic=TEXT   only with a restic whose version begins with the text
 */
import { parseArgs } from "node:util";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensurePackages } from "../support/install/apt.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { ensureKuma } from "../support/install/kuma.ts";
import { ensureRestic } from "../support/install/restic.ts";
import { unpackDebian } from "../support/install/unpack-debian.ts";
import { whyNoSshd } from "../support/ssh-server.ts";
import type { Backend, Restic } from "./backend.ts";
import { folderBackend } from "./kinds/folder.ts";
import { rcloneBackend } from "./kinds/rclone.ts";
import { rcloneServeBackend, restServerBackend } from "./kinds/rest.ts";
import { s3Backend } from "./kinds/s3.ts";
import { sftpBackend } from "./kinds/sftp.ts";
import { newestRestic, systemRestic } from "./restics.ts";
import { tryBackend } from "./run.ts";

/** Milliseconds. */
const SOON = 30_000;

const { values: options } = parseArgs({
  options: { match: { type: "string", default: "" }, restic: { type: "string", default: "" } },
});

// What is made for a backend is removed when the process exits, which a signal alone would not let it do.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
await ensureRestic();
await ensurePackages(["rclone", "unshare", "setpriv"]);
await ensureBuilt();
const kumaDir = await ensureKuma();
const kuma = { env: { KUMA_DIR: kumaDir, KUMA_COMMAND: "" }, version: readKumaVersion(kumaDir) };
const backends = (await listBackends()).filter(({ name }) => name.includes(options.match));
const restics = (await listRestics()).filter(({ version }) => version.startsWith(options.restic));
console.log(`Uptime Kuma ${kuma.version}\n${line(["backend", "restic", "case", "seen"])}`);
const total = { cases: 0, missed: 0 };
for (const backend of backends) for (const restic of restics) await print(backend, restic);
console.log(`\n${total.cases} cases, ${total.missed} missed`);
// Not by itself: what a case that does not hold left open would keep it alive.
process.exit(total.cases > 0 && total.missed === 0 ? 0 : 1);

async function print(backend: Backend, restic: Restic): Promise<void> {
  await tryBackend(backend, {
    restic,
    kuma,
    soon: SOON,
    report: ({ name, saw, holds }) => {
      total.cases += 1;
      if (!holds) total.missed += 1;
      console.log(line([backend.name, restic.version, name, holds ? saw : `MISSED: ${saw}`]));
    },
  });
}

/** What cannot be had here is said in a line. */
async function listBackends(): Promise<Backend[]> {
  const restServer = await unpackDebian("sid", ["restic-rest-server"]);
  const moto = await unpackDebian("trixie", ["python3-moto", "python3-flask-cors"], {
    whole: true,
  });
  if (whyNoSshd) console.log(`sftp is not tried: ${whyNoSshd}`);
  for (const each of [restServer, moto]) if ("missing" in each) console.log(each.missing);
  return [
    folderBackend,
    ...(whyNoSshd ? [] : [sftpBackend]),
    rcloneServeBackend,
    ...("root" in restServer ? [restServerBackend(`${restServer.root}/usr/bin/restic-rest-server`)] : []),
    ...("root" in moto ? [s3Backend(moto.root)] : []),
    rcloneBackend,
  ];
}

async function listRestics(): Promise<Restic[]> {
  const newest = await newestRestic();
  if ("missing" in newest) console.log(newest.missing);
  return [await systemRestic(), ...("missing" in newest ? [] : [newest])];
}

function line([backend, restic, name, saw]: readonly [string, string, string, string]): string {
  return `${backend.padEnd(20)} ${restic.padEnd(8)} ${name.padEnd(86)} ${saw}`;
}
