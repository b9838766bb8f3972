export { checkContent } from "./content.ts";
export { checkDatabase } from "./database.ts";
export type { Finding } from "./finding.ts";
export { failed, ok, warning } from "./finding.ts";
export { checkFirstContact } from "./first-contact.ts";
export { checkClock, checkPrimaries } from "./lineage.ts";
export { checkDisk, checkPatch, checkPermissions, checkRestic } from "./machine.ts";
export { checkNtfy } from "./ntfy.ts";
