import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { projectFolder } from "../../support/paths.ts";
import { PATIENCE, waitFor } from "../../support/wait.ts";
import type { Checklist } from "../checklist.ts";
import type { Container } from "../container.ts";
import { docker, inspect } from "../engine.ts";
import { untilArrived } from "../pair.ts";
import { useCommands } from "./commands.ts";

/** An hour of one ping monitor at its shortest interval, 20 seconds. */
const PINGS = 180;
/** docker stop's own patience, milliseconds. */
const STOP_LIMIT = 10_000;

const PASSWORD = readFileSync(`${projectFolder}/docker/restic-password.example`, "utf8").trim();

export interface Containers {
  readonly primary: Container;
  readonly replica: Container;
}

/** What is promised of a primary and a replica of the compose file, from their first start to their end. */
export async function checkPair({ check }: Checklist, { primary, replica }: Containers): Promise<void> {
  const both = [primary, replica];
  /** Adds a monitor on the primary; a port on which nobody listens, so that it is down at once and everywhere. */
  const addMonitor = (name: string, fields: Readonly<Record<string, unknown>> = {}) =>
    primary.kuma.until(
      `the primary for "${name}"`,
      (kuma) => kuma.addMonitor({ type: "port", name, hostname: "127.0.0.1", port: 9, ...fields }),
      { timeout: PATIENCE },
    );

  await check("becomes healthy", async () => {
    assert.deepEqual(await Promise.all(both.map(firstVerdict)), ["healthy", "healthy"]);
  });
  await check("PID 1 is the supervisor", async () => {
    for (const container of both) assert.match(await commandOf(container, 1), /node\S* .*\/dist\/main\.js$/);
  });
  const converge = await check("primary and replica converge", async () => {
    for (const container of both)
      await container.kuma.until("its account", () => true, { timeout: PATIENCE });
    await addMonitor("first");
    await untilArrived("first", primary, replica);
  });
  // All that follows would only wait for the same in vain.
  if (!converge) return;
  await check("a notification carries the hostname of the container", async () => {
    for (const { id } of both) await listenForWebhooks(id);
    const hook = await primary.kuma.until(
      "the primary for a notification",
      (kuma) => kuma.addNotification({ type: "webhook", name: "webhook", ...WEBHOOK }),
      { timeout: PATIENCE },
    );
    await addMonitor("down", { notificationIDList: { [hook]: true } });
    await untilArrived("down", primary, replica);
    for (const container of both) {
      const message = await waitFor(`a webhook of ${container.hostname}`, () => lastWebhook(container), {
        timeout: PATIENCE,
      });
      assert.ok(message.startsWith(`[${container.hostname}] [down] `), message);
    }
  });
  await check("Uptime Kuma's environment holds no secret", async () => {
    for (const container of both) assertNoSecrets(await container.processes());
  });
  await check("health stays healthy through an apply", async () => {
    await addMonitor("during");
    let arrived = false;
    const arriving = untilArrived("during", primary, replica).finally(() => {
      arrived = true;
    });
    const reasons = new Set<string>();
    while (!arrived) {
      const { exitCode, line } = await replica.health();
      assert.equal(exitCode, 0, line);
      assert.equal(await replica.healthStatus(), "healthy");
      reasons.add(line.replaceAll(/\d+/g, "N"));
    }
    await arriving;
    assert.ok(
      [...reasons].some((reason) => reason.includes("to apply")),
      [...reasons].join("\n"),
    );
  });
  await check("sync, status, diff, doctor and snapshots answer through docker exec", () =>
    useCommands({ primary, replica }, PASSWORD),
  );
  await check(`no zombie after ${PINGS} orphaned pings`, () => leaveOrphans(primary));
  await check("docker kill, then start: both converge", async () => {
    for (const { id } of both) await docker(["kill", id]);
    for (const { id } of both) await docker(["start", id]);
    await addMonitor("after the kill");
    await untilArrived("after the kill", primary, replica);
  });
  await check("logs are readable and hold no secret", async () => {
    assertReadable(await primary.log(), /Published snapshot/);
    assertReadable(await replica.log(), /Applied snapshot .*: monitor ".+" added; monitoring paused/);
  });
  await check("docker stop ends within its 10 seconds, exit code 0", async () => {
    const times = await Promise.all(both.map(stop));
    return times.map((time) => `${(time / 1_000).toFixed(1)} s`).join(", ");
  });
}

const WEBHOOK = { webhookURL: "http://127.0.0.1:9099/", webhookContentType: "json" };
const webhookProgram = readFileSync(new URL("../inside/webhook.cjs", import.meta.url), "utf8");

/** What its health is once Docker has made up its mind. */
function firstVerdict(container: Container): Promise<unknown> {
  return waitFor(
    `${container.hostname} healthy`,
    async () => {
      const status = await container.healthStatus();
      return status === "starting" ? undefined : status;
    },
    { timeout: PATIENCE },
  );
}

async function commandOf(container: Container, pid: number): Promise<string> {
  return (await container.processes()).find((one) => one.pid === pid)?.command ?? "";
}

async function listenForWebhooks(id: string): Promise<void> {
  await docker(["exec", "-d", id, "node", "-e", webhookProgram]);
}

async function lastWebhook(container: Container): Promise<string | undefined> {
  const lines = await container.shell("cat /tmp/webhooks 2>/dev/null || true");
  const [last] = lines.trim().split("\n").slice(-1);
  return last ? (JSON.parse(last) as { msg: string }).msg : undefined;
}

function assertNoSecrets(processes: Awaited<ReturnType<Container["processes"]>>): void {
  const kumas = processes.filter(
    ({ ppid, command }) => ppid === 1 && /server\/server\.js|uptime-kuma/.test(command),
  );
  assert.equal(kumas.length, 1, "one Uptime Kuma");
  const entries = kumas.flatMap(({ environment }) => environment);
  assert.ok(entries.length > 0, "its environment can be seen");
  for (const entry of entries) {
    assert.ok(!entry.includes(PASSWORD), entry);
    assert.doesNotMatch(entry, /^(RESTIC|AWS|NTFY)_|^REPLICATOR_(?!INSTANCE_NAME=)/);
  }
}

/** Pings whose parents die before them, as those of a killed Kuma do, and one process that is an orphan for longer. */
async function leaveOrphans(container: Container): Promise<string> {
  const line = `i=0; while [ $i -lt ${PINGS} ]; do (ping -c 1 127.0.0.1 >/dev/null 2>&1 &); i=$((i+1)); done; (sleep 600 &)`;
  await container.shell(line);
  const orphan = (await container.processes()).find(({ command }) => command === "sleep 600");
  assert.equal(orphan?.ppid, 1, "an orphan is handed to PID 1");
  await container.shell(`kill ${orphan.pid}`);
  await waitFor("all orphans reaped", async () => {
    const left = await container.processes();
    return left.some(({ state, pid }) => state === "Z" || pid === orphan.pid) ? undefined : true;
  });
  return `${(await container.processes()).length - 1} processes left`;
}

const OWN_LINE =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) \[REPLICATOR\] (INFO|WARN|ERROR): \S.*[.!]$/;

function assertReadable(log: string, expected: RegExp): void {
  const own = log.split("\n").filter((line) => line.includes("[REPLICATOR]"));
  for (const line of own) assert.match(line, OWN_LINE);
  assert.match(own.join("\n"), expected);
  assert.ok(!log.includes(PASSWORD));
}

/** @returns how long it took, milliseconds */
async function stop({ id, kuma }: Container): Promise<number> {
  kuma.close();
  const started = performance.now();
  await docker(["stop", "--time", String(STOP_LIMIT / 1_000), id]);
  const took = performance.now() - started;
  assert.equal(await inspect(id, ".State.ExitCode"), 0);
  assert.ok(took < STOP_LIMIT, `${took} ms`);
  return took;
}
