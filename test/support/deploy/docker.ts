import * as z from "zod";
import { type Form, parseDeployFile, parseSettingsFile, readDeployFile, splitAtEquals } from "./form.ts";

const service = z.object({
  user: z.string(),
  read_only: z.boolean(),
  tmpfs: z.array(z.string()),
  cap_drop: z.array(z.string()),
  cap_add: z.array(z.string()),
  security_opt: z.array(z.string()).optional(),
  stop_grace_period: z.templateLiteral([z.number(), "m"]),
  environment: z.record(z.string(), z.string()),
});

/** The service of deploy/compose. */
export function readCompose(): Form {
  const file = "compose/compose.yml";
  const { services } = z.object({ services: z.object({ kuma: service }) }).parse(parseDeployFile(file));
  const form = readService(file, services.kuma);
  const noNewPrivileges = services.kuma.security_opt?.includes("no-new-privileges:true") ?? false;
  return {
    ...form,
    noNewPrivileges,
    env: { ...parseSettingsFile("compose/settings.env.example"), ...form.env },
  };
}

/** The two services of deploy/swarm. */
export function readSwarm(): Form[] {
  const file = "swarm/stack.yml";
  // Without a version Docker 20.10 refuses the file: "unsupported Compose file version: 1.0".
  const version = z.literal("3.8");
  const shape = z.object({ version, services: z.object({ primary: service, replica: service }) });
  const { primary, replica } = shape.parse(parseDeployFile(file)).services;
  return [primary, replica].map((one) => readService(file, one));
}

function readService(file: string, one: z.infer<typeof service>): Form {
  return {
    file,
    user: one.user,
    isReadOnly: one.read_only,
    dropped: one.cap_drop,
    added: one.cap_add,
    noNewPrivileges: undefined,
    temporary: one.tmpfs,
    env: one.environment,
    stopTimeout: Number.parseInt(one.stop_grace_period, 10) * 60,
  };
}

/** The container of deploy/podman, with the settings that the compose file takes too. */
export function readQuadlet(): Form {
  const file = "podman/kuma.container";
  const section = /^\[Container\]\n(.*?)\n\n\[/ms.exec(readDeployFile(file))?.[1] ?? "";
  const lines = section.split("\n").filter((line) => !line.startsWith("#"));
  const all = (key: string) =>
    lines
      .map(splitAtEquals)
      .filter(([name]) => name === key)
      .map(([, value]) => value);
  const stopTimeout = all("PodmanArgs").find((value) => value.startsWith("--stop-timeout="));
  return {
    file,
    user: `${all("User")}:${all("Group")}`,
    isReadOnly: all("ReadOnly").includes("true"),
    dropped: all("DropCapability").map((capability) => capability.toUpperCase()),
    added: all("AddCapability"),
    noNewPrivileges: all("NoNewPrivileges").includes("true"),
    temporary: all("Tmpfs"),
    env: {
      ...parseSettingsFile("compose/settings.env.example"),
      ...Object.fromEntries(all("Environment").map(splitAtEquals)),
    },
    stopTimeout: Number(stopTimeout?.split("=")[1]),
  };
}
