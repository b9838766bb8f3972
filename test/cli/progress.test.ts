import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type Member, makeRig, type Rig, untilLogged } from "../support/cli-instance.ts";
import { putInFrontOfRestic } from "../support/restic-in-front.ts";

describe("progress", () => {
  let rig: Rig;
  let primary: Member;
  let slow: Record<string, string>;

  before(async () => {
    rig = makeRig();
    primary = await rig.add("fra", "BACKUP");
    await untilLogged(primary, /Published snapshot/);
    // The real restic, as slow as one behind a thin line.
    slow = { PATH: putInFrontOfRestic(rig.folder, "sleep 4") };
  });
  after(() => rig.close());

  it("is one line on standard error after two seconds, and nothing before", async () => {
    const quick = await primary.command("snapshots", "--quick", "--json");
    assert.equal(quick.exitCode, 0);
    const { stdout, stderr } = await primary.commandIn(slow, "snapshots", "--quick", "--json");
    assert.equal(stderr, "Reading the list of snapshots …");
    assert.equal(JSON.parse(stdout).length, 1);
  });

  it("moves at a terminal, and is gone in the end", async () => {
    await primary.restart(slow);
    const shown = await primary.atTerminal("snapshots", "--quick");
    const eraser = "\r\u001b[K";
    const moves = shown
      .split(eraser)
      .filter((line) => /^Reading the list of snapshots … [\d.]+ s/.test(line));
    assert.ok(moves.length >= 2, JSON.stringify(shown));
    const rest = stripVTControlCharacters(shown.slice(shown.lastIndexOf(eraser) + eraser.length));
    assert.match(rest, /^id +time/, "the line is erased");
  });
});
