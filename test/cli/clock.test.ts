import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const DAY = 86_400_000;
/** Several times within each start of Kuma, each apply and each publish. Milliseconds. */
const SET_EVERY = 200;

/** The wall clock of all that is started, supervisors, Kuma and commands, is set a day ahead and back, all the time. */
describe("while the machine's clock is set ahead and back by a day", () => {
  let rig: Rig;
  let primary: Member;
  let replica: Member;
  let restless: NodeJS.Timeout;
  const urls: string[] = [];
  const unhealthy: string[] = [];

  /** An instance whose Kuma takes two seconds to start and one to stop. */
  async function add(name: string, mode: "BACKUP" | "RESTORE"): Promise<Member> {
    const port = await freePort();
    urls.push(`http://127.0.0.1:${port}`);
    const kuma = `--log=${join(rig.folder, `${name}.notes`)} --start-delay=2000 --linger=1000`;
    return rig.add(name, mode, {
      NODE_OPTIONS: `--import=${fixture("programs/shift-clock.mjs")}`,
      SHIFT_CLOCK: join(rig.folder, "clock"),
      KUMA_COMMAND: `"${process.execPath}" "${fixture("kuma/server.mjs")}" ${kuma}`,
      REPLICATOR_HTTP: `127.0.0.1:${port}`,
      REPLICATOR_PROOF_WINDOW: "2s",
      BACKUP_INTERVAL: "5s",
      RESTORE_INTERVAL: "5s",
    });
  }

  async function lookAtHealth(): Promise<void> {
    for (const url of urls) {
      const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(
        () => undefined,
      );
      if (answer !== undefined && !answer.ok) unhealthy.push(await answer.text());
    }
  }

  before(async () => {
    rig = makeRig();
    let turn = 0;
    const set = () => {
      writeFileSync(join(rig.folder, "clock"), String([DAY, -DAY, 0][turn++ % 3]));
      void lookAtHealth();
    };
    set();
    restless = setInterval(set, SET_EVERY);
    primary = await add("fra", "BACKUP");
    await untilLogged(primary, /Published snapshot/);
    replica = await add("nyc", "RESTORE");
  });
  after(() => {
    clearInterval(restless);
    return rig.close();
  });

  it("starts, publishes and applies, again and again", async () => {
    await untilLogged(replica, /Applied snapshot/);
    for (const name of ["first", "second"]) {
      primary.sql(`UPDATE monitor SET name = '${name}' WHERE id = 2`);
      await waitFor(
        `the replica has ${name}`,
        () => replica.query(`SELECT 1 FROM monitor WHERE id = 2 AND name = '${name}'`)[0],
      );
    }
    await waitFor(
      "both are told",
      () => replica.instance.log().split("Applied snapshot").length > 3 || undefined,
    );
    for (const { instance } of [primary, replica]) {
      assert.doesNotMatch(instance.log(), /kill|undone|Went back|refused|WARN|ERROR/i);
    }
  });

  it("counts lengths of time right: the pause of an apply, the downtime, the lag", async () => {
    const pauses = [...replica.instance.log().matchAll(/paused? for ([\d.]+) s/g)].map(([, s]) => Number(s));
    assert.ok(pauses.length >= 2, replica.instance.log());
    for (const seconds of pauses) assert.ok(seconds >= 2 && seconds < 60, `${seconds} s`);
    const metrics = await (await fetch(`${urls[1]}/metrics`)).text();
    const values = [...metrics.matchAll(/^replicator_(?:kuma_downtime|snapshot_lag)_seconds\S* (\S+)$/gm)];
    assert.ok(values.length >= 4, metrics);
    for (const [line, value] of values) assert.ok(Number(value) >= 0 && Number(value) < 600, line);
  });

  it("stays healthy to whoever asks, and tells of times that can be", async () => {
    for (const member of [primary, replica]) {
      assert.match(said(await member.command("health")), /^healthy: .*Last good cycle [\d.]+ s ago\.$/m);
      assert.match(said(await member.command("status")), /; up for [^d]*\n/);
    }
    assert.deepEqual(unhealthy, []);
  });
});
