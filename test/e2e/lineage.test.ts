import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { catalog } from "../../src/database/catalog.ts";
import { differing, readState } from "../support/database-state.ts";
import { type Fleet, openFleet } from "../support/fleet.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { untilEqual } from "../support/scenarios.ts";
import { change, edit, fillData } from "../support/source-data.ts";

let fleet: Fleet;
let notices: string[];
const ntfy = http.createServer(async (request, answer) => {
  notices.push(JSON.parse(Buffer.concat(await request.toArray()).toString()).title);
  answer.end("{}");
});

before(async () => {
  await ensureBuilt();
  await new Promise<void>((resolve) => ntfy.listen(0, "127.0.0.1", resolve));
});
after(() => {
  ntfy.close();
  ntfy.closeAllConnections();
});
beforeEach(async () => {
  fleet = await openFleet("lineage");
  notices = [];
});
afterEach(() => fleet.close());

const dataOf = (name: string) => fleet.dataOf(name);

const start: Fleet["start"] = (...args) => fleet.start(...args);

/** A primary that has published, with a configuration of its own. */
async function startPrimary(name: string) {
  fillData(dataOf(name));
  const started = await start(name, "BACKUP");
  assert.equal(started.outcome.type, "published");
  return started.instance;
}

describe("lineage", () => {
  it("of two primaries the second refuses, names the holder, tells it once, and keeps Kuma and its own changes", async () => {
    await startPrimary("holder");
    fillData(dataOf("second"));
    edit(dataOf("second"), 7);
    const mine = readState(dataOf("second"));
    const NTFY_URL = `http://127.0.0.1:${(ntfy.address() as AddressInfo).port}/topic`;
    const { instance, outcome } = await start("second", "BACKUP", { NTFY_URL });
    for (const told of [outcome, await instance.cycle(), await instance.cycle()]) {
      assert.ok(told.type === "cycle-failed");
      assert.equal(told.problem.code, "other-primary");
      assert.match(told.problem.message, /"holder", of \d{4}-\d\d-\d\dT/);
      assert.match(told.problem.advice, /REPLICATOR_MODE=RESTORE.*REPLICATOR_TAKEOVER=true/);
    }
    assert.deepEqual(notices, ["second: replication fails"]);
    assert.notEqual(instance.kumaPid(), undefined);
    assert.deepEqual(differing(readState(dataOf("second")), mine), []);
  });

  it("with REPLICATOR_TAKEOVER=true it takes over, and then the former holder refuses", async () => {
    const holder = await startPrimary("holder");
    fillData(dataOf("second"));
    edit(dataOf("second"), 7);
    const taken = await start("second", "BACKUP", { REPLICATOR_TAKEOVER: "true" });
    assert.equal(taken.outcome.type, "published");
    edit(dataOf("holder"), 8);
    const refused = await holder.cycle();
    assert.ok(refused.type === "cycle-failed" && refused.problem.code === "other-primary");
    // Good for one publish: it goes on as any primary does.
    edit(dataOf("second"), 9);
    assert.equal((await taken.instance.cycle()).type, "published");
  });

  it("a primary with a lost volume restores the latest, then goes on as primary", async () => {
    const lost = await startPrimary("primary");
    edit(dataOf("primary"), 3);
    assert.equal((await lost.cycle()).type, "published");
    const wanted = readState(dataOf("primary"));
    await lost.kill();
    rmSync(dataOf("primary"), { recursive: true });
    fillData(dataOf("primary"));
    change(dataOf("primary"), [
      "PRAGMA foreign_keys = OFF",
      ...catalog.map(({ name }) => `DELETE FROM "${name}"`),
    ]);
    const { instance, outcome } = await start("primary", "BACKUP");
    assert.equal(outcome.type, "applied");
    await untilEqual(instance, wanted);
    edit(dataOf("primary"), 4);
    assert.equal((await instance.cycle()).type, "published");
  });

  it("a replica that has applied the latest takes over with no question", async () => {
    const primary = await startPrimary("primary");
    fillData(dataOf("replica"));
    edit(dataOf("primary"), 2);
    assert.equal((await primary.cycle()).type, "published");
    const replica = await start("replica", "RESTORE");
    await untilEqual(replica.instance, readState(dataOf("primary")));
    await primary.stop();
    await replica.instance.stop();
    edit(dataOf("replica"), 5);
    const promoted = await start("replica", "BACKUP");
    assert.equal(promoted.outcome.type, "published");
  });

  it("a replica that has not applied the latest refuses to take over", async () => {
    const primary = await startPrimary("primary");
    fillData(dataOf("replica"));
    const replica = await start("replica", "RESTORE");
    await untilEqual(replica.instance, readState(dataOf("primary")));
    await replica.instance.stop();
    edit(dataOf("primary"), 2);
    assert.equal((await primary.cycle()).type, "published");
    await primary.stop();
    edit(dataOf("replica"), 5);
    const promoted = await start("replica", "BACKUP");
    assert.ok(promoted.outcome.type === "cycle-failed" && promoted.outcome.problem.code === "other-primary");
  });
});
