import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { makeFolder, never, open, request } from "../support/repository.ts";
import { serveSsh, whyNoSshd } from "../support/ssh-server.ts";

describe("a repository behind sftp", { skip: whyNoSshd }, () => {
  it("is published to and listed; what ssh says of a failure is told", async () => {
    const at = makeFolder();
    const { address, PATH, port, publicKey, close } = await serveSsh(at);
    after(close);
    const list = () => open(address, { PATH }).list(never);
    const fails = async (words: RegExp) => {
      // From 0.18 on restic may end before it has read what ssh says: then the advice names all that it can be.
      for (let attempt = 0; attempt < 30; attempt++) {
        const result = await list();
        assert.ok(!result.ok);
        assert.equal(result.problem.code, "repository-unreachable");
        if (words.test(result.problem.message)) return;
        assert.match(result.problem.message, /^ssh could not open a session/);
        assert.match(result.problem.advice, /known_hosts/);
      }
      assert.fail(`never said: ${words}`);
    };
    const known = (key: string) => writeFileSync(join(at, "known_hosts"), `[127.0.0.1]:${port} ${key}`);
    await fails(/^ssh does not know the SSH server's host key \(restic: .*Host key verification failed/);
    known(publicKey("user"));
    await fails(/another host key than the one in known_hosts \(restic: .*IDENTIFICATION HAS CHANGED/);
    known(publicKey("host"));
    await fails(/^The SSH server refuses the key \(restic: .*Permission denied \(publickey/);

    writeFileSync(join(at, "authorized_keys"), publicKey("user"));
    const repository = open(address, { PATH });
    assert.ok((await repository.create(never)).ok);
    assert.ok((await repository.publish(request("over ssh"), never)).ok);
    const listed = await list();
    assert.equal(listed.ok && listed.value.length, 1);
  });
});
