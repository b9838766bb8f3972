import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import fc from "fast-check";
import { describeEvent } from "../../src/events/describe.ts";
import { createLogListener, type ReplicatorEvent } from "../../src/events/index.ts";
import { formatLikeKuma } from "../../src/events/kuma-format.ts";
import { samples } from "./samples.ts";

type LogConfig = Parameters<typeof createLogListener>[0];

function linesOf(events: ReplicatorEvent[], config: LogConfig, secrets: string[] = []): string[] {
  const lines: string[] = [];
  const listener = createLogListener(config, secrets, { write: (line) => lines.push(line) });
  for (const event of events) listener(event);
  return lines;
}

describe("describeEvent", () => {
  it("describes every event in whole sentences, problems with their advice", () => {
    for (const event of Object.values(samples)) {
      const { message } = describeEvent(event);
      assert.match(message, /^[A-Z].*\.$/, event.type);
      assert.doesNotMatch(message, /undefined|\[object|NaN|\.\./, event.type);
      if ("problem" in event) assert.match(message, /Something went wrong\. Mend it\./);
    }
  });

  it("says what a published and an applied snapshot changed, and how long monitoring paused", () => {
    assert.equal(
      describeEvent(samples.published).message,
      "Published snapshot 01234567: 2 monitors added, 1 notification changed.",
    );
    assert.equal(
      describeEvent(samples.applied).message,
      'Applied snapshot 01234567 of "north": 2 monitors added, 1 notification changed; monitoring paused for 5.1 s. A column was left out.',
    );
    assert.match(describeEvent({ ...samples.applied, monitoringGapMs: 0 }).message, /without a stop/);
    assert.match(
      describeEvent({ ...samples.published, changes: undefined }).message,
      /the whole configuration/,
    );
  });

  it("counts crashes, and says when the supervisor gives up", () => {
    const crash = samples["kuma-crashed"];
    const describeCrash = (crashes: number) => describeEvent({ ...crash, crashes }).message;
    assert.doesNotMatch(describeCrash(1), /in a row/);
    assert.match(describeCrash(2), /\(SIGSEGV\), for the 2nd time in a row\. Starting it again in 2 s\./);
    for (const [crashes, ordinal] of [
      [3, "3rd"],
      [11, "11th"],
      [21, "21st"],
    ] as const)
      assert.ok(describeCrash(crashes).includes(ordinal));
    assert.match(describeEvent({ ...crash, restartInMs: undefined }).message, /giving up/);
  });

  it("logs a failure that goes on at first, then once in twelve times", () => {
    const levels = Array.from({ length: 25 }, (_, repeated) =>
      describeEvent({ ...samples["cycle-failed"], repeated }).level === "error" ? repeated : [],
    ).flat();
    assert.deepEqual(levels, [0, 12, 24]);
    assert.equal(describeEvent(samples.unchanged).level, "debug");
  });
});

describe("formatLikeKuma", () => {
  it("keeps one event on one line", () => {
    assert.match(
      formatLikeKuma(Date.UTC(2026, 10, 23, 15, 40, 50), "warn", "one\r\ntwo\u001b[31m"),
      /^2026-11-2\dT\d\d:\d\d:50(Z|[+-]\d\d:\d\d) \[REPLICATOR\] WARN: one two \[31m\n$/,
    );
  });

  it("writes local time with its offset, as Kuma does", async () => {
    const zones = {
      UTC: "2026-11-23T15:40:50Z",
      "Asia/Kolkata": "2026-11-23T21:10:50+05:30",
      "America/New_York": "2026-11-23T10:40:50-05:00",
    };
    const before = process.env.TZ;
    try {
      for (const [zone, expected] of Object.entries(zones)) {
        process.env.TZ = zone;
        assert.ok(formatLikeKuma(Date.UTC(2026, 10, 23, 15, 40, 50), "info", "").startsWith(expected), zone);
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });
});

describe("createLogListener", () => {
  it("writes text like Kuma's, from its level on", () => {
    const lines = linesOf([samples.unchanged, samples["kuma-ready"], samples.warning], {
      level: "info",
      format: "text",
    });
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? "", /^\S+ \[REPLICATOR\] INFO: Uptime Kuma is ready after 1\.2 s\.\n$/);
    assert.match(lines[1] ?? "", / WARN: Mind the step\.\n$/);
    assert.equal(linesOf([samples.unchanged], { level: "debug", format: "text" }).length, 1);
    assert.equal(linesOf(Object.values(samples), { level: "error", format: "text" }).length, 4);
  });

  it("writes JSON with the whole event", () => {
    const [line = ""] = linesOf([samples.published], { level: "info", format: "json" });
    const { time, ...rest } = JSON.parse(line);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      level: "info",
      event: JSON.parse(JSON.stringify(samples.published)),
      msg: describeEvent(samples.published).message,
    });
  });

  it("lets no secret through, whatever it looks like, in either format", () => {
    const secret = fc
      .string({ minLength: 4, unit: "grapheme" })
      .filter((text) => text.trim() === text && !/\*/.test(text));
    fc.assert(
      fc.property(
        secret,
        fc.string(),
        fc.constantFrom("text" as const, "json" as const),
        (value, around, format) => {
          fc.pre(!describeEvent(samples["rolled-back"]).message.includes(value));
          const problem = { code: "x", message: `${around}${value}${around}.`, advice: `${value}!` };
          const snapshot = { ...samples.published.snapshot, instanceName: value };
          const events: ReplicatorEvent[] = [
            { type: "warning", message: `${value}${value}` },
            { type: "rolled-back", snapshot, problem },
          ];
          for (const line of linesOf(events, { level: "debug", format }, [value])) {
            const logged =
              format === "json"
                ? JSON.stringify(Object.values(JSON.parse(line).event)) + JSON.parse(line).msg
                : line;
            assert.ok(!logged.slice(format === "text" ? 25 : 0).includes(value), line);
          }
        },
      ),
    );
  });

  it("goes on when nobody reads its output any more", async () => {
    const script = `
      const { createLogListener } = await import(${JSON.stringify(new URL("../../src/events/index.ts", import.meta.url).href)});
      const log = createLogListener({ level: "info", format: process.argv[1] }, []);
      log({ type: "warning", message: "first" });
      process.stdin.once("data", () => {
        for (let i = 0; i < 5; i++) log({ type: "warning", message: "nobody reads this" });
        setTimeout(() => process.exit(7), 100);
      });`;
    for (const format of ["text", "json"]) {
      const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, format]);
      await once(child.stdout, "data");
      child.stdout.destroy();
      child.stdin.write("go");
      const [code] = await once(child, "exit");
      assert.equal(code, 7, format);
    }
  });
});
