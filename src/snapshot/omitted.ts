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
