/** How many rows of a table differ between two contents. */
export interface TableCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** Table name (or "file" for uploaded files) to its counts; tables without a difference are left out. */
export type ChangeCounts = Readonly<Record<string, TableCounts>>;
