/** Names whose value is a secret, wherever they come from: RESTIC_PASSWORD, AWS_SECRET_ACCESS_KEY, ST_KEY, … */
const SECRET_NAME =
  /(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|KEY|KEY_PEM|APIKEY|SAS|SAS_URL|CREDENTIALS?|CONNECTION_STRING)(_?\d+|_ID)?$/;

/** Named like a secret, but the path of a file or a public name. */
const HARMLESS_NAME = /^((UPTIME_KUMA_)?SSL_KEY|GOOGLE_APPLICATION_CREDENTIALS)$/;

/** Whether a variable, or an option of rclone, of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
}
