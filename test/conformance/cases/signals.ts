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
    const box = await open({ kuma: ["--linger", "500"] });
    await box.noted("ready");
    box.signal("SIGTERM");
    assert.equal(await box.ended(), 0);
    assert.deepEqual(signalsIn(box.notes()), ["SIGTERM"]);
    assert.ok(box.notes().includes("end"));
  }),
  thatNodeBreaks("SIGINT → child is asked once, ends by itself, exit 0", async (open, column) => {
    const box = await open({ kuma: ["--linger", "500"] });
    await box.noted("ready");
    box.signal("SIGINT");
    assert.equal(await box.ended(), 0);
    // Kuma ends in order for both; the supervisor uses the one that stands in Kuma's own documents.
    assert.deepEqual(signalsIn(box.notes()), [column === "ours" ? "SIGTERM" : "SIGINT"]);
    assert.ok(box.notes().includes("end"));
  }),
  thatNodeBreaks(`forwarded in order: ${FORWARDED.join(" ")}`.replaceAll("SIG", ""), async (open) => {
    const box = await open({});
    await box.noted("ready");
    // One by one: of signals that are pending together the kernel keeps no order, and a TSTP takes back a CONT.
    for (const signal of FORWARDED) {
      box.signal(signal);
      await box.noted(`signal ${signal}`);
    }
    // Time for one that would come twice.
    await sleep(300);
    assert.deepEqual(signalsIn(box.notes()), FORWARDED);
  }),
  ofSupervisor(
    "SIGUSR1 → publishes now; SIGUSR2 → state to the log; neither reaches the child",
    async (open) => {
      const box = await open({ env: { BACKUP_INTERVAL: "1h" } });
      await box.noted("ready");
      await box.happened("published");
      changeMonitors(box.folder, "UPDATE monitor SET name = 'renamed'");
      box.signal("SIGUSR1");
      await box.happened("published", 2);
      box.signal("SIGUSR2");
      await box.happened("state-report");
      assert.deepEqual(signalsIn(box.notes()), []);
      assert.doesNotMatch(box.output(), /Debugger listening/);
    },
  ),
  ...(["SIGTERM", "SIGINT"] as const).map((second) =>
    ofSupervisor(`SIGTERM, then ${second} → at once, with the whole tree`, async (open) => {
      const box = await open({ kuma: ["--ignore-term", "--family"], namespace: false });
      await box.happened("published");
      await box.until("the family stands", () => box.family().length === 6);
      box.signal("SIGTERM");
      await box.noted("signal SIGTERM");
      box.signal(second);
      // What is waited for is less than the grace, so it is not that which ends it.
      assert.equal(await box.ended(), second === "SIGTERM" ? 143 : 130);
      await box.until("nobody is left", () => box.family().length === 0);
    }),
  ),
  ofSupervisor("SIGTERM while Node itself starts → exit 0, the child is never started", async (open) => {
    const box = await open({});
    await box.until("Node is on its way up", () => catchesTerm(box.first));
    box.signal("SIGTERM");
    assert.equal(await box.ended(), 0);
    assert.deepEqual(box.notes(), []);
  }),
  ofSupervisor("SIGTERM while the settings are read → exit 0, the child is never started", async (open) => {
    const folder = makeFolder();
    const password = join(folder, "password");
    execFileSync("mkfifo", [password]);
    const box = await open({ env: { RESTIC_PASSWORD: "", RESTIC_PASSWORD_FILE: password } }, folder);
    // Opens once somebody reads: the program stands still in the middle of its start.
    const file = await openFile(password, "w");
    box.signal("SIGTERM");
    await file.writeFile("conformance");
    await file.close();
    assert.equal(await box.ended(), 0);
    assert.deepEqual(box.notes(), []);
  }),
];
