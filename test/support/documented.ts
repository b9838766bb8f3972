import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "./paths.ts";

const text = readFileSync(join(projectFolder, "docs/migrating.md"), "utf8");

/** One step of a list in docs/migrating.md. */
export interface Step {
  readonly words: string;
  /** The commands of ours that it has people run, each as arguments; without the name of the program. */
  readonly commands: readonly (readonly string[])[];
  /** What it has people set. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What a person does who reads a step. @param begin how it begins */
type Action = readonly [begin: string, take: (step: Step) => Promise<void>];

/**
 * Follows a list of docs/migrating.md word by word: each step has its action, in its order, so that neither can change
 * alone.
 * @param section its heading
 * @param lead how the paragraph before the list begins; empty: the section's first list
 */
export async function follow(section: string, lead: string, actions: readonly Action[]): Promise<void> {
  const steps = stepsOf(section, lead);
  assert.deepEqual(
    steps.map(({ words }, at) => words.slice(0, actions[at]?.[0].length)),
    actions.map(([begin]) => begin),
    `the steps of "${section}" in docs/migrating.md`,
  );
  for (const [at, [, take]] of actions.entries()) {
    const step = steps[at];
    assert.ok(step);
    await take(step);
  }
}

function stepsOf(section: string, lead: string): Step[] {
  const sections = text.split(/^#{2,3} /m);
  const body = sections.find((each) => each.startsWith(`${section}\n`)) ?? "";
  const begin = lead === "" ? 0 : body.indexOf(`\n${lead}`);
  const list = /(?:^\d+\. .*\n(?: {2,}.*\n)*)+/m.exec(body.slice(begin < 0 ? body.length : begin))?.[0] ?? "";
  return list
    .split(/^\d+\. /m)
    .slice(1)
    .map((item) => toStep(item.replaceAll(/\s+/g, " ").trim()));
}

const COMMAND =
  /^(?:replicator-kuma )?((?:status|sync|snapshots|diff|adopt|rollback|export|import|promote|demote|doctor)\b.*)$/;

function toStep(words: string): Step {
  const quoted = [...words.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  return {
    words,
    commands: quoted.flatMap((code) => {
      const command = COMMAND.exec(code)?.[1];
      return command === undefined ? [] : [command.replace(/ >.*/, "").split(" ")];
    }),
    settings: Object.fromEntries(
      quoted.flatMap((code) => {
        const [, name, value] = /^([A-Z_]+)=(\S+)$/.exec(code) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

/** The lines of SQL that docs/migrating.md has people run. */
export function documentedSql(): string {
  return [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql).join("\n");
}
