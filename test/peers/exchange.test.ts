import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../../src/config/index.ts";
import { combineListeners, type ReplicatorEvent } from "../../src/events/index.ts";
import { createPost, type Post } from "../../src/fetch/index.ts";
import type { Beat } from "../../src/kuma/index.ts";
import { createObserver } from "../../src/observed/index.ts";
import { openPeers } from "../../src/peers/index.ts";
import { createPeers } from "../../src/peers/peers.ts";
import { openWebServer } from "../../src/web/index.ts";
import { ready, started } from "../observed/story.ts";
import { freePort, listen } from "../support/ports.ts";
import { PATIENCE, waitFor } from "../support/wait.ts";
import { noSnapshots } from "../web/no-snapshots.ts";

const ends: (() => void)[] = [];
after(() => {
  // Those that write are ended first.
  for (const end of ends.reverse()) end();
});

const PASSWORD = "a password of the repository";

/** A running instance without Kuma and restic, on a port of its own. */
async function open(
  name: string,
  calls: readonly number[],
  port: number,
  { password = PASSWORD, alert = "annotate" } = {},
) {
  const loaded = loadConfig(
    {
      ...{ RESTIC_REPOSITORY: "/r", RESTIC_PASSWORD: password, REPLICATOR_INSTANCE_NAME: name },
      REPLICATOR_HTTP: `127.0.0.1:${port}`,
      REPLICATOR_PEERS: calls.map((each) => `http://127.0.0.1:${each}`).join(" "),
      REPLICATOR_ALERT: alert,
    },
    "/nowhere",
  );
  assert.ok(loaded.ok && loaded.config.peers);
  const { config } = loaded;
  const observer = createObserver(config);
  /** All bodies that it has sent. */
  const sent: Buffer[] = [];
  /** Those that have come, and were answered. */
  const answered: Buffer[] = [];
  const send = createPost(undefined);
  const post: Post = async (url, body, ...limits) => {
    sent.push(body);
    const answer = await send(url, body, ...limits);
    answered.push(body);
    return answer;
  };
  const stateDir = mkdtempSync(join(tmpdir(), "peers-"));
  ends.push(() => rmSync(stateDir, { recursive: true, force: true, maxRetries: 10 }));
  const peers = createPeers({
    config: { ...loaded.config.peers, instanceName: name, stateDir },
    observer,
    post,
  });
  /** What a message about it would end with. */
  const ask = async (beat: Beat) => {
    const kind = beat.state === "up" ? "up" : "down";
    const verdict = await peers.ask({ kind, beat, notifications: ["n"], isReplay: false });
    assert.equal(verdict.verdict, "send");
    return verdict.verdict === "send" ? verdict.line : undefined;
  };
  const web = await openWebServer(config, observer, noSnapshots, peers);
  const events: ReplicatorEvent[] = [];
  const emit = combineListeners([observer.listener, peers.listener, (event) => events.push(event)]);
  for (const event of [started, ready]) emit(event);
  const shutdown = new AbortController();
  ends.push(() => shutdown.abort());
  web.start(shutdown.signal, emit);
  await peers.start(async () => ({ instanceId: `id-${name}`, head: "0123456789ab" }), emit, shutdown.signal);
  const heard = () =>
    peers.fleet().members.flatMap((each) => (each.isHeard && !each.isThis ? each.name : []));
  return { name, port, peers, ask, web, sent, answered, events, heard, emit, stop: () => shutdown.abort() };
}

type Opened = Awaited<ReturnType<typeof open>>;

async function until(what: string, isSo: () => boolean): Promise<void> {
  await waitFor(what, () => isSo() || undefined, { every: 10 });
}

/** @param calls by name whom each calls, all others by default */
async function openAll(
  names: readonly string[],
  calls: Record<string, string[]> = {},
  alert = "annotate",
): Promise<Opened[]> {
  const ports = new Map(await Promise.all(names.map(async (name) => [name, await freePort()] as const)));
  const portsOf = (wanted: readonly string[]) => wanted.map((each) => ports.get(each) ?? 0);
  const all = await Promise.all(
    names.map((name) =>
      open(name, portsOf(calls[name] ?? names.filter((other) => other !== name)), ports.get(name) ?? 0, {
        alert,
      }),
    ),
  );
  await until("all to hear one another", () => all.every(({ heard }) => heard().length === names.length - 1));
  return all;
}

const beat = (state: Beat["state"], id = 7): Beat => ({
  id,
  name: "Shop",
  type: "http",
  state,
  every: 60_000,
  settles: 60_000,
});

/** Asks again until it says so: of a busy machine a message may not wait for an answer long enough. */
async function untilSaid({ ask }: Opened, state: "down" | "up", expected: RegExp): Promise<void> {
  let said: string | undefined;
  const isSaid = async () => {
    said = await ask(beat(state));
    return expected.test(said ?? "") || undefined;
  };
  await waitFor(`${expected}`, isSaid, { every: 10 }).catch(() => assert.match(said ?? "", expected));
}

/** Asks and reports as Kuma's module does; what it has sent is in `rung`. */
function playKuma({ name, peers }: Opened, rung: string[]) {
  async function say(state: "down" | "up", isReplay: boolean): Promise<void> {
    const question = { kind: state, beat: beat(state), notifications: ["n"], isReplay };
    const verdict = await peers.ask(question);
    if (verdict.verdict !== "send") return;
    rung.push(`${state} of ${name}: ${verdict.line}`);
    peers.report(question, "n", true);
  }
  peers.attach(async (_monitor, kind) => {
    await say(kind, true);
    return "done";
  });
  return async (state: "down" | "up") => {
    await say(state, false);
    peers.take([beat(state)]);
  };
}

describe("instances that know of one another", { timeout: 2 * PATIENCE, concurrency: 4 }, () => {
  it("appear by themselves, with what each alone has down", async () => {
    // fra calls nyc, nyc calls sgp: each hears of all.
    const [fra, nyc, sgp] = await openAll(["fra", "nyc", "sgp"], {
      fra: ["nyc"],
      nyc: ["sgp"],
      sgp: ["sgp"],
    });
    assert.ok(fra && nyc && sgp);
    fra.peers.take([beat("up"), beat("up", 8)]);
    sgp.peers.take([beat("down"), beat("up", 8)]);
    const alone = () => fra.peers.fleet().members.map(({ name, onlyDownHere }) => [name, ...onlyDownHere]);
    await until("the outage at sgp", () => alone().some((each) => each.length > 1));
    assert.deepEqual(alone(), [["fra"], ["nyc"], ["sgp", "Shop"]]);
    nyc.peers.take([beat("down")]);
    await until("the outage at nyc, too", () => alone().every((each) => each.length === 1));
    const [first, second] = fra.peers.fleet().members;
    assert.ok(first?.isThis);
    assert.deepEqual([second?.role, second?.kuma.state, second?.head], ["replica", "ready", "0123456789ab"]);
    assert.ok(fra.events.some((event) => event.type === "peer-reached" && event.name === "nyc"));
  });

  it("answer a question, also one that nobody can call", async () => {
    // nyc and sgp are behind NAT: they know one another through fra alone.
    const [fra, nyc, sgp] = await openAll(["fra", "nyc", "sgp"], {
      fra: ["fra"],
      nyc: ["fra"],
      sgp: ["fra"],
    });
    assert.ok(fra && nyc && sgp);
    for (const each of [fra, nyc]) each.peers.take([beat("up")]);
    await untilSaid(sgp, "down", /^down at sgp; up at fra \(\d+ s ago\), nyc \(\d+ s ago\)$/);
    await untilSaid(fra, "down", /^down at fra, sgp; up at nyc \(\d+ s ago\)$/);
    await Promise.all([
      untilSaid(nyc, "down", /^down at nyc, fra; up at sgp \(\d+ s ago\)$/),
      untilSaid(sgp, "up", /^up at sgp; down at fra \(\d+ s ago\), nyc \(\d+ s ago\)$/),
    ]);
  });

  it("do not ask of what is here alone, and say who does not watch a monitor", async () => {
    const [fra, nyc] = await openAll(["fra", "nyc"]);
    assert.ok(fra && nyc);
    assert.equal(await fra.ask(beat("down", 1_000_000_001)), undefined);
    await untilSaid(fra, "down", /^down at fra; not looked yet: nyc$/);
    nyc.peers.take([beat("not yet", 8)]);
    await untilSaid(fra, "down", /^down at fra; not watched at nyc$/);
  });

  it("wait for one that is gone, and say so", async () => {
    const [fra, nyc] = await openAll(["fra", "nyc"]);
    nyc?.stop();
    const begun = performance.now();
    assert.match((await fra?.ask(beat("down"))) ?? "", /^down at fra; not heard: nyc \(for \d+ s\)$/);
    assert.ok(performance.now() - begun > 3_500);
  });

  it("send one message for all, when it goes down and when the last one recovers", async () => {
    const all = await openAll(["fra", "nyc", "sgp"], {}, "once");
    const rung: string[] = [];
    const [fra, ...others] = all.map((each) => playKuma(each, rung));
    assert.ok(fra);
    const isSettled = () => all.every(({ peers }) => peers.fleet().alerts.withheld.length === 0);
    for (const { peers } of all) peers.take([beat("up")]);
    await Promise.all([fra, ...others].map((check) => check("down")));
    await until("all to know that it was told", isSettled);
    assert.equal(rung.length, 1, rung.join("\n"));
    assert.match(rung[0] ?? "", /^down of \w+: down at /);
    await fra("up");
    assert.equal(rung.length, 1);
    assert.match(all[0]?.peers.fleet().alerts.withheld[0]?.why ?? "", /^it is still down at (nyc|sgp)$/);
    await Promise.all(others.map((check) => check("up")));
    await until("all to know that it is up", isSettled);
    assert.equal(rung.length, 2, rung.join("\n"));
    assert.match(rung[1] ?? "", /^up of \w+: up at \w+, \w+, \w+$/);
  });

  it("do not hold up a message of a Kuma that is being stopped", async () => {
    const [fra, nyc] = await openAll(["fra", "nyc"]);
    nyc?.stop();
    const asked = fra?.ask(beat("down"));
    await sleep(50);
    fra?.emit({ type: "kuma-stopping", reason: "apply" });
    // After the whole wait it would say who was not heard.
    assert.equal(await asked, undefined);
  });

  it("say nothing while nothing happens", async () => {
    const [fra, nyc] = await openAll(["fra", "nyc"]);
    const sent = () => (fra?.sent.length ?? 0) + (nyc?.sent.length ?? 0);
    let before = -1;
    // Until all have said what is to be said, and then nothing for two seconds.
    while (sent() !== before) {
      before = sent();
      await sleep(2_000);
    }
  });

  it("find out that an address is their own", async () => {
    const port = await freePort();
    const fra = await open("fra", [port], port);
    await until("its requests", () => fra.sent.length > 2);
    await sleep(500);
    assert.deepEqual(fra.peers.fleet().members.length, 1);
    assert.equal(fra.events.filter(({ type }) => type === "warning").length, 0);
  });

  it("warn of one whose data folder is a copy", async () => {
    const [one, other] = [await freePort(), await freePort()];
    await open("fra", [one], one);
    const copy = await open("fra", [one], other);
    await until("a warning", () => copy.events.some(({ type }) => type === "warning"));
  });
});

describe("strangers", { timeout: 2 * PATIENCE, concurrency: 4 }, () => {
  async function post(port: number, body: Buffer | string): Promise<Response> {
    return fetch(`http://127.0.0.1:${port}/peers`, { method: "POST", body });
  }

  it("with another password learn nothing, and are told so", async () => {
    const [one, other] = [await freePort(), await freePort()];
    const fra = await open("fra", [one], one);
    const stranger = await open("sgp", [one], other, { password: "another password" });
    await until("the refusal", () => stranger.peers.fleet().unreached.length > 0);
    assert.match(stranger.peers.fleet().unreached[0]?.message ?? "", /does not understand this one/);
    assert.deepEqual([fra.heard(), stranger.heard()], [[], []]);
  });

  it("that repeat what they have recorded change nothing and are answered nothing", async () => {
    const [fra, nyc] = await openAll(["fra", "nyc"]);
    assert.ok(fra && nyc);
    nyc.peers.take([beat("down")]);
    await until("the outage", () => fra.peers.fleet().members[1]?.downCount === 1);
    nyc.peers.take([beat("up")]);
    await until("its end", () => fra.peers.fleet().members[1]?.downCount === 0);
    // One that is on its way would be new.
    const recorded = [...nyc.answered];
    assert.ok(recorded.length > 0);
    for (const body of recorded) {
      const answer = await post(fra.port, body);
      assert.equal(answer.status, 200);
      // Not one page is in it: those have several hundred bytes each.
      assert.ok((await answer.arrayBuffer()).byteLength < 250);
    }
    assert.equal(fra.peers.fleet().members[1]?.downCount, 0);
  });

  it("that send rubbish, too much, or a body that never ends do not keep others out", async () => {
    const [fra, nyc] = await openAll(["fra", "nyc"]);
    assert.ok(fra && nyc);
    for (const body of ["", "RKP1", Buffer.alloc(1_000, 7)])
      assert.equal((await post(fra.port, body)).status, 403);
    const long = await post(fra.port, Buffer.alloc(300_000)).then(
      ({ status }) => status,
      () => "cut off",
    );
    assert.ok(long === 413 || long === "cut off", `${long}`);
    const slow = Array.from({ length: 40 }, () => connect(fra.port, "127.0.0.1"));
    for (const socket of slow) {
      ends.push(() => socket.destroy());
      socket.on("error", () => undefined);
      socket.write("POST /peers HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nRKP1");
    }
    assert.equal((await fetch(`http://127.0.0.1:${fra.port}/healthz`)).status, 200);
    fra.peers.take([beat("up")]);
    await untilSaid(nyc, "down", /up at fra/);
  });

  it("that answer without end, wrongly, or never cost one request at a time", async () => {
    const rubbish: RequestListener[] = [
      (_, response) => void response.writeHead(200).end("RKP1 and what nobody understands"),
      (_, response) => {
        const more = () => {
          while (response.write(Buffer.alloc(65_536)));
        };
        response.on("drain", more).on("error", () => undefined);
        more();
      },
      () => undefined,
      (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
    ];
    const ports = await Promise.all(rubbish.map((answer) => listen(createServer(answer))));
    const fra = await open("fra", ports, await freePort());
    await until("three failures", () => fra.peers.fleet().unreached.length === 3);
    assert.equal(await fra.ask(beat("down")), "down at fra; no other instance was heard");
    assert.ok(fra.sent.length < 20, `${fra.sent.length} requests`);
  });

  it("hear nothing at all where REPLICATOR_PEERS is not set", async () => {
    const loaded = loadConfig({ RESTIC_REPOSITORY: "/r", RESTIC_PASSWORD: PASSWORD }, "/nowhere");
    assert.ok(loaded.ok);
    assert.equal(await openPeers(loaded.config, createObserver(loaded.config)), undefined);
  });
});
