export { fromText, toDocument } from "./document.ts";
export { toSql } from "./sql.ts";
