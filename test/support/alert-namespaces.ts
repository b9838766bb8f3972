import { spawnSync } from "node:child_process";
import { execa } from "execa";
import type { Places } from "./alert-net.ts";

/** By these an instance reaches the others, and the rest of the world. Their addresses are of those kept for measuring. */
const NETS = { peers: "198.18", world: "198.19" } as const;
/** A device that nobody has. */
const NOBODY = "02:00:00:00:00:01";

let opened = 0;

/**
 * Each instance in a network namespace of its own, with a cable to the others and one to the world, which is where this
 * process is. What is cut is not refused: packets get lost. Needs root, and `ip`.
 */
export async function openNamespaces(names: readonly string[]): Promise<Places> {
  opened += 1;
  const number = (process.pid + opened) % 250;
  /** The switches are in one of their own, where no firewall of this machine looks at what goes through. */
  const middle = `rk-${process.pid}-${opened}`;
  const namespaceOf = (name: string) => `${middle}-${name}`;
  const indexOf = (name: string) => names.indexOf(name);
  const addressOf = (net: keyof typeof NETS, index: number) => `${NETS[net]}.${number}.${index + 2}`;
  const outside = `${NETS.world}.${number}.1`;
  const all = [middle, ...names.map(namespaceOf)];
  const remove = () => {
    for (const each of all) spawnSync("ip", ["netns", "delete", each], { stdio: "ignore" });
  };
  process.once("exit", remove);
  /** @param command words; in the middle where no other namespace is named */
  const ip = (command: string, namespace = middle) => execa("ip", ["-n", namespace, ...command.split(" ")]);

  for (const each of all) await execa("ip", ["netns", "add", each]);
  const nets = ["peers", "world"] as const;
  for (const net of nets) {
    await ip(`link add ${net} type bridge`);
    await ip(`link set ${net} up`);
  }
  for (const [index, name] of names.entries()) {
    const own = namespaceOf(name);
    await ip("link set lo up", own);
    for (const net of nets) {
      await ip(`link add ${net} type veth peer name ${net}${index} netns ${middle}`, own);
      await ip(`address add ${addressOf(net, index)}/24 dev ${net}`, own);
      await ip(`link set ${net} up`, own);
      await ip(`link set ${net}${index} master ${net} up`);
    }
  }
  const cable = `rk${process.pid}.${opened}`;
  await ip(`link add host type veth peer name ${cable} netns ${process.pid}`);
  await ip("link set host master world up");
  await execa("ip", ["address", "add", `${outside}/24`, "dev", cable]);
  await execa("ip", ["link", "set", cable, "up"]);

  const setCables = async (name: string, which: readonly (keyof typeof NETS)[], state: "up" | "down") => {
    for (const net of which) await ip(`link set ${net}${indexOf(name)} ${state}`);
  };
  /** What one sends to the others goes to nobody. */
  const setMute = async (name: string, command: (address: string) => string) => {
    for (const other of names)
      if (other !== name) await ip(command(addressOf("peers", indexOf(other))), namespaceOf(name));
  };
  let mend: (() => Promise<void>)[] = [];
  return {
    outside,
    place: (index) => ({
      address: addressOf("world", index),
      source: addressOf("world", index),
      inside: ["nsenter", `--net=/run/netns/${namespaceOf(names[index] ?? "")}`],
      env: () => ({}),
    }),
    call: async (_from, to, port) => `${addressOf("peers", indexOf(to))}:${port}`,
    cut: async (one) => {
      await setCables(one, ["peers"], "down");
      mend.push(() => setCables(one, ["peers"], "up"));
    },
    unplug: async (one) => {
      await setCables(one, nets, "down");
      mend.push(() => setCables(one, nets, "up"));
    },
    mute: async (one) => {
      await setMute(one, (to) => `neigh replace ${to} lladdr ${NOBODY} dev peers nud permanent`);
      mend.push(() => setMute(one, (to) => `neigh delete ${to} dev peers`));
    },
    mend: async () => {
      for (const each of mend) await each();
      mend = [];
    },
    close: remove,
  };
}
