import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where the command is, absolute; undefined when PATH has it nowhere. */
export function onPath(command: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
