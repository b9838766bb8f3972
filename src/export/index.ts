export { fromFile, toDocument } from "./document.ts";
export { type FolderFile, hideByKey, toFolder } from "./folder.ts";
export { aboutFile } from "./problems.ts";
export { toSql } from "./sql.ts";
