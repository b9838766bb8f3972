import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { smallKuma } from "../patch/small-kuma.ts";
import { type Member, makeRig, type Rig, runAlone, type Said } from "../support/cli-instance.ts";
import { projectFolder } from "../support/paths.ts";
import { forms } from "./json-forms.ts";

/** Each example in docs/commands.md, by its heading. */
function examples(): Map<string, string[]> {
  const text = readFileSync(join(projectFolder, "docs/commands.md"), "utf8");
  const found = new Map<string, string[]>();
  for (const part of text.split(/^### /m).slice(1)) {
    const heading = part.split("\n")[0] ?? "";
    const blocks = [...part.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json = ""]) => json);
    if (blocks.length > 0) found.set(heading, blocks);
  }
  return found;
}

describe("--json", () => {
  let rig: Rig;
  let primary: Member;
  let replica: Member;

  before(async () => {
    rig = makeRig();
    [primary, replica] = await rig.addPair();
    primary.sql("UPDATE monitor SET name = 'renamed' WHERE id = 2");
  });
  after(() => rig.close());

  /** Checks that standard output is one document of this form. */
  function assertForm(form: keyof typeof forms, { stdout, stderr }: Said, what: string): unknown {
    let json: unknown;
    assert.doesNotThrow(() => (json = JSON.parse(stdout)), `${what}: ${stdout}\n${stderr}`);
    const parsed = forms[form].safeParse(json);
    assert.ok(parsed.success, `${what}: ${parsed.error?.message}\n${stdout}`);
    return json;
  }

  it("has the forms that docs/commands.md shows", () => {
    const documented = examples();
    assert.deepEqual(
      [...documented.keys()].sort(),
      Object.keys(forms)
        .map((name) => (/^[A-Z]/.test(name) ? name : `\`${name}\``))
        .sort(),
    );
    for (const [name, form] of Object.entries(forms))
      for (const block of documented.get(/^[A-Z]/.test(name) ? name : `\`${name}\``) ?? []) {
        const parsed = form.safeParse(JSON.parse(block));
        assert.ok(parsed.success, `${name}: ${parsed.error?.message}`);
      }
  });

  it("of commands that read is as documented", async () => {
    for (const name of ["status", "snapshots", "diff", "doctor", "health"] as const)
      assertForm(name, await primary.command(name, "--json"), name);
    assertForm("status", await replica.command("status", "--json"), "status of a replica");
    const { stdout } = await primary.command("export", "--json");
    assert.equal(JSON.parse(stdout).format, 1);
  });

  it("of patch is as documented", async (t) => {
    const dir = await smallKuma(t);
    for (const option of ["--check", "--json", "--revert"])
      assertForm("patch", await runAlone(["patch", dir, "--json", option]), `patch ${option}`);
    assertForm("Failure", await runAlone(["patch", "/nowhere", "--json"]), "patch of nothing");
  });

  it("of commands that steer is as documented, done or not", async () => {
    assertForm("Outcome", await primary.command("sync", "--json"), "sync");
    assertForm("Outcome", await replica.command("adopt", "--json"), "adopt with nothing to do");
    assertForm(
      "Outcome",
      await primary.command("restore", "latest", "--json"),
      "restore without a difference",
    );
    const { stdout: exported } = await primary.command("export");
    assertForm(
      "Outcome",
      await primary.commandWith(exported, "import", "-", "--json"),
      "import without a difference",
    );
    const [, second] = JSON.parse((await primary.command("snapshots", "--quick", "--json")).stdout);
    assertForm("Failure", await primary.command("restore", second.id, "--json"), "restore unasked");
    assertForm("Outcome", await primary.command("restore", second.id, "--json", "--yes"), "restore");
    assertForm("Outcome", await primary.command("rollback", "--json", "--yes"), "rollback");
    assertForm("Failure", await primary.command("restore", "zzz", "--json"), "restore of nothing");
    assertForm("Outcome", await replica.command("promote", "--json"), "promote");
    assertForm("Outcome", await primary.command("demote", "--json", "--yes"), "demote");
  });

  it("of wrong settings names all that is wrong, and of no instance exit code 3", async () => {
    const wrong = await runAlone(["status", "--json"]);
    const json = assertForm("Failure", wrong, "wrong settings") as { more?: unknown[] };
    assert.deepEqual([wrong.exitCode, json.more?.length], [2, 1]);
    await replica.instance.stop();
    const alone = await replica.command("status", "--json");
    assertForm("Failure", alone, "no instance");
    assert.equal(alone.exitCode, 3);
  });

  it("diff --exit-code tells by its exit code, as diff(1) does", async () => {
    const code = async (...args: string[]) =>
      (await primary.command("diff", "--exit-code", ...args)).exitCode;
    assert.equal(await code("latest", "latest"), 0);
    primary.sql("UPDATE monitor SET name = 'edited' WHERE id = 3");
    assert.equal(await code(), 1);
    assert.equal(await code("zzz"), 2);
    assert.equal((await primary.command("diff")).exitCode, 0);
  });
});
