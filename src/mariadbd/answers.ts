import { connect } from "node:net";

const LIMIT_MS = 2_000;

/**
 * Whether a MariaDB server takes connections on this socket: it speaks first, and opens the socket only once it has
 * recovered what there was to recover. A socket file that a dead server has left refuses at once.
 */
export function serverAnswers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect({ path: socket });
    const settle = (answers: boolean) => {
      clearTimeout(late);
      connection.destroy();
      resolve(answers);
    };
    const late = setTimeout(settle, LIMIT_MS, false);
    connection.once("data", () => settle(true));
    connection.once("close", () => settle(false));
    connection.once("error", () => settle(false));
  });
}
