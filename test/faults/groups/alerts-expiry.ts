import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertFleet, Rung } from "../../support/alert-fleet.ts";
import { openExpiringTarget } from "../../support/expiring-target.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { waitFor } from "../../support/wait.ts";

/** The target's certificate ends within a week, and each Uptime Kuma wants to warn of it. */
export async function warnOfCertificate(fleet: AlertFleet): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "alerts-tls-"));
  const target = await openExpiringTarget(folder, 6);
  const isWarning = ({ msg }: Rung) => /certificate shop will expire in [56] days/.test(msg);
  const [url] = await fleet.member("fra").rows(`SELECT url FROM monitor WHERE type = 'http'`);
  const from = fleet.rung.length;
  try {
    await fleet.configure(
      `UPDATE monitor SET url = '${target.url}', expiry_notification = 1, auth_method = 'mtls',
       tls_ca = '${target.certificate}'`,
    );
    const wanted = async () => {
      const sent = `SELECT count(*) AS sent FROM notification_sent_history WHERE monitor_id = 2`;
      const all = await Promise.all(fleet.members.map(({ rows }) => rows(sent)));
      return all.every(([row]) => Number(row?.sent) > 0) || undefined;
    };
    await waitFor("each Uptime Kuma to warn of it", wanted);
    const warnings = fleet.rung.slice(from).filter(isWarning);
    assertInvariant(warnings.length === 1, JSON.stringify(warnings, null, 1));
    await fleet.configure(
      `UPDATE monitor SET url = '${url?.url}', expiry_notification = 0, auth_method = '', tls_ca = NULL`,
    );
  } finally {
    target.close();
    rmSync(folder, { recursive: true });
  }
}
