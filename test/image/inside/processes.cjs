// Prints every process of this container as JSON, by /proc alone: the slim images have no ps. For docker exec -i … node -
const { readdirSync, readFileSync } = require("node:fs");

/** The words of a file of /proc; none when it may not be read, as the environment of another user's process. */
function words(file) {
  try {
    return readFileSync(file, "utf8").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}

function describe(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything: the fields begin after the last one.
    const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return {
      pid: Number(pid),
      ppid: Number(ppid),
      state,
      command: words(`/proc/${pid}/cmdline`).join(" "),
      environment: words(`/proc/${pid}/environ`),
    };
  } catch {
    // It ended between the listing and here.
    return undefined;
  }
}

const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
console.log(JSON.stringify(pids.map(describe).filter(Boolean)));
