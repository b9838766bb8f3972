import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort, requireFreePorts } from "../../lab/ports.ts";
import { descendantsOf, killAll } from "../../lab/processes.ts";
import { waitFor } from "../../lab/wait.ts";

test("killAll ends grandchildren too, even those in a session of their own", async () => {
  const grandchild = `require("node:child_process").spawn("sleep", ["60"], { detached: true }); setTimeout(() => {}, 60_000)`;
  const child = spawn(process.execPath, ["-e", grandchild], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  const [below] = await waitFor(
    "the grandchild",
    () => (descendantsOf(pid).length === 1 ? descendantsOf(pid) : undefined),
    {
      timeout: 10_000,
      every: 20,
    },
  );
  killAll(pid);
  await once(child, "exit");
  const isGone = () => {
    try {
      process.kill(below ?? 0, 0);
      return undefined;
    } catch {
      return true;
    }
  };
  await waitFor("its end", isGone, { timeout: 5_000, every: 20 });
});

test("a taken port is named", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  await assert.rejects(
    requireFreePorts([await freePort(), address.port]),
    new RegExp(`Port ${address.port} of 127.0.0.1 is taken`),
  );
});
