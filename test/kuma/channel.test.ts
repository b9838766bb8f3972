import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { type TestContext, test } from "node:test";
import { type Channel, openChannel } from "../../src/kuma/channel.ts";

/** A process that answers each message as `answer` says, with `message` at hand. */
function startChild(t: TestContext, answer: string): Channel {
  const program = `process.on("message", (message) => { ${answer} })`;
  const child = spawn(process.execPath, ["-e", program], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  return openChannel(child);
}

async function problemOf(channel: Channel): Promise<string> {
  const answer = await channel.ask("hello", {});
  assert.ok(!answer.ok);
  assert.equal(answer.problem.code, "live-unavailable");
  return answer.problem.message;
}

const reply = (rest: string) => `process.send({ replicatorKuma: 1, id: message.id, ${rest} });`;

test("an answer comes to the call that it belongs to, whatever else is said on the channel", async (t) => {
  const child = startChild(
    t,
    `process.send("noise"); process.send({ replicatorKuma: 1, id: 99, ok: true, value: {} });
     const wait = message.call === "hello" ? 200 : 0;
     const value = wait ? { version: "1.2.3" } : { held: message.given.monitors.length, errors: 0 };
     setTimeout(() => { ${reply("ok: true, value")} }, wait);`,
  );
  const [hello, hold] = await Promise.all([child.ask("hello", {}), child.ask("hold", { monitors: [1, 2] })]);
  assert.deepEqual(hello, { ok: true, value: { version: "1.2.3" } });
  assert.deepEqual(hold, { ok: true, value: { held: 2, errors: 0 } });
});

test("a Kuma that says that it cannot is quoted", async (t) => {
  const child = startChild(t, reply(`ok: false, reason: "Uptime Kuma 9.0.0 is not known"`));
  assert.match(await problemOf(child), /Uptime Kuma 9\.0\.0 is not known/);
});

test("an answer of another shape is not understood", async (t) => {
  const child = startChild(t, reply("ok: true, value: { version: 3 }"));
  assert.match(await problemOf(child), /answer to "hello" is not understood/);
});

test("a Kuma that is silent is not waited for longer than the limit", async (t) => {
  const child = startChild(t, "");
  assert.match(await problemOf(child), /did not answer "hello" within 5 s/);
});

test("a Kuma that ends answers no more, now and later", async (t) => {
  const child = startChild(t, "process.exit(1)");
  for (let time = 0; time < 2; time += 1) assert.match(await problemOf(child), /Kuma ended, or closed/);
});
