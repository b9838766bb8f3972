import assert from "node:assert/strict";
import { after, test } from "node:test";
import { makeRig, said } from "../support/cli-instance.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";
import { forms } from "./json-forms.ts";

const rig = makeRig();
after(rig.close);

test("status shows all instances, and what cannot be reached", async () => {
  const [one, other, nobody] = [await freePort(), await freePort(), await freePort()];
  const peers = [one, other, nobody].map((port) => `http://127.0.0.1:${port}`).join(" ");
  const env = (port: number) => ({ REPLICATOR_HTTP: `127.0.0.1:${port}`, REPLICATOR_PEERS: peers });
  const fra = await rig.add("fra", "BACKUP", env(one));
  await rig.add("nyc", "RESTORE", env(other));
  const text = await waitFor("the other instance in the status", async () => {
    const printed = said(await fra.command("status"));
    return /nyc .*snapshot [0-9a-f]{8}, up to date/.test(printed) ? printed : undefined;
  });
  assert.match(text, /^other instances +1$/m);
  assert.match(
    text,
    /^ {2}nyc +replica, snapshot [0-9a-f]{8}, up to date; Uptime Kuma 2\.5\.3 ready; heard .* ago$/m,
  );
  assert.match(
    text,
    new RegExp(`^not reached +The instance at http://127.0.0.1:${nobody} cannot be reached`, "m"),
  );
  const { fleet } = forms.status.parse(JSON.parse(said(await fra.command("status", "--json"))));
  assert.deepEqual(
    fleet?.members.map(({ name, role, isThis, isHeard }) => [name, role, isThis, isHeard]),
    [
      ["fra", "primary", true, true],
      ["nyc", "replica", false, true],
    ],
  );
});
