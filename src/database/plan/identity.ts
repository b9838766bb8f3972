import type { Row } from "../../snapshot/index.ts";
import type { CatalogTable } from "../catalog.ts";

/** A row with the names of its columns. */
export interface NamedColumns {
  readonly columns: readonly string[];
  readonly row: Row;
}

/** Parts of an address that a check without a URL has in columns of their own. */
const HOST = "hostname";
const PORT = "port";
const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * Whether the row of an id is another thing in the snapshot than here, so that nothing which hangs on the id may pass
 * from the one to the other: no aspect of it (`CatalogTable.aspects`) is what it was. People do change a monitor's
 * type, or its name, or what it watches, and Kuma keeps its history then; all of it at once is what two databases look
 * like that have given the same id to two things.
 */
export function isAnother(
  { aspects = [], weakAspects = [] }: CatalogTable,
  before: NamedColumns,
  after: NamedColumns,
): boolean {
  return (
    aspects.length > 0 &&
    [...aspects, ...weakAspects].every((columns) => {
      const [old, now] = [readAspect(columns, before), readAspect(columns, after)];
      if (old.length === 0 && now.length === 0) return false;
      return !old.some((one) => now.some((other) => isSame(one, other)));
    })
  );
}

/** All that an aspect of a row says, for Kuma leaves in a row what its former type needed; empty for nothing. */
function readAspect(aspect: readonly string[], row: NamedColumns): string[] {
  const isTarget = aspect.includes(HOST);
  return aspect.flatMap((column) => {
    const text = textOf(row, column);
    if (text === "") return [];
    if (column === HOST) return [address(text, textOf(row, PORT))];
    return isTarget && text.includes("://") ? readUrl(text) : [text];
  });
}

/** Of a URL host and port: with another path it is the same thing still. `https://` is in Kuma's empty form. */
function readUrl(text: string): string[] {
  if (text.endsWith("://")) return [];
  if (!URL.canParse(text)) return [text];
  const { hostname, port, protocol } = new URL(text);
  return hostname === "" ? [text] : [address(hostname, port || (DEFAULT_PORTS[protocol] ?? ""))];
}

/** Without a port, as a ping has it: the host alone. */
function address(host: string, port: string): string {
  const name = `//${host.replaceAll(/[[\]]/g, "").toLowerCase()}`;
  return port === "" ? name : `${name} ${port}`;
}

function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  return one.startsWith("//") && (one.startsWith(`${other} `) || other.startsWith(`${one} `));
}

/** Empty also for the lists of nothing that Kuma's form has in it at first. */
function textOf({ columns, row }: NamedColumns, column: string): string {
  const value = row[columns.indexOf(column)] ?? null;
  const text = value === null || value instanceof Uint8Array ? "" : String(value);
  return text === "[]" || text === "{}" ? "" : text;
}
