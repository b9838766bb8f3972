export { compare, type RowChange } from "./compare.ts";
export { quote } from "./names.ts";
export { describeRow } from "./words.ts";
