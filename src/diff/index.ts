export { mayShowNumber, showText } from "./columns.ts";
export { compare } from "./compare.ts";
export { type FirstContact, type Lost, listUnknown, meet } from "./first-contact.ts";
export { namesIn, rowsOf } from "./names.ts";
export { nameChanges, type Outline, outlineOf } from "./outline.ts";
export { describeRow } from "./words.ts";
