import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

interface Gate {
  close(): Promise<boolean>;
  open(): void;
}
type Packet = [event: string, ...given: unknown[]];
type Middleware = (packet: Packet, next: () => void) => void;

const { openGate }: { openGate(io: EventEmitter): Gate } = createRequire(import.meta.url)(
  "../../patches/replicator-kuma-gate.cjs",
);

/** A page that is connected: `act` sends an action, and Kuma's handler is noted in `begun` and answered by `answer`. */
function connect() {
  const io = new EventEmitter();
  const gate = openGate(io);
  const begun: Packet[] = [];
  let middleware: Middleware = () => assert.fail("no middleware");
  io.emit("connection", {
    use: (given: Middleware) => {
      middleware = given;
    },
  });
  const act = (event: string) => {
    const answered: unknown[] = [];
    const packet: Packet = [event, { id: 1 }, (...given: unknown[]) => answered.push(...given)];
    middleware(packet, () => begun.push(packet));
    return answered;
  };
  const answer = (packet: Packet | undefined) => {
    const callback = packet?.at(-1);
    assert.ok(typeof callback === "function");
    callback({ ok: true });
  };
  return { gate, begun, act, answer };
}

test("what a person does while the gate is closed begins when it is opened, and is answered", async () => {
  const { gate, begun, act, answer } = connect();
  assert.equal(await gate.close(), true);
  const answered = act("editMonitor");
  await sleep(20);
  assert.equal(begun.length, 0);
  gate.open();
  await sleep(0);
  assert.deepEqual(
    begun.map(([event]) => event),
    ["editMonitor"],
  );
  answer(begun[0]);
  assert.deepEqual(answered, [{ ok: true }]);
});

test("closing waits for what a person has begun", async () => {
  const { gate, begun, act, answer } = connect();
  act("editMonitor");
  let isClosed = false;
  const closing = gate.close().then((whole) => {
    isClosed = true;
    return whole;
  });
  await sleep(30);
  assert.equal(isClosed, false);
  answer(begun[0]);
  assert.equal(await closing, true);
});

test("an action that goes on for long is not waited for without end", async () => {
  const { gate, act } = connect();
  act("deleteMonitor");
  assert.equal(await gate.close(), false);
  gate.open();
});

test("what changes nothing passes a closed gate", async () => {
  const { gate, begun, act } = connect();
  await gate.close();
  act("testNotification");
  act("login");
  act("getSettings");
  assert.equal(begun.length, 3);
  gate.open();
});
