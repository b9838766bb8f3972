import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { createProgram } from "../../src/cli/program.ts";
import { type Member, makeRig, type Rig, type Said, said, untilLogged } from "../support/cli-instance.ts";

const ESCAPE = "\u001b";
const GREEN = `${ESCAPE}[32m`;
const WIDTHS = [40, 60, 80, 120];
const WIDE = { COLUMNS: "1000" };

/** What prints for people, as a user would call it. */
const CALLS: readonly string[][] = [
  ["status"],
  ["snapshots"],
  ["diff"],
  ["doctor"],
  ["restore", "latest"],
  ["rollback"],
  ["status", "--jsno"],
];

/** No line is wider, but for one word that cannot be broken; an option and its value count as one. */
function assertFits(text: string, width: number, what: string): void {
  for (const line of text.split("\n")) {
    const words = line.replace(/ \\$/, "").trim().split(/ +/);
    const isOneWord = words.length === 1 || (words.length === 2 && /^(-[a-z]|[→<>|])$/.test(words[0] ?? ""));
    assert.ok(stringWidth(line) <= width || isOneWord, `${what}, ${width} columns: ${JSON.stringify(line)}`);
  }
}

/**
 * The words alone: what stays the same in any width. Ages go on meanwhile, and a busy machine brings lines of progress.
 */
function wordsOf(text: string): string {
  return text
    .replaceAll(/ \\$/gm, "")
    .replaceAll(/^.* …$/gm, "")
    .replaceAll(/[\d.]+ (s|min|h)\b(\s+\d+ (s|min)\b)?/g, "# s")
    .replaceAll(/\b\d+ MB/g, "# MB")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function textOf({ stdout, stderr }: Said): string {
  return `${stdout}\n${stderr}`;
}

describe("help", () => {
  /** The help of every command, in this process: it is the same text, and there are many. */
  function helpAt(width: number): Map<string, string> {
    const before = process.env.COLUMNS;
    process.env.COLUMNS = String(width);
    const unused = () => Promise.reject(new Error("Nothing is run here."));
    const program = createProgram({ run: unused, health: unused });
    const texts = new Map<string, string>();
    for (const command of [program, ...program.commands]) {
      const parts: string[] = [];
      command.configureOutput({ writeOut: (part) => void parts.push(part) });
      command.outputHelp();
      texts.set(command.name(), parts.join(""));
    }
    if (before === undefined) delete process.env.COLUMNS;
    else process.env.COLUMNS = before;
    return texts;
  }

  for (const width of WIDTHS)
    it(`of every command fits into ${width} columns, with every word whole`, () => {
      const wide = helpAt(1000);
      assert.equal(wide.size, 17);
      for (const [name, text] of helpAt(width)) {
        assertFits(text, width, `${name} --help`);
        assert.equal(wordsOf(text), wordsOf(wide.get(name) ?? ""), `${name} --help`);
      }
    });
});

describe("commands in narrow and wide terminals", () => {
  let rig: Rig;
  let primary: Member;
  const known = new Map<string, string>();

  /** The words of a command where there is room for them, asked for once. */
  async function wide(args: readonly string[], ask: () => Promise<Said>): Promise<string> {
    const words = known.get(args.join(" ")) ?? wordsOf(textOf(await ask()));
    known.set(args.join(" "), words);
    return words;
  }

  before(async () => {
    rig = makeRig();
    primary = await rig.add("fra", "BACKUP");
    await untilLogged(primary, /Published snapshot/);
    primary.sql("UPDATE monitor SET name = 'a rather long name of a monitor with 漢字' WHERE id = 2");
    said(await primary.command("sync"));
    primary.sql("UPDATE monitor SET url = 'https://b.example/' WHERE id IN (2, 3, 4)");
  });
  after(() => rig.close());

  for (const width of WIDTHS)
    it(`what commands print fits into ${width} columns, with every word whole`, async () => {
      for (const args of CALLS) {
        const answer = await primary.commandIn({ COLUMNS: String(width) }, ...args);
        assertFits(textOf(answer), width, args.join(" "));
        // The columns of this one stand below one another in a narrow terminal.
        if (args[0] === "snapshots") continue;
        const expected = await wide(args, () => primary.commandIn(WIDE, ...args));
        assert.equal(wordsOf(textOf(answer)), expected, args.join(" "));
      }
    });

  it("takes the width of a terminal, and breaks nothing where there is neither", async () => {
    const shown = await primary.atTerminal("status");
    assertFits(stripVTControlCharacters(shown).replaceAll("\r", ""), 80, "status at a terminal");
    const piped = said(await primary.command("doctor"));
    assert.ok(
      piped.split("\n").some((line) => stringWidth(line) > 120),
      piped,
    );
  });

  it("has colours at a terminal, and none with NO_COLOR", async () => {
    assert.ok((await primary.atTerminal("status")).includes(GREEN));
    await primary.restart({ NO_COLOR: "1" });
    assert.ok(!(await primary.atTerminal("status")).includes(ESCAPE));
  });
});
