import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import Database from "better-sqlite3";
import { execa } from "execa";
import * as z from "zod";
import { parseDeployFile } from "../support/deploy/form.ts";
import { type Instance, startInstance } from "../support/kuma/instance.ts";
import { projectFolder } from "../support/paths.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const LIMIT = 30_000;
const fixtures = join(projectFolder, "test/fixtures");
const rules = join(projectFolder, "deploy/prometheus");

const answer = z.object({ status: z.literal("success"), data: z.object({ result: z.array(z.unknown()) }) });
const query = z.object({ expr: z.string() });
const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(query).min(1) })),
  annotations: z.object({ list: z.array(query.extend({ name: z.string() })) }),
  templating: z.object({ list: z.array(z.object({ name: z.string(), definition: z.string().optional() })) }),
});

describe("a real Prometheus that scrapes a primary and a replica", () => {
  let folder: string;
  let prometheus: ChildProcess | undefined;
  let api: string;
  const instances: Instance[] = [];
  const pages: string[] = [];

  /** An instance over a Kuma of no weight, with the configuration of a real one. */
  async function start(mode: "BACKUP" | "RESTORE", change = ""): Promise<void> {
    const dataDir = join(folder, mode);
    mkdirSync(dataDir);
    copyFileSync(join(fixtures, "kuma-dbs/2.5.3.db"), join(dataDir, "kuma.db"));
    const database = new Database(join(dataDir, "kuma.db"));
    database.exec(change);
    database.close();
    const page = `127.0.0.1:${await freePort()}`;
    pages.push(page);
    const instance = await startInstance({
      mode,
      name: mode,
      port: await freePort(),
      dataDir,
      kumaDir: join(fixtures, "kuma"),
      repository: join(folder, "repository"),
      password: "repository-password-7740",
      interval: 5,
      env: {
        KUMA_COMMAND: `node server.mjs --log=${dataDir}-kuma.log`,
        REPLICATOR_HTTP: page,
        REPLICATOR_ADOPT: "replace",
      },
    });
    instances.push(instance);
    const done = mode === "BACKUP" ? "Published snapshot" : "Applied snapshot";
    await waitFor(done, () => instance.log().includes(done) || undefined);
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "prometheus-"));
    await start("BACKUP");
    await start("RESTORE", "UPDATE monitor SET name = 'as it was before'");
    const port = await freePort();
    api = `http://127.0.0.1:${port}/api/v1`;
    const config = join(folder, "prometheus.json");
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: "1s", evaluation_interval: "1s" },
        rule_files: [join(rules, "alerts.yaml")],
        scrape_configs: [{ job_name: "kuma", static_configs: [{ targets: pages }] }],
      }),
    );
    prometheus = spawn(
      "prometheus",
      [
        ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "tsdb")}`],
        ...[`--web.listen-address=127.0.0.1:${port}`, "--log.level=error"],
      ],
      { stdio: "inherit" },
    );
    // Twice at least, since an increase is between two.
    await waitFor(
      "four scrapes of both",
      async () => (await ask("min(count_over_time(replicator_kuma_up[1m])) >= 4")).length || undefined,
    );
  });

  after(async () => {
    prometheus?.kill("SIGKILL");
    await Promise.all(instances.map((instance) => instance.kill()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a query gives now; throws Prometheus' own words when it does not understand it. */
  async function ask(expr: string): Promise<unknown[]> {
    const response = await fetch(`${api}/query?${new URLSearchParams({ query: expr })}`).catch(
      () => undefined,
    );
    if (response === undefined) return [];
    const body = await response.text();
    assert.equal(response.status, 200, `${expr}: ${body}`);
    return answer.parse(JSON.parse(body)).data.result;
  }

  it("has data for every query of the Grafana dashboard", async () => {
    const { panels, annotations, templating } = dashboard.parse(
      parseDeployFile("grafana/replicator-kuma.json"),
    );
    const queries = [
      ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))),
      ...annotations.list.map(({ name, expr }) => ({ title: name, expr })),
    ];
    for (const { title, expr } of queries) {
      const filled = expr
        .replaceAll(/\$(job|instance)\b/g, ".*")
        .replaceAll(/\$__(rate_)?interval\b/g, "1m")
        // What did not happen during the last minute has no place in a picture, but data.
        .replace(/ > 0$/, "");
      assert.doesNotMatch(filled, /\$/, title);
      assert.ok((await ask(filled)).length > 0, `${title}: no data for ${filled}`);
    }
    for (const { name, definition } of templating.list.filter(({ definition }) => definition !== undefined)) {
      const [, selector = "", label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? "") ?? [];
      assert.equal(label, name);
      const found = await ask(`count by (${label}) (${selector.replaceAll(/\$job\b/g, ".*")})`);
      assert.equal(found.length, name === "instance" ? 2 : 1, name);
    }
  });

  it("evaluates the alert rules, and none of them is raised", async () => {
    const shape = z.object({
      data: z.object({
        groups: z.tuple([z.object({ rules: z.array(z.object({ health: z.string(), state: z.string() })) })]),
      }),
    });
    const evaluated = await waitFor(
      "the rules' first evaluation",
      async () => {
        const [group] = shape.parse(await (await fetch(`${api}/rules`)).json()).data.groups;
        return group.rules.every(({ health }) => health !== "unknown") ? group.rules : undefined;
      },
      { timeout: LIMIT },
    );
    assert.deepEqual(evaluated, Array(4).fill({ health: "ok", state: "inactive" }));
  });

  it("finds nothing to say against the metrics", async () => {
    for (const page of pages) {
      const input = await (await fetch(`http://${page}/metrics`)).text();
      const { all } = await execa("promtool", ["check", "metrics"], { input, all: true, timeout: LIMIT });
      assert.equal(all, "");
    }
  });
});

it("the alert rules are raised when they should be, and not before", async () => {
  const options = { cwd: rules, timeout: LIMIT };
  await execa("promtool", ["check", "rules", "alerts.yaml"], options);
  await execa("promtool", ["test", "rules", "alerts.test.yaml"], options);
});
