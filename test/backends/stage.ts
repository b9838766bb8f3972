import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeEvent, type ReplicatorEvent } from "../../src/events/index.ts";
import { contentHash } from "../../src/snapshot/index.ts";
import { assertInvariant } from "../support/invariant.ts";
import { change, fillData, takeSnapshot } from "../support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../support/supervisor-namespace.ts";
import type { Env, OpenBackend, Restic } from "./backend.ts";

/** What the instances of a stage have in common. */
export interface Common {
  readonly restic: Restic;
  /** The Kuma that they run: variables that name it, and whose database they begin with. */
  readonly kuma: { readonly env: Env; readonly version: string };
  /** Within what a trouble must be told, milliseconds. */
  readonly soon: number;
}

/** A primary and a replica that meet at one backend. */
export interface Stage {
  readonly backend: OpenBackend;
  readonly soon: number;
  /** As soon as `begin` was called, or after `restart`. */
  readonly primary: SupervisorNamespace;
  readonly replica: SupervisorNamespace;
  /** Starts both, the primary first. */
  begin(): Promise<void>;
  /** Another life of the primary, in which thinning out is due again. */
  restartPrimary(env: Env): Promise<void>;
  /** A person edits on the primary. */
  edit(): void;
  publish(): Promise<void>;
  /** Has the replica apply, and insists that both hold the same then. */
  follow(): Promise<void>;
  /**
   * Insists that a cycle fails, or waits in vain, and is told in these words, soon.
   * @param instance one that is about to end its first cycle, or one that is woken for another
   * @returns after how many milliseconds
   */
  told(instance: SupervisorNamespace, says: RegExp, when: "at its start" | "when woken"): Promise<number>;
  /** Another instance, over data of its own. */
  openOther(name: string, mode: "BACKUP" | "RESTORE", env: Env): Promise<SupervisorNamespace>;
  close(): Promise<void>;
}

export function createStage(folder: string, backend: OpenBackend, { restic, kuma, soon }: Common): Stage {
  const instances: SupervisorNamespace[] = [];
  let [primary, replica]: [SupervisorNamespace?, SupervisorNamespace?] = [];
  let version = 0;

  async function open(name: string, mode: "BACKUP" | "RESTORE", env: Env): Promise<SupervisorNamespace> {
    const all = {
      PATH: `${restic.path}:${process.env.PATH}`,
      REPLICATOR_ADOPT: "replace",
      ...kuma.env,
      ...env,
    };
    const dataDir = join(folder, name);
    const { RESTIC_REPOSITORY: repository = "" } = env;
    const instance = await openNamespace({ mode, name, dataDir, repository, env: all });
    instances.push(instance);
    return instance;
  }

  const stage: Stage = {
    backend,
    soon,
    get primary() {
      assertInvariant(primary !== undefined, "the primary was not started");
      return primary;
    },
    get replica() {
      assertInvariant(replica !== undefined, "the replica was not started");
      return replica;
    },
    begin: async () => {
      primary = await stage.openOther("primary", "BACKUP", backend.full);
      await primary.untilLogged("published");
      replica = await stage.openOther("replica", "RESTORE", backend.readOnly);
      await replica.untilLogged("applied");
      await replica.untilLogged("cycle-done");
      insistEqual();
    },
    restartPrimary: async (env) => {
      await stage.primary.stop();
      const file = join(stage.primary.dataDir, "replicator/state.json");
      const { thinnedAt: _, ...state } = JSON.parse(readFileSync(file, "utf8"));
      writeFileSync(file, JSON.stringify(state));
      primary = await open("primary", "BACKUP", env);
      await primary.untilLogged("cycle-done");
    },
    edit: () => {
      version += 1;
      const color = `#${String(version).padStart(6, "0")}`;
      // What a running Kuma does not write by itself.
      change(stage.primary.dataDir, [
        `UPDATE tag SET color = '${color}'`,
        `INSERT INTO monitor (name, type, active, user_id) VALUES ('added in version ${version}', 'ping', 0, 1)`,
      ]);
    },
    publish: () => insistOn(stage.primary.cycle(), "published"),
    follow: async () => {
      await insistOn(stage.replica.cycle(), "applied");
      insistEqual();
    },
    told: async (instance, says, when) => {
      const begun = performance.now();
      const outcome = await (when === "when woken" ? instance.cycle() : instance.outcome(0));
      const took = performance.now() - begun;
      const { message } = describeEvent(outcome);
      assertInvariant(says.test(message), `said: ${message}`);
      assertInvariant(took < soon, `said after ${Math.round(took)} ms`);
      return took;
    },
    openOther: (name, mode, env) => {
      const dataDir = join(folder, name);
      fillData(dataDir, kuma.version);
      if (mode === "RESTORE") change(dataDir, ["UPDATE tag SET color = '#ffffff'"]);
      return open(name, mode, env);
    },
    close: async () => {
      await Promise.all(instances.map((instance) => instance.kill()));
    },
  };

  function insistEqual(): void {
    const [one, other] = [stage.primary, stage.replica].map(({ dataDir }) =>
      contentHash(takeSnapshot(dataDir).content),
    );
    assertInvariant(one === other, "the replica does not hold what the primary holds");
  }

  return stage;
}

async function insistOn(ending: Promise<ReplicatorEvent>, type: ReplicatorEvent["type"]): Promise<void> {
  const event = await ending;
  assertInvariant(event.type === type, `in place of "${type}": ${describeEvent(event).message}`);
}
