import { fileURLToPath } from "node:url";

/** The project's folder, absolute. */
export const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/** Our program, as the image runs it, once it is built. */
export const programFile = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** What is installed for the demo and the tests lives here; git ignores it. */
export const labFolder = fileURLToPath(new URL("../../.lab", import.meta.url));
