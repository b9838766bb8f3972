import { errorMessage } from "../format.ts";
import { failure, type Problem, type Result, success } from "../result.ts";

/** The two system calls of reaping that Node does not offer. */
export interface Wait {
  /** The pid of some child of ours that is dead and not reaped yet, left as it is; undefined when there is none. */
  peek(): number | undefined;
  /** Reaps this one dead child. No-op when it is not one. */
  reap(pid: number): void;
}

const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
const SIZE_OF_SIGINFO = 128;

/**
 * Loads waitid(2) and waitpid(2) from the C library that Node itself runs on.
 * @returns "reaping-unavailable" where koffi has no binary for this platform or may not be loaded
 */
export async function loadWait(): Promise<Result<Wait, Problem>> {
  try {
    const { default: koffi } = await import("koffi");
    const libc = koffi.load(null);
    const waitid = libc.func("int waitid(int type, unsigned int id, void *info, int options)");
    const waitpid = libc.func("int waitpid(int pid, void *status, int options)");
    const info = Buffer.alloc(SIZE_OF_SIGINFO);
    // siginfo_t: three ints, then a union that is aligned like a pointer and begins with the pid.
    const offsetOfPid = koffi.sizeof("void *") === 8 ? 16 : 12;
    return success({
      peek: () => {
        info.fill(0);
        const failed = waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) !== 0;
        const pid = failed ? 0 : info.readInt32LE(offsetOfPid);
        return pid > 0 ? pid : undefined;
      },
      reap: (pid) => {
        waitpid(pid, null, WNOHANG);
      },
    });
  } catch (error) {
    return failure({
      code: "reaping-unavailable",
      message: `Dead orphans cannot be reaped on ${process.platform}-${process.arch}: ${firstLine(error)}`,
      advice:
        "Start the container with an init in front (docker run --init), or see to it that koffi is installed.",
    });
  }
}

function firstLine(error: unknown): string {
  return errorMessage(error).split("\n", 1)[0] ?? "";
}
