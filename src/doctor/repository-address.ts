import { readFileSync } from "node:fs";
import type { ResticConfig } from "../config/index.ts";

/** What restic is told its repository is; undefined when that cannot be found out. */
export function repositoryAddress(env: ResticConfig["env"]): string | undefined {
  const { RESTIC_REPOSITORY: address, RESTIC_REPOSITORY_FILE: file } = env;
  if (address) return address;
  try {
    return file ? readFileSync(file, "utf8").trim() || undefined : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What restic sends its requests for a repository to
 * (https://restic.readthedocs.io/en/stable/030_preparing_a_new_repo.html); undefined for those that are not reached by
 * HTTP, or not by restic itself.
 */
export function repositoryUrl(env: ResticConfig["env"]): URL | undefined {
  const [, kind, rest = ""] = /^(rest|s3|b2|gs|azure):(.*)$/s.exec(repositoryAddress(env) ?? "") ?? [];
  switch (kind) {
    case "rest":
      return parse(rest);
    case "s3":
      return parse(/^https?:\/\//.test(rest) ? rest : `https://${rest.replace(/^\/\//, "")}`);
    case "b2":
      return parse("https://api.backblazeb2.com");
    case "gs":
      return parse("https://storage.googleapis.com");
    case "azure":
      return parse(`https://${env.AZURE_ACCOUNT_NAME ?? ""}.blob.core.windows.net`);
    default:
      return undefined;
  }
}

/** Where and as whom ssh is to go for an sftp repository; undefined for any other. */
export function sftpTarget(
  env: ResticConfig["env"],
): { readonly destination: string; readonly port: string | undefined } | undefined {
  const address = repositoryAddress(env);
  if (!address?.startsWith("sftp:")) return undefined;
  if (address.startsWith("sftp://")) {
    const url = parse(address);
    const user = url?.username ? `${decodeURIComponent(url.username)}@` : "";
    const host = url?.hostname.replace(/^\[(.*)\]$/, "$1");
    return host ? { destination: `${user}${host}`, port: url?.port || undefined } : undefined;
  }
  const destination = address.slice("sftp:".length).split(":")[0];
  return destination ? { destination, port: undefined } : undefined;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
