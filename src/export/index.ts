export { fromFile, toDocument } from "./document.ts";
export { aboutFile } from "./problems.ts";
export { toSql } from "./sql.ts";
