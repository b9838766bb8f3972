import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FORWARDED } from "../../../src/pid1/signals.ts";
import { type Case, ofSupervisor, thatNodeBreaks } from "../case.ts";
import { makeFolder } from "../ground.ts";
import { changeMonitors } from "../monitors.ts";

const signalsIn = (notes: readonly string[]) =>
  notes.filter((note) => note.startsWith("signal ")).map((note) => note.slice("signal ".length));

/** Whether a process has a handler for SIGTERM: Node's own comes first, before any program runs. */
function catchesTerm(pid: number): boolean {
  const [, caught = "0"] =
    /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return (BigInt(`0x${caught}`) & (1n << 14n)) !== 0n;
}

export const signals: readonly Case[] = [
  thatNodeBreaks("SIGTERM → child gets it once, ends by itself, exit 0", async (open) => {
    const instance = await open({ kuma: ["--linger", "500"] });
    await instance.noted("ready");
    instance.signal("SIGTERM");
    assert.equal(await instance.ended(), 0);
    assert.deepEqual(signalsIn(instance.notes()), ["SIGTERM"]);
    assert.ok(instance.notes().includes("end"));
  }),
  thatNodeBreaks("SIGINT → child is asked once, ends by itself, exit 0", async (open, column) => {
    const instance = await open({ kuma: ["--linger", "500"] });
    await instance.noted("ready");
    instance.signal("SIGINT");
    assert.equal(await instance.ended(), 0);
    // Kuma ends in order for both; the supervisor uses the one that stands in Kuma's own documents.
    assert.deepEqual(signalsIn(instance.notes()), [column === "ours" ? "SIGTERM" : "SIGINT"]);
    assert.ok(instance.notes().includes("end"));
  }),
  thatNodeBreaks(`forwarded in order: ${FORWARDED.join(" ")}`.replaceAll("SIG", ""), async (open) => {
    const instance = await open({});
    await instance.noted("ready");
    // One by one: of signals that are pending together the kernel keeps no order, and a TSTP takes back a CONT.
    for (const signal of FORWARDED) {
      instance.signal(signal);
      await instance.noted(`signal ${signal}`);
    }
    // Time for one that would come twice.
    await sleep(300);
    assert.deepEqual(signalsIn(instance.notes()), FORWARDED);
  }),
  ofSupervisor(
    "SIGUSR1 → publishes now; SIGUSR2 → state to the log; neither reaches the child",
    async (open) => {
      const instance = await open({ env: { BACKUP_INTERVAL: "1h" } });
      await instance.noted("ready");
      await instance.happened("published");
      changeMonitors(instance.folder, "UPDATE monitor SET name = 'renamed'");
      instance.signal("SIGUSR1");
      await instance.happened("published", 2);
      instance.signal("SIGUSR2");
      await instance.happened("state-report");
      assert.deepEqual(signalsIn(instance.notes()), []);
      assert.doesNotMatch(instance.output(), /Debugger listening/);
    },
  ),
  ...(["SIGTERM", "SIGINT"] as const).map((second) =>
    ofSupervisor(`SIGTERM, then ${second} → at once, with the whole tree`, async (open) => {
      const instance = await open({ kuma: ["--ignore-term", "--family"], namespace: false });
      await instance.happened("published");
      await instance.until("the family stands", () => instance.family().length === 6);
      instance.signal("SIGTERM");
      await instance.noted("signal SIGTERM");
      instance.signal(second);
      // What is waited for is less than the grace, so it is not that which ends it.
      assert.equal(await instance.ended(), second === "SIGTERM" ? 143 : 130);
      await instance.until("nobody is left", () => instance.family().length === 0);
    }),
  ),
  ofSupervisor("SIGTERM while Node itself starts → exit 0, the child is never started", async (open) => {
    const instance = await open({});
    await instance.until("Node is on its way up", () => catchesTerm(instance.first));
    instance.signal("SIGTERM");
    assert.equal(await instance.ended(), 0);
    assert.deepEqual(instance.notes(), []);
  }),
  ofSupervisor("SIGTERM while the settings are read → exit 0, the child is never started", async (open) => {
    const folder = makeFolder();
    const password = join(folder, "password");
    execFileSync("mkfifo", [password]);
    const instance = await open({ env: { RESTIC_PASSWORD: "", RESTIC_PASSWORD_FILE: password } }, folder);
    // Opens once somebody reads: the program stands still in the middle of its start.
    const file = await openFile(password, "w");
    instance.signal("SIGTERM");
    await file.writeFile("conformance");
    await file.close();
    assert.equal(await instance.ended(), 0);
    assert.deepEqual(instance.notes(), []);
  }),
];
