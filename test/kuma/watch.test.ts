import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { answerWatch, type Question, type Replay, type Verdict } from "../../src/kuma/watch.ts";

const hash = (letter: string) => letter.repeat(24);
const beat = { id: 3, name: "Shop", type: "http", state: 0, every: 60_000, settles: 60_000 };
const question = { kind: "down", beat, notifications: [hash("a")], isReplay: false };
const read = { ...question, beat: { ...beat, state: "down" } };

/** A Kuma process of which only the channel is there, and a supervisor that notes what it is told. */
function connected(verdict: Verdict = { verdict: "withhold" }) {
  const said: Record<string, unknown>[] = [];
  const noted: unknown[] = [];
  let replay: Replay | undefined;
  const child = Object.assign(new EventEmitter(), {
    connected: true,
    send: (message: Record<string, unknown>) => said.push(message) > 0,
  });
  answerWatch(child as unknown as ChildProcess, {
    take: (beats) => noted.push(["take", beats]),
    ask: async (asked: Question) => {
      noted.push(["ask", asked]);
      return verdict;
    },
    report: (...given) => noted.push(["report", ...given]),
    attach: (given) => {
      replay = given;
      noted.push([given === undefined ? "detach" : "attach"]);
    },
  });
  const say = (message: object) => child.emit("message", { replicatorKumaPeers: 1, ...message });
  return { child, said, noted, say, replay: (...given: Parameters<Replay>) => replay?.(...given) };
}

test("what Kuma's module says is handed on, and a question is answered by its number", async () => {
  const { said, noted, say } = connected({ verdict: "send", line: "down at eu", except: [hash("b")] });
  say({ beats: [beat] });
  say({ ask: 7, about: question });
  say({ ask: 8, about: { kind: "expiry", subject: hash("c"), notifications: [hash("a")] } });
  say({ report: question, notification: hash("a"), isSent: false });
  await setImmediate();
  assert.deepEqual(noted, [
    ["take", [{ ...beat, state: "down" }]],
    ["ask", read],
    ["ask", { kind: "expiry", subject: hash("c"), notifications: [hash("a")] }],
    ["report", read, hash("a"), false],
  ]);
  const answer = { replicatorKumaPeers: 1, verdict: "send", line: "down at eu", except: [hash("b")] };
  assert.deepEqual(said, [
    { ...answer, answer: 7 },
    { ...answer, answer: 8 },
  ]);
});

test("what is not in this form is ignored", () => {
  const { noted, child, say } = connected();
  child.emit("message", null);
  child.emit("message", { ask: 1, about: question });
  for (const about of [undefined, { ...question, kind: "sideways" }, { ...question, notifications: ["x"] }])
    say({ ask: 1, about });
  say({ ask: "one", about: question });
  say({ replayed: 5, result: "done" });
  assert.deepEqual(noted, []);
});

test("a replay ends with what Kuma's module says of it, and fails with the end of Kuma", async () => {
  const { child, said, noted, say, replay } = connected();
  assert.equal(replay(3, "down"), undefined);
  say({ hello: true });
  const [first, second] = [replay(3, "down"), replay(4, "up")];
  assert.deepEqual(said, [
    { replicatorKumaPeers: 1, replay: 1, monitor: 3, kind: "down" },
    { replicatorKumaPeers: 1, replay: 2, monitor: 4, kind: "up" },
  ]);
  say({ replayed: 1, result: "stale" });
  assert.equal(await first, "stale");
  child.connected = false;
  child.emit("disconnect");
  assert.equal(await second, "failed");
  assert.deepEqual(noted, [["attach"], ["detach"]]);
});
