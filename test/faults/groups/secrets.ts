import { readdirSync, readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readState } from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { putInFrontOfRestic } from "../../support/restic-in-front.ts";
import { openPrimaryScenario, untilEqual } from "../../support/scenarios.ts";
import { change, fillData } from "../../support/source-data.ts";
import { openNamespace, PASSWORD, type SupervisorNamespace } from "../../support/supervisor-namespace.ts";
import { waitFor } from "../../support/wait.ts";
import type { Fault } from "../fault.ts";

/** What nobody may see, with who may all the same. */
const SECRETS = {
  password: PASSWORD,
  token: "tk_faults_ntfy_token_4711",
  key: "faults-aws-secret-key-0815",
  account: "faults-b2-account-key-2342",
  webhook: "https://hooks.example.org/faults-secret-in-a-notification",
  monitor: "faults-basic-auth-password",
};

const secrets: Fault = {
  group: 10,
  name: "known secrets: password, token, keys, a notification's and a monitor's",
  checked: "in no log line, no file of the state folder, no argv, no message, not in Kuma's environment",
  rounds: (asked) => Math.max(1, Math.min(Math.ceil(asked / 40), 5)),
  roundsPerStage: 1,
  open: async (folder) => {
    const ntfy = await startNtfy();
    const calls = join(folder, "calls");
    const env = {
      // restic may run too briefly to be seen by looking.
      PATH: putInFrontOfRestic(folder, `echo "$*" >>'${calls}'`),
      NTFY_URL: `http://127.0.0.1:${ntfy.port}/faults`,
      NTFY_TOKEN: SECRETS.token,
      AWS_SECRET_ACCESS_KEY: SECRETS.key,
      B2_ACCOUNT_KEY: SECRETS.account,
      LOG_LEVEL: "debug",
    };
    const scenario = await openPrimaryScenario(folder, { env });
    const dataDir = join(folder, "replica");
    fillData(dataDir);
    const { repository } = scenario;
    const replica = await openNamespace({ mode: "RESTORE", name: "replica", dataDir, repository, env });
    const round = async () => {
      const seen = watchProcesses([scenario.instance, replica]);
      change(scenario.dataDir, [
        `UPDATE notification SET config = '{"webhookURL":"${SECRETS.webhook}"}'`,
        `UPDATE monitor SET basic_auth_pass = '${SECRETS.monitor}'`,
      ]);
      await scenario.instance.cycle();
      await replica.cycle();
      await untilEqual(replica, readState(scenario.dataDir));
      // A failure is where programs talk too much: here the database refuses a row, then the repository is away.
      change(dataDir, [
        "CREATE TRIGGER in_the_way BEFORE UPDATE ON notification BEGIN SELECT raise(ABORT, 'no'); END",
      ]);
      change(scenario.dataDir, ["UPDATE notification SET name = 'renamed'"]);
      await scenario.instance.cycle();
      await replica.cycle();
      await replica.kill();
      const away = `rest:http://user:${SECRETS.key}@127.0.0.1:9/`;
      const text = { ...env, LOG_FORMAT: "text" };
      const lost = await openNamespace({
        mode: "RESTORE",
        name: "replica",
        dataDir,
        repository: away,
        env: text,
      });
      await waitFor("a failure", () => /cannot be reached/.test(lost.output()) || undefined);
      await lost.stop();
      const files = [scenario.dataDir, dataDir].flatMap((data) => [
        `${data}.log`,
        ...filesBelow(join(data, "replicator")),
      ]);
      for (const file of files) insistNone(readFileSync(file), file);
      for (const [what, text] of seen()) insistNone(text, what);
      insistNone(readFileSync(calls), "the argv of restic");
      for (const notice of ntfy.notices) insistNone(notice, "a notice");
      assertInvariant(ntfy.notices.length > 0, "no notice was sent at all");
      assertInvariant(ntfy.authorized(), "the notices did not bear the token");
      return undefined;
    };
    const close = async () => {
      await replica.kill();
      await scenario.close();
      ntfy.close();
    };
    return { round, close };
  },
};

export const secretFaults: readonly Fault[] = [secrets];

function insistNone(text: string | Buffer, where: string): void {
  for (const [name, secret] of Object.entries(SECRETS))
    assertInvariant(!text.includes(secret), `the ${name} is in ${where}`);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Looks at every process of the instances all the time; gives the argv of all of them, and Kuma's environment. */
function watchProcesses(instances: readonly SupervisorNamespace[]): () => Map<string, string> {
  const seen = new Map<string, string>();
  const timer = setInterval(() => {
    for (const instance of instances) {
      const kuma = instance.kumaPid();
      for (const { pid, command } of instance.processes())
        seen.set(`the argv of ${command[0]} (${pid})`, command.join(" "));
      if (kuma !== undefined) seen.set(`the environment of Kuma (${kuma})`, readEnvironment(kuma));
    }
  }, 15);
  return () => {
    clearInterval(timer);
    assertInvariant(
      [...seen.keys()].some((what) => what.includes("environment")),
      "no Kuma was seen at work",
    );
    return seen;
  };
}

function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return ""; // It has just ended.
  }
}

async function startNtfy() {
  const notices: string[] = [];
  const tokens: (string | undefined)[] = [];
  const server = http.createServer(async (request, answer) => {
    tokens.push(request.headers.authorization);
    notices.push(Buffer.concat(await request.toArray()).toString());
    answer.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    notices,
    authorized: () => tokens.every((token) => token === `Bearer ${SECRETS.token}`),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
