export { compare } from "./compare.ts";
export { describeRow } from "./words.ts";
