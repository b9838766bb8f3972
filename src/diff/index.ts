export { compare } from "./compare.ts";
export { namesIn, rowsOf } from "./names.ts";
export { describeRow } from "./words.ts";
