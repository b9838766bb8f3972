import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { execa, execaSync } from "execa";
import { runAlone, said } from "../support/cli-instance.ts";
import { PATIENCE } from "../support/wait.ts";

/** What is typed up to the tab, and what is among the answers. */
const CASES: readonly (readonly [typed: string, expected: readonly string[], not: readonly string[]])[] = [
  ["sn", ["snapshots"], ["status"]],
  ["status --j", ["--json"], ["--yes"]],
  ["rollback --", ["--yes", "--json", "--help"], ["--retry"]],
  ["diff l", ["latest", "live"], ["--json"]],
  ["export --format js", ["json", "jsonl"], ["sql"]],
  ["completion ", ["bash", "zsh"], []],
  ["import pro", ["prose.jsonl"], []],
];
const hasZsh = execaSync("sh", ["-c", "command -v zsh"], { reject: false }).exitCode === 0;

describe("completion", () => {
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "completion-"));
    writeFileSync(join(folder, "prose.jsonl"), "");
    for (const shell of ["bash", "zsh"])
      writeFileSync(join(folder, shell), `${said(await runAlone(["completion", shell]))}\n`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("in bash names commands, options, their values, and files", async () => {
    for (const [typed, expected, not] of CASES) {
      const words = ["replicator-kuma", ...typed.split(" ")];
      // As readline does: the function of `complete -F`, and file names where it asks for them and has nothing.
      const script = `source ./bash
        function compopt() { files=1; }
        COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
        complete -p replicator-kuma > /dev/null
        _replicator_kuma
        [[ -z $files || \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await execa("bash", ["--norc", "-c", script], { cwd: folder });
      assertAnswers(stdout.split("\n"), [typed, expected, not]);
    }
  });

  it("in zsh names the same", { skip: hasZsh ? false : "zsh is not installed" }, async () => {
    for (const one of CASES) {
      const [typed] = one;
      // A real zsh at a terminal of its own, in which somebody types and asks for the list.
      const script = `zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; PROMPT=; unsetopt zle_bracketed_paste; unset zle_bracketed_paste; LISTMAX=1000'
        zpty -w shell 'autoload -Uz compinit; compinit -u -D; source ./zsh; replicator-kuma() { :; }'
        zpty -w shell 'zstyle ":completion:*" menu no; setopt nolistambiguous; bindkey "^I" list-choices; print RE""ADY'
        zpty -r shell text '*READY*'
        zpty -w -n shell $'replicator-kuma ${typed}\\t'
        sleep 1
        while zpty -r -t shell text; do print -r -- $text; done
        zpty -d shell`;
      const { stdout } = await execa("zsh", ["-f", "-c", script], { cwd: folder, timeout: PATIENCE });
      assertAnswers(stripVTControlCharacters(stdout).split(/\s+/), one);
    }
  });

  it("for another shell is wrong use", async () => {
    const { exitCode, stderr } = await runAlone(["completion", "fish"]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /Allowed\s+choices are bash, zsh/);
  });
});

function assertAnswers(answers: readonly string[], [typed, expected, not]: (typeof CASES)[number]): void {
  for (const word of expected) assert.ok(answers.includes(word), `${typed}: ${answers.join(" ")}`);
  for (const word of not) assert.ok(!answers.includes(word), `${typed}: ${answers.join(" ")}`);
}
