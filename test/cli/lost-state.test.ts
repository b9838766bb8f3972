import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";

const rename = (member: Member, name: string) =>
  member.sql(`UPDATE monitor SET name = '${name}' WHERE id = 2`);

/** Stops it, takes its state file away, and starts it again. */
async function loseState(member: Member): Promise<void> {
  await member.instance.stop();
  rmSync(join(member.dataDir, "replicator", "state.json"));
  await member.restart();
}

describe("a lost state folder, after the roles were changed by commands", () => {
  let rig: Rig;
  let demoted: Member;
  let promoted: Member;

  before(async () => {
    rig = makeRig();
    [demoted, promoted] = await rig.addPair();
    said(await promoted.command("promote"));
    said(await demoted.command("demote"));
    rename(promoted, "by the new primary");
    said(await promoted.command("sync"));
    said(await demoted.command("sync"));
  });
  after(() => rig.close());

  it("does not make a demoted primary publish again: it says what is unknown, and how to settle it", async () => {
    await loseState(demoted);
    await untilLogged(demoted, /lost its state folder.*the primary now.*replicator-kuma demote/);
    rename(demoted, "by a second primary");
    const { exitCode, stderr } = await demoted.command("sync");
    assert.equal(exitCode, 1);
    assert.match(stderr, /Not published: .*lost its state folder.*by "nyc"[\s\S]*demote/);
    said(await demoted.command("demote", "--yes"));
    said(await demoted.command("sync"));
    assert.deepEqual(demoted.query("SELECT name FROM monitor WHERE id = 2"), [
      { name: "by the new primary" },
    ]);
  });

  it("is reported by a promoted replica, which is a replica again", async () => {
    await loseState(promoted);
    await untilLogged(promoted, /lost its state folder.*a replica now.*replicator-kuma promote/);
    said(await promoted.command("promote"));
    assert.match(said(await promoted.command("status")), /^nyc +primary/m);
  });
});
