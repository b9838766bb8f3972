import type { TestContext } from "node:test";
import type {
  DatabaseLocation,
  DatabaseProblemCode,
  KumaDatabase,
  Rules,
} from "../../../src/database/index.ts";
import type { Value } from "../../../src/snapshot/index.ts";

/** A populated database of a real Kuma, and ways around `KumaDatabase` to it. */
export interface ContractInstance {
  /** What is tested. */
  readonly kuma: KumaDatabase;
  readonly location: DatabaseLocation;
  readonly uploadDir: string;
  readonly kumaVersion: string;
  /**
   * Runs statements as a person at a shell would: without foreign keys checked, and names in double quotes. No
   * statement of the contract is other than plain INSERT, UPDATE or DELETE.
   */
  sql(...statements: string[]): Promise<void>;
  /** The rows of a SELECT: whole numbers as bigint, as `Value` has them. */
  query(statement: string): Promise<Record<string, Value>[]>;
  /**
   * Every row of every table, by the table's name, ours left out, and AUTOINCREMENT counters where an undo brings them
   * back. Compared with assert.deepEqual.
   */
  dump(): Promise<Readonly<Record<string, unknown>>>;
}

/** How the contract comes by databases of an engine. All are removed after the test. */
export interface ContractEngine {
  /**
   * A copy of a populated Kuma 2.5.3 or so: monitors with history, a tag, a status page with `/upload/logo1.png` as
   * icon.
   * @param rules what is its own; nothing when left out
   */
  makeInstance(t: TestContext, rules?: () => Rules): Promise<ContractInstance>;
  /** One in which nobody has ever configured anything. */
  makeUntouched(t: TestContext): Promise<ContractInstance>;
  /**
   * How many monitors an apply writes that is to be killed in the middle, so that it takes some hundred milliseconds.
   */
  readonly manyMonitors: number;
  /** Databases that cannot be used, by what they are, and the problem that each call gives. */
  readonly unusable: readonly (readonly [
    what: string,
    code: DatabaseProblemCode,
    make: (t: TestContext) => Promise<KumaDatabase>,
  ])[];
}
