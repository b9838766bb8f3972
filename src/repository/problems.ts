import { redact } from "../config/index.ts";
import type { RepositoryProblem, RepositoryProblemCode } from "./types.ts";

interface Known {
  readonly code: RepositoryProblemCode;
  /** restic's exit code, from 0.17.1 on: https://restic.readthedocs.io/en/stable/075_scripting.html#exit-codes */
  readonly exitCode?: number;
  /** restic's words; 0.14 to 0.16 exit with 1 for all of these. Seen on 0.14 unless a comment says otherwise. */
  readonly words?: RegExp;
  readonly message: string;
  readonly advice: string;
}

const WRITING = "Save\\(|create lock|create repository|unable to save|Remove\\(|mkdir";
const DENIED =
  "permission denied|read-only file system|operation not permitted|Access ?Denied|40[13] |\\(40[13]\\)|Unauthorized|Forbidden";
const GONE = "does not exist|doesn't exist|no such file|not ?found|NoSuch";

/** What restic can complain of. The first row that fits counts, so the surer ones come first. */
const KNOWN: readonly Known[] = [
  {
    code: "interrupted",
    exitCode: 130,
    message: "restic was interrupted",
    advice: "Nothing to do: the next cycle tries again.",
  },
  {
    code: "wrong-password",
    exitCode: 12,
    words: /wrong password or no key found|an empty password is not a password/,
    message: "The password does not open the restic repository",
    advice: "Set RESTIC_PASSWORD (or _FILE, _COMMAND) to the one that the repository was made with.",
  },
  {
    code: "wrong-password",
    words: /Resolving password failed/,
    message: "restic could not get the repository's password",
    advice:
      "Check RESTIC_PASSWORD_FILE or RESTIC_PASSWORD_COMMAND. The command gets restic's variables alone: name others that it needs in REPLICATOR_RESTIC_ENV, such as VAULT_TOKEN,VAULT_ADDR.",
  },
  {
    code: "repository-locked",
    exitCode: 11,
    words: /already locked/,
    message: "The restic repository is locked by another restic",
    advice:
      "It is tried again by itself; a lock that a killed restic left is gone after 30 minutes. If no restic is at work anywhere, `restic unlock --remove-all` removes it at once.",
  },
  {
    code: "disk-full",
    // Reading takes no space but for the cache.
    words: /^Load\(.*(no space left on device|disk quota exceeded)/,
    message: "There is no space left for restic's cache",
    advice: "Make room where the cache is, in the state folder unless RESTIC_CACHE_DIR says otherwise.",
  },
  {
    code: "disk-full",
    words: /no space left on device|disk quota exceeded|507 |Insufficient Storage|QuotaExceeded/i,
    message: "There is no space left for the restic repository",
    advice: "Make room where the repository is, or thin it out with `restic forget --prune`.",
  },
  {
    code: "repository-read-only",
    words: new RegExp(`(${WRITING}).*(${DENIED})`),
    message: "The restic repository may not be written to",
    advice: "A primary needs credentials and file permissions that allow writing; a replica does not.",
  },
  {
    code: "repository-unreachable",
    words:
      /dial tcp|connection re(fused|set)|no such host|name resolution|network is unreachable|no route to host|i\/o timeout|TLS handshake|x509|deadline exceeded|HTTP response to HTTPS|subprocess ssh|sftp session|talking HTTP to rclone|HTTP response \(5\d\d\)|https?:\/\/\S+: (EOF|unexpected EOF|broken pipe)/i,
    message: "The restic repository cannot be reached",
    advice: "Check the network and the address in RESTIC_REPOSITORY.",
  },
  {
    code: "repository-unreachable",
    words: new RegExp(DENIED),
    message: "The restic repository refuses to be read",
    advice: "Check the credentials, and the permissions of the folder or bucket.",
  },
  {
    code: "repository-missing",
    exitCode: 10,
    words: new RegExp(`unable to open config file.*(${GONE})`, "i"),
    message: "There is no restic repository at the place that RESTIC_REPOSITORY names",
    advice:
      "Check the address. A primary creates it unless REPLICATOR_INIT is false; `restic init` does so by hand.",
  },
  {
    code: "restic-failed",
    words: /parsing repository location failed/,
    message: "restic does not understand RESTIC_REPOSITORY",
    advice: "Write it as restic takes it, for example /folder, s3:https://host/bucket or rest:https://host/.",
  },
  {
    code: "restic-failed",
    words: /no matching ID found/,
    message: "The snapshot is no longer in the restic repository",
    advice: "Nothing to do: the next cycle takes the newest.",
  },
  {
    code: "repository-damaged",
    words:
      /could not load snapshot|invalid data returned|ciphertext verification failed|Unmarshal|unexpected EOF|hash does not match|slice bounds out of range|not found in (index|repository)|open \S*\/data\/\S*: no such file/,
    message: "What the restic repository holds cannot be read",
    advice: "Run `restic check`. If it finds nothing, the connection was at fault.",
  },
];

/** restic's own account of its failure, made fit for people. */
export interface Complaint {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  /** Longest first; none of them reaches the message. */
  readonly secrets: readonly string[];
}

/**
 * The problem behind what restic said, or undefined when no row of the table fits.
 * restic first tells of attempts that it repeats, then of what it gave up on: the latter is looked at first.
 */
export function recognise({ exitCode, stderr, secrets }: Complaint): RepositoryProblem | undefined {
  const text = plainText(stderr);
  const known =
    KNOWN.find((row) => row.exitCode !== undefined && row.exitCode === exitCode) ??
    KNOWN.find(({ words }) => words?.test(lastWords(text))) ??
    KNOWN.find(({ words }) => words?.test(text));
  return known && describe(known, text, secrets);
}

/** The problem behind what restic said; a plain "restic failed" for what nobody has seen yet. */
export function explain(complaint: Complaint): RepositoryProblem {
  const unknown = {
    code: "restic-failed" as const,
    message: `restic failed with exit code ${complaint.exitCode ?? "unknown"}`,
    advice: "Run the same restic command by hand to see more; the next cycle tries again.",
  };
  return recognise(complaint) ?? describe(unknown, plainText(complaint.stderr), complaint.secrets);
}

function describe(
  { code, message, advice }: Pick<Known, "code" | "message" | "advice">,
  text: string,
  secrets: readonly string[],
): RepositoryProblem {
  const line = redact(lastWords(text), secrets);
  const detail = line.length > 240 ? `${line.slice(0, 240)}…` : line;
  return { code, message: detail === "" ? `${message}.` : `${message} (restic: ${detail}).`, advice };
}

/** The line that says why restic gave up: its last "Fatal", else its last line. */
function lastWords(text: string): string {
  const lines = text.split("\n").flatMap((line) => line.trim() || []);
  const fatal = lines.findLast((line) => /^(Fatal|panic): /.test(line)) ?? lines.at(-1) ?? "";
  return fatal.replace(/^Fatal: /, "");
}

/**
 * restic's standard error as lines of text. From 0.18 on, with --json, errors are JSON there: `exit_error` at the end,
 * `error` before (https://restic.readthedocs.io/en/stable/075_scripting.html#exit-errors).
 */
function plainText(stderr: string): string {
  return (
    stderr
      .split("\n")
      // restic's answer to being stopped by us: it says nothing of why.
      .filter((line) => !line.includes("signal interrupt received"))
      .map((line) => (line.startsWith("{") ? messageIn(line) : line))
      .join("\n")
  );
}

function messageIn(line: string): string {
  try {
    const said: { message_type?: string; message?: string; error?: { message?: string } } = JSON.parse(line);
    if (said.message_type === "exit_error") return `Fatal: ${said.message?.replace(/^Fatal: /, "")}`;
    return said.error?.message ?? line;
  } catch {
    return line;
  }
}
