import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "./paths.ts";

const text = readFileSync(join(projectFolder, "docs/migrating.md"), "utf8");

/** Insists that docs/migrating.md has this step: what follows in the test is what a person does who reads it. */
export function step(words: string): void {
  assert.ok(text.replaceAll(/\s+/g, " ").includes(words), `docs/migrating.md has no step "${words}"`);
}

/** The lines of SQL that docs/migrating.md has people run. */
export function documentedSql(): string {
  return [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql).join("\n");
}
