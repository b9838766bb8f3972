import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort, requireFreePorts } from "./ports.ts";

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
