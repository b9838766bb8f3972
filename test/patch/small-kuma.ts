import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";

/** Our own miniature of the files that the patch looks at, with a byte that is not UTF-8 in the one it changes. */
const FILES: Readonly<Record<string, string>> = {
  "package.json": '{ "name": "uptime-kuma", "version": "2.99.0" }\n',
  "server/notification.js": `const { R } = require("redbean-node");
const { log } = require("../src/util");
// \xff
class Notification {
    providerList = {};

    static async send(notification, msg, monitorJSON = null, heartbeatJSON = null) {
        log.debug("notification", msg);
        return this.providerList[notification.type].send(notification, msg, monitorJSON, heartbeatJSON);
    }
}

module.exports = {
    Notification,
};
`,
  "server/model/monitor.js": `const { Notification } = require("../notification");
class Monitor {
    static async sendNotification(isFirstBeat, monitor, bean) {
    }
}
`,
  "server/model/domain_expiry.js": 'const { Notification } = require("../notification");\n',
  "server/server.js": 'const { Notification } = require("./notification");\n',
};

export type Edit = (text: string) => string | undefined;

/** Makes a small Kuma in a folder of its own that goes with the test; `edits` change a file's text, or leave it out. */
export async function smallKuma(t: TestContext, edits: Readonly<Record<string, Edit>> = {}): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "patch-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await mkdir(path.join(dir, "server/model"), { recursive: true });
  for (const [file, original] of Object.entries(FILES)) {
    const text = edits[file] === undefined ? original : edits[file](original);
    if (text !== undefined) await writeFile(path.join(dir, file), text, "latin1");
  }
  return dir;
}

export interface FileState {
  readonly bytes: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Every file below `dir`, so that two moments can be compared. */
export async function stateOf(dir: string): Promise<Record<string, FileState>> {
  const state: Record<string, FileState> = {};
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { mode, uid, gid } = await stat(file);
    state[path.relative(dir, file)] = { bytes: (await readFile(file)).toString("latin1"), mode, uid, gid };
  }
  return state;
}
