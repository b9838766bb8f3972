export { compare } from "./compare.ts";
export { type NamedRow, namesIn, rowsOf } from "./names.ts";
export { describeRow } from "./words.ts";
