export { createFolderExporter } from "./exporter.ts";
