import { describe } from "node:test";
import { applyContract } from "./apply.ts";
import type { ContractEngine } from "./engine.ts";
import { historyContract } from "./history.ts";
import { killedContract } from "./killed.ts";
import { localContract } from "./local.ts";
import { ownContract } from "./own.ts";
import { readContract } from "./read.ts";
import { refusalContract } from "./refusal.ts";
import { undoContract } from "./undo.ts";

/**
 * What every engine behind `KumaDatabase` must do. What differs between engines is for their own tests: limits of
 * columns, types, connections.
 * @param name the subject of the sentences
 */
export function databaseContract(name: string, engine: ContractEngine): void {
  describe(name, () => {
    readContract(engine);
    applyContract(engine);
    undoContract(engine);
    historyContract(engine);
    refusalContract(engine);
    ownContract(engine);
    localContract(engine);
    killedContract(engine);
  });
}

/** What goes to and fro between the supervisor and the thread of its engine, contents above all. */
export function threadContract(name: string, engine: ContractEngine): void {
  describe(name, () => {
    readContract(engine);
    applyContract(engine);
  });
}
