import { type Complaint, DENIED } from "./complaints.ts";

/** What rclone says that cannot begin to work. */
export const RCLONE: readonly Complaint[] = [
  {
    code: "restic-failed",
    words: /rclone: .*didn't find section in config file/,
    isLasting: true,
    message: "rclone does not know the remote that RESTIC_REPOSITORY names",
    advice:
      "Set RCLONE_CONFIG to its configuration file, or describe the remote in RCLONE_CONFIG_… variables.",
  },
  {
    code: "repository-unreachable",
    words: new RegExp(`rclone: .*Failed to create file system.*(${DENIED})`),
    isLasting: true,
    message: "The storage does not accept the credentials that rclone has",
    advice:
      "Check the remote's user, password or token in RCLONE_CONFIG or in the RCLONE_CONFIG_… variables; a password there is what `rclone obscure` prints.",
  },
  {
    code: "repository-unreachable",
    words: /rclone: .*Failed to create file system/,
    message: "rclone cannot reach the storage of the restic repository",
    advice:
      "Check the network, and the remote's address in RCLONE_CONFIG or in the RCLONE_CONFIG_… variables.",
  },
  {
    code: "repository-unreachable",
    // What rclone said is lost now and then, as with ssh.
    words: /error talking HTTP to rclone/,
    message: "rclone could not open the storage that RESTIC_REPOSITORY names",
    advice:
      "Run `rclone lsd` with the same settings by hand: the remote's name, address and credentials must be right.",
  },
];

/**
 * Why the storage did not do what rclone asked of it: `rclone: DATE TIME ERROR : locks/1a05bf27: Post request put
 * error: why`. restic hears a bare "500" of it, and tries again.
 */
export const OF_RCLONE = /^rclone: \S+ \S+ ERROR : (\w*?)s?(?:\/\S*)?: (\w+) .*?: (.*)$/;

/** What restic calls a request that rclone names so; any other reads. */
const CALLS: Readonly<Record<string, string>> = { Post: "Save", Create: "Save", Delete: "Remove" };

/** A line of rclone's on a request as restic would tell of it; any other as it is. */
export function asResticSays(line: string): string {
  const [, file, request = "", why] = OF_RCLONE.exec(line) ?? [];
  if (why === undefined) return line;
  const call = CALLS[request] ?? "Load";
  return `${call}(<${file || "repository"}/>) returned error, retrying after 0s: rclone: ${why}`;
}
