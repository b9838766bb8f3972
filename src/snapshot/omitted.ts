import { type ChangeCounts, countChanges } from "./changes.ts";
import { fingerprint } from "./hash.ts";
import type { Content } from "./types.ts";

/** What is left of a content without what another one says nothing of: all that the two can be compared in. */
export function withoutOmitted(content: Content, { omits = [] }: Content): Content {
  if (omits.length === 0) return content;
  return {
    ...content,
    tables: content.tables.filter(({ name }) => !omits.includes(name)),
    files: omits.includes("file") ? [] : content.files,
  };
}

/** How many rows and files differ between two contents; what one of them says nothing of does not. */
export function countDifferences(before: Content, after: Content): ChangeCounts {
  return countChanges(fingerprint(withoutOmitted(before, after)), fingerprint(withoutOmitted(after, before)));
}
