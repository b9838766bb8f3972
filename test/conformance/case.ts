import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { COLUMNS, type Column } from "./columns.ts";
import { type Instance, type InstanceOptions, openInstance } from "./instance.ts";

export type Check = (
  open: (options: InstanceOptions, kept?: string) => Promise<Instance>,
  column: Column,
) => Promise<void>;

/** One promise. */
export interface Case {
  readonly name: string;
  /** Who makes this promise at all. */
  readonly columns: readonly Column[];
  /** The negative control has to miss it; else the case shows nothing. */
  readonly controlFails: boolean;
  /** Throws, in a sentence, when the promise is not kept. */
  readonly check: Check;
}

export type Verdict = { readonly kept: true } | { readonly kept: false; readonly why: string };

/** A promise that any init makes. */
export function ofAnyInit(name: string, check: Check): Case {
  return { name, columns: COLUMNS, controlFails: false, check };
}

/** The same, one of those that Node as PID 1 breaks. */
export function thatNodeBreaks(name: string, check: Check): Case {
  return { name, columns: COLUMNS, controlFails: true, check };
}

/** A promise that only a supervisor can make. */
export function ofSupervisor(name: string, check: Check): Case {
  return { name, columns: ["ours"], controlFails: false, check };
}

/** A line of the log that is more than information. */
export const TROUBLE = /"level":"(?!info|debug)/;

/** Runs a case with one PID 1, and leaves nothing behind. */
export async function judge({ check }: Case, column: Column): Promise<Verdict> {
  const instances: Instance[] = [];
  try {
    await check(async (options, kept) => {
      const instance = await openInstance(column, options, kept);
      instances.push(instance);
      return instance;
    }, column);
    return { kept: true };
  } catch (error) {
    const outputs = instances
      .map((instance) => `${instance.output()}\n${instance.notes().join("\n")}`)
      .join("\n---\n");
    return {
      kept: false,
      why: `${error instanceof Error ? error.message : String(error)}\n${outputs}`.trim(),
    };
  } finally {
    for (const instance of instances) await instance.close();
  }
}

/** Asserts that something becomes so within a time, milliseconds. */
export async function becomes(what: string, within: number, isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + within; performance.now() < end; await sleep(20)) if (isSo()) return;
  assert.fail(`not within ${within} ms: ${what}`);
}
