import { secondsSince } from "../support/install/progress.ts";

/** Does checks one after the other, prints a line for each, and counts the missed ones. */
export interface Checklist {
  /**
   * @param name what is promised, as a sentence of the list
   * @param look throws when it is not so; may give a remark for the list
   * @returns whether it is so
   */
  check(name: string, look: () => Promise<string | undefined> | Promise<void>): Promise<boolean>;
  readonly missed: readonly string[];
}

export function startChecklist(): Checklist {
  const missed: string[] = [];
  return {
    missed,
    check: async (name, look) => {
      const started = performance.now();
      try {
        const remark = await look();
        console.log(`ok      ${name} (${secondsSince(started)} s)${remark ? `: ${remark}` : ""}`);
        return true;
      } catch (error) {
        missed.push(name);
        console.log(`MISSED  ${name} (${secondsSince(started)} s)`);
        console.log(indent(error instanceof Error ? error.message : String(error)));
        return false;
      }
    },
  };
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "          ");
}
