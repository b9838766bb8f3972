import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { describe, it } from "node:test";
import { isPortTaken, probe } from "../../src/kuma/probe.ts";
import { freePort } from "../support/ports.ts";

/** What a Kuma that answers so counts as. */
async function probeWhile(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  try {
    return await probe(`http://127.0.0.1:${address.port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const says = (body: string): RequestListener => {
  return ({ url }, response) => response.end(url === "/api/entry-page" ? body : "<html>");
};

describe("probe", () => {
  for (const [body, expected] of [
    ['{"type":"entryPage","entryPage":"dashboard"}', "ready"],
    ['{"type":"statusPageMatchedDomain","statusPageSlug":"x"}', "ready"],
    ['{"type":"setup-database"}', "setup"],
    ['{"type":"something-new"}', "busy"],
    ["<html>migrating</html>", "busy"],
    ["null", "busy"],
  ] as const) {
    it(`${body}: ${expected}`, async () => {
      assert.equal(await probeWhile(says(body)), expected);
    });
  }

  it("an answer without an end is cut off", async () => {
    const endless: RequestListener = (_, response) => {
      const write = () => response.write("x".repeat(16_384), () => setImmediate(write));
      write();
    };
    assert.equal(await probeWhile(endless), "busy");
  });

  it("no answer in time", async () => {
    assert.equal(await probeWhile(() => undefined), "busy");
  });

  it("an answer that comes bit by bit, for ever", async () => {
    const trickle: RequestListener = (_, response) => {
      const timer = setInterval(() => response.write(" "), 100);
      response.on("close", () => clearInterval(timer));
    };
    assert.equal(await probeWhile(trickle), "busy");
  });

  it("nobody there", async () => {
    assert.equal(await probe(`http://127.0.0.1:${await freePort()}`), "silent");
  });
});

describe("isPortTaken", () => {
  it("tells a port that somebody listens on from a free one", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const url = `http://127.0.0.1:${address.port}`;
    assert.equal(await isPortTaken(url), true);
    server.close();
    await once(server, "close");
    assert.equal(await isPortTaken(url), false);
  });
});
