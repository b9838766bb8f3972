import { success } from "../result.ts";
import { type DatabaseLocation, serverOf } from "./location.ts";
import type { Rules } from "./own/rules.ts";
import { refuse } from "./problems.ts";
import type { Surroundings } from "./read/read.ts";
import { openSqlite } from "./sqlite/open-sqlite.ts";
import type { DatabaseResult, KumaDatabase } from "./types.ts";

/** What surrounds Kuma's database, as plain data: it may cross to another thread. */
export interface KumaSurroundings extends Surroundings {
  /** Of the Kuma that uses the database; for what is said about versions that do not fit. */
  readonly kumaVersion: string;
}

/** A Kuma: where its database is, and what surrounds that. */
export interface KumaPlace extends Omit<KumaSurroundings, "rules"> {
  /** Asked at each call: Kuma may change its database at any of its starts. */
  readonly locate: () => DatabaseResult<DatabaseLocation>;
  /** What is this instance's own, asked at each call: a command may change the role. Left out: nothing is. */
  readonly rules?: () => Rules;
}

/** The calls of `KumaDatabase`, whether they answer at once or later. */
export type Engine = {
  readonly [Call in keyof KumaDatabase]: (
    ...given: Parameters<KumaDatabase[Call]>
  ) => ReturnType<KumaDatabase[Call]> | Awaited<ReturnType<KumaDatabase[Call]>>;
};

/**
 * Kuma's database, in this thread: SQLite blocks it while a call runs. For commands, which do nothing else. The one
 * place that chooses the engine is `openEngine`.
 */
export function openKumaDatabase(place: KumaPlace): KumaDatabase {
  return {
    read: () => on((engine) => engine.read()),
    hash: () => on((engine) => engine.hash()),
    look: (before) => on((engine) => engine.look(before)),
    examine: (content) => on((engine) => engine.examine(content)),
    isUntouched: () => on((engine) => engine.isUntouched()),
    plan: (snapshot) => on((engine) => engine.plan(snapshot)),
    apply: (snapshot, order) => on((engine) => engine.apply(snapshot, order)),
    lastApply: () => on((engine) => engine.lastApply()),
    markApplied: (snapshot, id) => on((engine) => engine.markApplied(snapshot, id)),
    confirm: () => on((engine) => engine.confirm()),
    dropHistory: () => on((engine) => engine.dropHistory()),
    previewRollBack: () => on((engine) => engine.previewRollBack()),
    rollBack: () => on((engine) => engine.rollBack()),
    inspect: () => on((engine) => engine.inspect()),
    serverUpFor: () => on((engine) => engine.serverUpFor()),
    readOwn: () => on((engine) => engine.readOwn()),
    takeOver: () => on((engine) => engine.takeOver()),
  };

  async function on<T>(
    work: (engine: Engine) => DatabaseResult<T> | Promise<DatabaseResult<T>>,
  ): Promise<DatabaseResult<T>> {
    const located = place.locate();
    const engine = located.ok
      ? await openEngine(located.value, { ...place, rules: place.rules?.() })
      : located;
    return engine.ok ? work(engine.value) : engine;
  }
}

/**
 * The engine of a database. It holds nothing between two calls, so it need not be closed. MariaDB's is loaded only when
 * it is needed: its client takes 0.15 s and 16 MB.
 */
export async function openEngine(
  location: DatabaseLocation,
  surroundings: KumaSurroundings,
): Promise<DatabaseResult<Engine>> {
  switch (location.engine) {
    case "sqlite":
      return success(openSqlite({ ...surroundings, file: location.file }));
    case "mariadb":
    case "embedded-mariadb": {
      const { openMariaDb } = await import("./mariadb/open-mariadb.ts");
      const engine = openMariaDb({ ...surroundings, server: serverOf(location) });
      // Its own server Kuma starts itself, and waits for it.
      const own = { serverUpFor: () => success(undefined) };
      return success(location.engine === "mariadb" ? engine : { ...engine, ...own });
    }
    case "not-chosen":
      return refuse("database-not-chosen", "Uptime Kuma waits for a person to choose its database.");
  }
}
