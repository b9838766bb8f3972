import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withMirror } from "../../../src/database/mariadb/mirror.ts";
import { openMariaDb } from "../../../src/database/mariadb/open-mariadb.ts";
import { type MariaDbServer, withSession } from "../../../src/database/mariadb/session.ts";
import { inTransaction } from "../../../src/database/mariadb/transaction.ts";
import { applyRows } from "../../../src/database/write/apply.ts";
import { success } from "../../../src/result.ts";
import type { Snapshot } from "../../../src/snapshot/index.ts";
import { startMariadbd, type TestMariaDb } from "../../support/mariadbd.ts";
import { freePort, listen } from "../../support/ports.ts";
import { changeRows, IDS, problem, value } from "../fixtures.ts";
import { dumpMariaDb, type MariaDbInstance, makeMariaDb, take } from "./fixtures.ts";

/** All data in one file that does not grow beyond this: a full disk, but for the server itself, which lives on. */
const SPACE = ["--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:40M"];

describe("MariaDB", () => {
  let maria: TestMariaDb;
  let folder: string;
  let port: number;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "mariadb-failures-"));
    port = await freePort();
    maria = await startMariadbd(
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      ...makeCertificate(folder),
      ...SPACE,
    );
  });
  after(async () => {
    await maria.close();
    rmSync(folder, { recursive: true });
  });

  /** What a person has changed on a primary. */
  const edited = (instance: MariaDbInstance, text: string): Promise<Snapshot> =>
    take(instance, (content) =>
      changeRows(content, "monitor", (rows) => rows.map((row) => ({ ...row, description: text }))),
    );
  const reopen = ({ uploadDir }: MariaDbInstance, server: MariaDbServer) =>
    openMariaDb({ server, uploadDir, kumaVersion: "2.5.3" });
  const overTcp = ({ server }: MariaDbInstance, account: Partial<MariaDbServer>): MariaDbServer => ({
    ...server,
    address: { kind: "tcp", host: "127.0.0.1", port },
    ...account,
  });
  const allow = async ({ database }: MariaDbInstance, user: string, more = "") => {
    const account = `'${user}'@'%'`;
    await maria.run(
      "mysql",
      `CREATE USER ${account} IDENTIFIED BY 'right' ${more}`,
      `GRANT ALL ON ${database}.* TO ${account}`,
    );
  };

  it("killed in the middle of an apply is before or after, as the answer says", async (t) => {
    const instance = await makeMariaDb(t, maria);
    const before = await dumpMariaDb(maria, instance);
    const snapshot = await edited(instance, "another");
    const startedAt = performance.now();
    value(await instance.kuma.apply(snapshot, IDS));
    const whole = performance.now() - startedAt;
    const found: string[] = [];
    for (const moment of [0.3, 0.5, 0.7, 0.8, 0.9, 0.95]) {
      value(await instance.kuma.rollBack());
      const applying = instance.kuma.apply(snapshot, IDS);
      await sleep(whole * moment);
      await maria.kill();
      await maria.start();
      const answer = await applying;
      const isAfter = value(await instance.kuma.lastApply()) !== undefined;
      assert.equal(answer.ok, isAfter, answer.ok ? "told as done" : answer.problem.message);
      if (!answer.ok) assert.equal(answer.problem.code, "database-unreachable");
      if (isAfter) assert.ok(value(await instance.kuma.plan(snapshot)).empty);
      else assert.deepEqual(await dumpMariaDb(maria, instance), before);
      found.push(isAfter ? "after" : "before");
    }
    t.diagnostic(found.join(", "));
  });

  it("that cuts the connection at COMMIT, and has committed, is taken by its record", async (t) => {
    const instance = await makeMariaDb(t, maria);
    const snapshot = await edited(instance, "committed all the same");
    const proxied = await cutAtCommit(t, maria.socket);
    const kuma = reopen(instance, {
      ...instance.server,
      address: { kind: "tcp", host: "127.0.0.1", port: proxied.port },
    });
    value(await kuma.apply(snapshot, IDS));
    assert.equal(proxied.cut(), 1);
    assert.ok(value(await instance.kuma.plan(snapshot)).empty);
  });

  it("that is read-only says so, and nothing is changed", async (t) => {
    const instance = await makeMariaDb(t, maria);
    await allow(instance, "reader");
    const kuma = reopen(instance, overTcp(instance, { user: "reader", password: "right" }));
    const snapshot = await edited(instance, "another");
    value(await kuma.apply(snapshot, IDS));
    value(await kuma.rollBack());
    const before = await dumpMariaDb(maria, instance);
    await maria.run("mysql", "SET GLOBAL read_only = 1");
    try {
      assert.ok(!value(await kuma.plan(snapshot)).empty);
      assert.equal(problem(await kuma.apply(snapshot, IDS)).code, "database-read-only");
    } finally {
      await maria.run("mysql", "SET GLOBAL read_only = 0");
    }
    assert.deepEqual(await dumpMariaDb(maria, instance), before);
  });

  it("whose rows somebody else holds is waited for, and then told", async (t) => {
    const instance = await makeMariaDb(t, maria);
    const snapshot = await edited(instance, "another");
    value(await instance.kuma.lastApply());
    const other = await maria.connect(instance.database);
    await other.query("START TRANSACTION");
    await other.query("UPDATE monitor SET name = 'held' WHERE id = 1");
    const refused = problem(await instance.kuma.apply(snapshot, IDS));
    assert.equal(refused.code, "database-locked");
    assert.match(refused.message, /kuma_\d+ at .*mariadb\.sock is locked by another program/);
    await other.end();
    value(await instance.kuma.apply(snapshot, IDS));
  });

  it("lets heartbeats be written, and no edit, while an apply is planned", async (t) => {
    const { database, server } = await makeMariaDb(t, maria);
    const kuma = await maria.connect(database);
    await kuma.query("SET innodb_lock_wait_timeout = 1");
    const edit = () => kuma.query("UPDATE tag SET color = '#123456'");
    const scope = { rows: true, record: "whole", history: true, lock: true } as const;
    const planned = await withSession(server, async (session) => {
      await session.run("START TRANSACTION");
      return withMirror(session, scope, async () => {
        await kuma.query(
          "INSERT INTO heartbeat (monitor_id, status, msg, time) SELECT id, 1, 'beat', NOW() FROM monitor",
        );
        await assert.rejects(edit(), /Lock wait timeout exceeded/);
        return success(undefined);
      });
    });
    value(planned);
    await edit();
    await kuma.end();
  });

  it("has an edit made while an apply is planned overwritten as a whole, however often there is one", async (t) => {
    for (const [edits, plans] of [
      [0, 1],
      [1, 2],
      [9, 6],
    ] as const) {
      const instance = await makeMariaDb(t, maria);
      const { kuma, database, server, uploadDir } = instance;
      const snapshot = await take(instance, (content) =>
        changeRows(content, "tag", (rows) => rows.map((row) => ({ ...row, color: "#123456" }))),
      );
      let made = 0;
      const applied = await inTransaction(
        server,
        uploadDir,
        { rows: true, record: "whole", history: true },
        (db) => {
          const statements = [
            "INSERT INTO heartbeat (monitor_id, status, msg, time) SELECT id, 1, 'beat', NOW() FROM monitor",
            "UPDATE monitor SET dns_last_result = 'another'",
            ...(made < edits ? [`UPDATE monitor SET name = 'person ${made}'; DELETE FROM monitor_tag`] : []),
          ];
          made += 1;
          if (made < 6)
            execFileSync("mariadb", [
              `--socket=${maria.socket}`,
              "--user=root",
              database,
              "-e",
              statements.join("; "),
            ]);
          return applyRows(db, snapshot, IDS, { uploadDir, kumaVersion: "2.5.3" });
        },
      );
      value(applied);
      assert.equal(made, plans);
      assert.deepEqual(value(await kuma.read()), snapshot.content);
    }
  });

  it("with a full disk says so, and nothing is changed", async (t) => {
    const instance = await makeMariaDb(t, maria);
    value(await instance.kuma.markApplied(await take(instance), IDS));
    const before = await dumpMariaDb(maria, instance);
    const snapshot = await take(instance, (content) =>
      changeRows(content, "monitor", (rows) => {
        const more = Array.from({ length: 700 }, (_, n) => ({
          ...rows[0],
          id: BigInt(5000 + n),
          description: "x".repeat(60_000),
        }));
        return [...rows, ...more];
      }),
    );
    const refused = problem(await instance.kuma.apply(snapshot, IDS));
    assert.equal(refused.code, "database-full");
    assert.deepEqual(await dumpMariaDb(maria, instance), before);
  });

  it("that takes little at a time gets a large change and its undo in parts", async (t) => {
    const instance = await makeMariaDb(t, maria);
    await maria.run("mysql", "SET GLOBAL max_allowed_packet = 1048576");
    t.after(() => maria.run("mysql", "SET GLOBAL max_allowed_packet = 16777216"));
    for (const text of ["é", "😀"]) {
      const before = await dumpMariaDb(maria, instance);
      const snapshot = await edited(instance, text.repeat(16_000));
      value(await instance.kuma.apply(snapshot, IDS));
      value(await instance.kuma.confirm());
      assert.ok(value(await instance.kuma.plan(snapshot)).empty);
      value(await instance.kuma.rollBack());
      assert.deepEqual(await dumpMariaDb(maria, instance), before);
      value(await instance.kuma.apply(snapshot, { ...IDS, snapshotId: "c".repeat(64) }));
    }
    const [parts] = await maria.query(instance.database, "SELECT COUNT(*) AS count FROM replicator_apply");
    assert.ok(Number(parts?.count) > 2, `an undo in ${parts?.count} rows`);
    const refused = problem(await instance.kuma.apply(await edited(instance, "x".repeat(2 ** 20)), IDS));
    assert.equal(refused.code, "database-cannot-hold");
  });

  it("with TLS is trusted by its certificate alone", async (t) => {
    const instance = await makeMariaDb(t, maria);
    await allow(instance, "careful", "REQUIRE SSL");
    const account = { user: "careful", password: "right" };
    const ca = readFileSync(join(folder, "certificate.pem"), "utf8");
    value(await reopen(instance, overTcp(instance, { ...account, tls: { ca } })).hash());
    const untrusted = reopen(instance, overTcp(instance, { ...account, tls: { ca: undefined } }));
    assert.equal(problem(await untrusted.hash()).code, "database-untrusted");
    const plain = reopen(instance, overTcp(instance, account));
    assert.equal(problem(await plain.hash()).code, "database-login-refused");
  });

  it("refuses a wrong password without a word of it", async (t) => {
    const instance = await makeMariaDb(t, maria);
    await allow(instance, "somebody");
    const kuma = reopen(instance, overTcp(instance, { user: "somebody", password: "wrong-secret" }));
    const refused = problem(await kuma.read());
    assert.equal(refused.code, "database-login-refused");
    assert.doesNotMatch(JSON.stringify(refused), /wrong-secret/);
  });

  it("that is MySQL is refused in one sentence", async (t) => {
    // A MariaDB that gives another name for itself.
    const other = await startMariadbd("--version=8.0.36");
    t.after(other.close);
    const kuma = openMariaDb({ server: await other.create("kuma"), uploadDir: "", kumaVersion: "2.5.3" });
    const refused = problem(await kuma.hash());
    assert.equal(refused.code, "database-not-mariadb");
    assert.match(refused.message, /kuma at .* is not on MariaDB: the server says 8\.0\.36/);
  });

  it("tells for how long it has been up", async (t) => {
    const instance = await makeMariaDb(t, maria);
    await maria.kill();
    await maria.start();
    const upFor = value(await instance.kuma.serverUpFor()) ?? Number.NaN;
    assert.ok(upFor >= 0 && upFor < 20_000, `${upFor} ms`);
  });

  it("that does not answer is given up", async (t) => {
    const instance = await makeMariaDb(t, maria);
    const silent = createServer(() => {});
    const silentPort = await listen(silent);
    const kuma = reopen(instance, {
      ...instance.server,
      address: { kind: "tcp", host: "127.0.0.1", port: silentPort },
    });
    assert.equal(problem(await kuma.hash()).code, "database-unreachable");
  });
});

/** Options by which the server has a certificate of its own making. */
function makeCertificate(folder: string): string[] {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=test",
      "-keyout",
      key,
      "-out",
      certificate,
    ],
    { stdio: "ignore" },
  );
  return [`--ssl-key=${key}`, `--ssl-cert=${certificate}`];
}

/** A way to the server that lets the first COMMIT of a write through, and no answer back. */
async function cutAtCommit(t: TestContext, socket: string): Promise<{ port: number; cut: () => number }> {
  let cut = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(socket);
    let isWriting = false;
    let isDeaf = false;
    for (const each of [client, server]) {
      sockets.add(each);
      each.on("error", () => {});
      each.on("close", () => sockets.delete(each));
    }
    client.on("data", (data) => {
      isWriting ||= data.includes("INSERT INTO");
      if (isWriting && cut === 0 && data.includes("COMMIT")) {
        isDeaf = true;
        cut += 1;
        // Once it is done there.
        setTimeout(() => client.destroy(), 1_000);
      }
      server.write(data);
    });
    server.on("data", (data) => {
      if (!isDeaf) client.write(data);
    });
    client.on("close", () => server.end());
    server.on("close", () => client.destroy());
  });
  const port = await listen(proxy);
  t.after(() => {
    for (const each of sockets) each.destroy();
  });
  return { port, cut: () => cut };
}
