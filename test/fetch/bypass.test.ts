import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bypassesProxy } from "../../src/fetch/bypass.ts";

describe("bypassesProxy", () => {
  it("decides as restic does", () => {
    const cases: [string, string[], boolean][] = [
      ["https://ntfy.sh/t", [], false],
      ["https://ntfy.sh/t", ["*"], true],
      ["https://ntfy.sh/t", ["ntfy.sh"], true],
      ["https://NTFY.sh/t", ["Ntfy.SH"], true],
      ["https://eu.ntfy.sh/t", ["ntfy.sh"], true],
      ["https://eu.ntfy.sh/t", [".ntfy.sh"], true],
      ["https://eu.ntfy.sh/t", ["*.ntfy.sh"], true],
      ["https://ntfy.sh/t", [".ntfy.sh"], false],
      ["https://xntfy.sh/t", ["ntfy.sh"], false],
      ["https://ntfy.sh/t", ["ntfy.sh:443"], true],
      ["https://ntfy.sh/t", ["ntfy.sh:80"], false],
      ["http://ntfy.sh:8080/t", ["ntfy.sh:8080"], true],
      ["http://10.1.2.3/t", ["10.0.0.0/8"], true],
      ["http://11.1.2.3/t", ["10.0.0.0/8", "fd00::/8"], false],
      ["http://10.1.2.3/t", ["10.1.2.3"], true],
      ["http://110.1.2.3/t", ["10.1.2.3"], false],
      ["http://10.1.2.3:81/t", ["10.1.2.3:80"], false],
      ["http://[fd00::5]/t", ["fd00::/8"], true],
      ["http://[fd00::5]/t", ["fd00::5"], true],
      ["http://[fd00::5]:80/t", ["[fd00::5]:80"], true],
      ["http://localhost:1/t", [], true],
      ["http://127.9.9.9/t", [], true],
      ["http://[::1]/t", [], true],
      ["https://ntfy.sh/t", ["10.0.0.0/99", "x/8", "", ":", "."], false],
    ];
    for (const [url, entries, past] of cases)
      assert.equal(bypassesProxy(new URL(url), entries), past, `${url} ${entries}`);
  });
});
