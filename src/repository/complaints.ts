import type { RepositoryProblemCode } from "./types.ts";

/** Something that restic can complain of. */
export interface Complaint {
  readonly code: RepositoryProblemCode;
  /** restic's exit code, from 0.17.1 on: https://restic.readthedocs.io/en/stable/075_scripting.html#exit-codes */
  readonly exitCode?: number;
  /** Words of one line, restic's or of what it starts. Seen on 0.14, 0.18 and 0.19 unless a comment says otherwise. */
  readonly words?: RegExp;
  /** It does not pass by itself: there is no use in waiting while restic tries again. */
  readonly isLasting?: boolean;
  readonly message: string;
  readonly advice: string;
}

const WRITING =
  "Save\\(|create lock|create repository|create key|unable to save|Remove\\(|mkdir|PutObject|MakeBucket|RemoveObject";
/** In the words of storages and file systems, as the source of a pattern. */
export const DENIED =
  "permission denied|read-only file system|operation not permitted|Access ?Denied|40[13] |\\(40[13]\\)|Unauthorized|Forbidden";
const GONE = "does not exist|doesn't exist|no such file|not ?found|NoSuch";

/**
 * What ssh and TLS say, as rclone (rclone.ts), is told by them alone: what restic adds (`EOF`) says less. So these come
 * before all others.
 */
export const TRANSPORT: readonly Complaint[] = [
  {
    code: "repository-unreachable",
    words: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    isLasting: true,
    message: "The SSH server shows another host key than the one in known_hosts",
    advice: "If the server was set up anew, replace its line in known_hosts; else somebody is in between.",
  },
  {
    code: "repository-unreachable",
    words: /subprocess ssh: .*host key is known|Host key verification failed/,
    isLasting: true,
    message: "ssh does not know the SSH server's host key",
    advice: "Add the server's key to known_hosts, as `ssh-keyscan` prints it, after comparing it.",
  },
  {
    code: "repository-unreachable",
    words: /subprocess ssh: .*Permission denied \(/,
    isLasting: true,
    message: "The SSH server refuses the key",
    advice: "Give ssh a key that the server accepts for this user; nobody is there to type a password.",
  },
  {
    code: "restic-failed",
    words: /subprocess ssh: No user exists for uid/,
    isLasting: true,
    message: "ssh refuses to run as a user without a name",
    advice: "Run the container as a user that /etc/passwd in it has.",
  },
  {
    code: "restic-failed",
    words: /(ssh|rclone)"?: executable file not found/,
    isLasting: true,
    message: "The program that this kind of repository needs is not installed",
    advice: "Install it (ssh for sftp:, rclone for rclone:) where PATH finds it.",
  },
  {
    code: "repository-unreachable",
    words: /subprocess ssh: ssh: /,
    message: "The restic repository cannot be reached",
    advice: "Check the network and the address in RESTIC_REPOSITORY.",
  },
  {
    code: "repository-unreachable",
    // What ssh said is lost now and then: restic may end before it has read it (seen on 0.18 and 0.19).
    words: /unable to start the sftp session/,
    message: "ssh could not open a session with the server of the restic repository",
    advice:
      "Run ssh to it by hand: the address, the server's key in known_hosts and our own key must be right.",
  },
];

/** What restic can complain of. The first row that fits counts, so the surer ones come first. */
export const COMPLAINTS: readonly Complaint[] = [
  {
    code: "interrupted",
    exitCode: 130,
    message: "restic was interrupted",
    advice: "Nothing to do: the next cycle tries again.",
  },
  {
    code: "wrong-password",
    exitCode: 12,
    words: /wrong password or no key found|an empty password is not/,
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
    isLasting: true,
    message: "There is no space left for restic's cache",
    advice: "Make room where the cache is, in the state folder unless RESTIC_CACHE_DIR says otherwise.",
  },
  {
    code: "disk-full",
    words: /no space left on device|disk quota exceeded|507 |\(507\)|Insufficient Storage|QuotaExceeded/i,
    isLasting: true,
    message: "There is no space left for the restic repository",
    advice: "Make room where the repository is, or thin it out with `restic forget --prune`.",
  },
  {
    code: "repository-unreachable",
    // Amazon's, and as MinIO says it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    words:
      /Access Key Id you provided|InvalidAccessKeyId|SignatureDoesNotMatch|signature we calculated|InvalidToken|ExpiredToken|security token|invalid_grant/i,
    isLasting: true,
    message: "The storage does not accept the credentials",
    advice: "Check them: for S3, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  },
  {
    code: "repository-unreachable",
    words:
      /no credentials found|could not find default credentials|error getting credentials|no azure authentication information|\(\$B2_\w+\) is empty|find AuthVersion in AuthUrl/,
    isLasting: true,
    message: "The storage's credentials are missing",
    advice:
      "Set those that it needs, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, B2_ACCOUNT_ID and B2_ACCOUNT_KEY, or GOOGLE_APPLICATION_CREDENTIALS.",
  },
  {
    code: "repository-append-only",
    words: new RegExp(`Remove\\(<(?!lock/).*(${DENIED})`),
    isLasting: true,
    message: "Nothing may be removed from the restic repository",
    advice:
      "If it is append-only, which guards it against an intruder, set REPLICATOR_KEEP=off and thin it out where the server is; if not, let the primary delete.",
  },
  {
    code: "repository-read-only",
    words: new RegExp(`Remove\\(<lock/.*(${DENIED})`),
    isLasting: true,
    message: "restic may not remove its own lock from the repository",
    advice: "Let the primary delete what is below locks/, also where the rest is append-only.",
  },
  {
    code: "repository-read-only",
    words: new RegExp(`(${WRITING}).*(${DENIED})`),
    isLasting: true,
    message: "The restic repository may not be written to",
    advice: "A primary needs credentials and file permissions that allow writing; a replica does not.",
  },
  {
    code: "repository-unreachable",
    words: /x509|tls: .*certificate|unable to read root certificate/i,
    isLasting: true,
    message: "The server's TLS certificate is not trusted",
    advice:
      "Name the file with its authority's certificate in RESTIC_CACERT (SSL_CERT_FILE for an old restic), and check the host in RESTIC_REPOSITORY.",
  },
  {
    code: "repository-unreachable",
    words: /HTTP response to HTTPS/,
    isLasting: true,
    message: "The server does not speak TLS at this address",
    advice: "Write http:// in place of https:// in RESTIC_REPOSITORY, or the port that speaks TLS.",
  },
  {
    code: "repository-unreachable",
    words:
      /dial tcp|connection re(fused|set)|no such host|name resolution|network is unreachable|no route to host|i\/o timeout|TLS handshake|deadline exceeded|HTTP response \(5\d\d\)|https?:\/\/\S+: (EOF|unexpected EOF|broken pipe)/i,
    message: "The restic repository cannot be reached",
    advice: "Check the network and the address in RESTIC_REPOSITORY.",
  },
  {
    code: "repository-unreachable",
    words: new RegExp(DENIED),
    isLasting: true,
    message: "The restic repository refuses to be read",
    advice: "Check the credentials, and the permissions of the folder or bucket.",
  },
  {
    code: "repository-missing",
    words: /bucket does not exist|NoSuchBucket/i,
    isLasting: true,
    message: "The bucket that RESTIC_REPOSITORY names does not exist",
    advice: "Check the address. A primary creates bucket and repository unless REPLICATOR_INIT is false.",
  },
  {
    code: "restic-failed",
    words: /no matching ID found|failed to find snapshot: .*(no such file|not found|does not exist|404)/,
    message: "The snapshot is no longer in the restic repository",
    advice: "Nothing to do: the next cycle takes the newest.",
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
    words: /unknown feature flag|invalid value for RESTIC_|invalid compression mode/,
    message: "restic does not understand one of its settings",
    advice: "Correct the RESTIC_… variable, or leave it out.",
  },
  {
    code: "repository-damaged",
    words:
      /could not load snapshot|invalid data returned|ciphertext verification failed|Unmarshal|unexpected EOF|hash does not match|slice bounds out of range|not found in (index|repository)|open \S*\/data\/\S*: no such file/,
    message: "What the restic repository holds cannot be read",
    advice: "Run `restic check`. If it finds nothing, the connection was at fault.",
  },
];
