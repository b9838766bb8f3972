import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import * as z from "zod";
import { patchTree } from "../../src/patch/index.ts";
import { ensureKuma } from "../support/install/kuma.ts";
import { waitFor } from "../support/wait.ts";
import { copyOfKuma, runKuma, shortCertificate } from "./patch-kuma.ts";

const webhook = z.object({ msg: z.string(), heartbeat: z.object({ msg: z.string() }).nullable() });
type Message = z.infer<typeof webhook>;
/** Mattermost's message "up" shows no text of Kuma's, only the monitor's name. */
const mattermost = z.object({ attachments: z.tuple([z.object({ title: z.string() })]) });

/** Waits for the first message that is like this, and gives it. */
type Receive = (like: RegExp) => Promise<Message>;

test("every message of a patched Kuma begins with the instance's name, and of the original without", async (t) => {
  const original = await ensureKuma();
  const patched = await copyOfKuma(t, original);
  const result = await patchTree(patched);
  assert.ok(result.ok, result.ok ? "" : result.problem.message);

  const without = await messagesOf(t, original);
  const withName = await messagesOf(t, patched);

  assert.deepEqual(Object.keys(withName), Object.keys(without));
  for (const [kind, { msg, heartbeat }] of Object.entries(withName)) {
    const expected = without[kind] ?? assert.fail();
    assert.equal(msg, `[kuma "eu"] ${expected.msg}`, kind);
    assert.equal(
      heartbeat?.msg,
      expected.heartbeat === null ? undefined : `[kuma "eu"] ${expected.heartbeat.msg}`,
    );
    t.diagnostic(`${kind}: ${expected.msg} → ${msg}`);
  }
});

/** Runs the Kuma in `kumaDir` and has it send one message of each kind that it knows. */
async function messagesOf(t: TestContext, kumaDir: string): Promise<Record<string, Message>> {
  const { url, receive, setStatus } = await startReceiver(t);
  const { tlsUrl, ca } = await startTlsSite(t);
  const { client, dataDir, end } = await runKuma(t, kumaDir, {
    REPLICATOR_INSTANCE_NAME: 'kuma "eu"',
    NODE_EXTRA_CA_CERTS: ca,
  });
  const hook = { name: "hook", type: "webhook", webhookURL: `${url}/hook`, webhookContentType: "json" };
  const chat = { name: "chat", type: "mattermost", mattermostWebhookUrl: `${url}/chat` };
  const notificationIDList = { [await client.addNotification(hook)]: true };
  const chatToo = { ...notificationIDList, [await client.addNotification(chat)]: true };
  const messages: Record<string, Message> = {};

  await client.call(z.unknown(), "testNotification", { ...hook, httpMethod: "post" });
  messages.test = await receive(/hook Testing$/);

  const site = await client.addMonitor({
    type: "http",
    name: "site",
    url: `${url}/site`,
    notificationIDList: chatToo,
  });
  const until = (status: number) =>
    waitFor(
      `status ${status}`,
      () => client.lists.heartbeats.get(site)?.at(-1)?.status === status || undefined,
      {
        every: 50,
      },
    );
  const checkAgain = async (httpStatus: number) => {
    setStatus(httpStatus);
    // A monitor that is resumed is checked at once, and not after its interval of 20 s.
    await client.pauseMonitor(site);
    await client.resumeMonitor(site);
  };
  await until(1);
  await checkAgain(503);
  messages.down = await receive(/\[site\] \[🔴 Down\] Request failed with status code 503$/);
  await until(0);
  await checkAgain(200);
  messages.up = await receive(/\[site\] \[✅ Up\] 200 - OK$/);
  messages.name = await receive(/site service went up!$/);

  const tls = { type: "http", name: "tls", url: tlsUrl, expiryNotification: true, notificationIDList };
  await client.addMonitor(tls);
  const certificate = await receive(
    /\[tls\].* certificate kuma\.example will (be expired|expire) in \d days$/,
  );
  messages.certificate = { ...certificate, msg: certificate.msg.replace(tlsUrl, "URL") };

  if (existsSync(path.join(kumaDir, "server/model/domain_expiry.js"))) {
    knowDomain(dataDir, "kuma-lab.com");
    const domain = { url: "http://kuma-lab.com:1/", domainExpiryNotification: true, maxretries: 5 };
    await client.addMonitor({ type: "http", name: "domain", notificationIDList, ...domain });
    messages.domain = await receive(/Domain name kuma-lab\.com will expire in 4 days$/);
  }
  client.close();
  await end();
  return messages;
}

/** As if Kuma had asked the registry just now, so that it does not ask. */
function knowDomain(dataDir: string, domain: string): void {
  const database = new Database(path.join(dataDir, "kuma.db"));
  const days = (count: number) =>
    new Date(Date.now() + count * 86_400_000).toISOString().replace("T", " ").slice(0, 23);
  database
    .prepare("INSERT INTO domain_expiry (domain, expiry, last_check) VALUES (?, ?, ?)")
    .run(domain, days(4.5), days(0));
  database.close();
}

/** Keeps what comes to /hook and /chat, and answers everything else with the status that was set. */
async function startReceiver(t: TestContext) {
  const received: Message[] = [];
  let status = 200;
  const port = await listen(
    t,
    createServer(async (request, response) => {
      let body = "";
      for await (const piece of request) body += piece;
      if (request.url === "/hook") received.push(webhook.parse(JSON.parse(body)));
      else if (request.url === "/chat") {
        const [{ title }] = mattermost.parse(JSON.parse(body)).attachments;
        received.push({ msg: title, heartbeat: null });
      } else response.statusCode = status;
      response.end();
    }),
  );
  const receive: Receive = (like) =>
    waitFor(`a message like ${like}`, () => received.find(({ msg }) => like.test(msg)), {
      every: 50,
    }).catch((error) => {
      throw new Error(`received only ${JSON.stringify(received)}`, { cause: error });
    });
  const setStatus = (next: number) => {
    status = next;
  };
  return { url: `http://127.0.0.1:${port}`, receive, setStatus };
}

async function startTlsSite(t: TestContext): Promise<{ tlsUrl: string; ca: string }> {
  const dir = await mkdtemp(path.join(tmpdir(), "patch-tls-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const { key, cert } = await shortCertificate(dir);
  const answer: RequestListener = (_request, response) => response.end("ok");
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer);
  return { tlsUrl: `https://127.0.0.1:${await listen(t, server)}/`, ca: cert };
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}
