export { compare } from "./compare.ts";
export { type FirstContact, type Lost, listUnknown, meet } from "./first-contact.ts";
export { namesIn, rowsOf } from "./names.ts";
export { describeRow } from "./words.ts";
