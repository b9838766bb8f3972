import * as z from "zod";
import { type Form, parseDeployFile, parseSettingsFile } from "./form.ts";

// Strict, so that a misspelt security setting, which a cluster would drop with a warning, is found.
const podSecurity = z.strictObject({
  runAsNonRoot: z.literal(true),
  runAsUser: z.number(),
  runAsGroup: z.number(),
  fsGroup: z.number(),
  fsGroupChangePolicy: z.literal("OnRootMismatch").optional(),
  seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
});
const containerSecurity = z.strictObject({
  allowPrivilegeEscalation: z.boolean(),
  readOnlyRootFilesystem: z.boolean(),
  capabilities: z.strictObject({ drop: z.array(z.string()), add: z.array(z.string()).default([]) }),
});
const variables = z.array(z.strictObject({ name: z.string(), value: z.string() }));
const mounts = z.array(z.looseObject({ name: z.string(), mountPath: z.string() }));
const volumes = z.array(z.looseObject({ name: z.string(), emptyDir: z.object({}).optional() }));
const httpProbe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.string() }) });

const statefulSet = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        securityContext: podSecurity,
        containers: z.tuple([
          z.object({
            securityContext: containerSecurity,
            env: variables,
            ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
            livenessProbe: httpProbe,
            readinessProbe: httpProbe,
            volumeMounts: mounts,
          }),
        ]),
        volumes,
      }),
    }),
  }),
});

const chartValues = z.object({
  podEnv: variables,
  podSecurityContext: podSecurity,
  securityContext: containerSecurity,
  additionalVolumes: volumes,
  additionalVolumeMounts: mounts,
});

/** What is asked of the container by HTTP, as address within it. */
export interface HttpProbe {
  readonly port: number;
  readonly path: string;
}

/** The StatefulSet of deploy/kubernetes with the settings of an overlay, and its probes. */
export function readKubernetes(
  role: "primary" | "replica",
): Form & { readonly probes: readonly HttpProbe[] } {
  const file = "kubernetes/base/statefulset.yaml";
  const pod = statefulSet.parse(parseDeployFile(file)).spec.template.spec;
  const [container] = pod.containers;
  const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));
  return {
    file,
    ...readSecurity(pod.securityContext, container.securityContext),
    temporary: temporaryFolders(pod.volumes, container.volumeMounts),
    env: {
      ...parseSettingsFile(`kubernetes/overlays/${role}/settings.env`),
      ...toEnvironment(container.env),
    },
    stopTimeout: pod.terminationGracePeriodSeconds,
    probes: [container.livenessProbe, container.readinessProbe].map(({ httpGet: { path, port } }) => ({
      path,
      port: ports.get(port) ?? Number.NaN,
    })),
  };
}

/** The values for the community's chart. */
export function readChartValues(): Form {
  const file = "helm/uptime-kuma-values.yaml";
  const values = chartValues.parse(parseDeployFile(file));
  return {
    file,
    ...readSecurity(values.podSecurityContext, values.securityContext),
    temporary: temporaryFolders(values.additionalVolumes, values.additionalVolumeMounts),
    env: toEnvironment(values.podEnv),
    stopTimeout: undefined,
  };
}

function readSecurity(pod: z.infer<typeof podSecurity>, container: z.infer<typeof containerSecurity>) {
  return {
    user: `${pod.runAsUser}:${pod.runAsGroup}`,
    isReadOnly: container.readOnlyRootFilesystem,
    dropped: container.capabilities.drop,
    added: container.capabilities.add,
    noNewPrivileges: !container.allowPrivilegeEscalation,
  };
}

function temporaryFolders(all: z.infer<typeof volumes>, mounted: z.infer<typeof mounts>): string[] {
  const temporary = all.filter(({ emptyDir }) => emptyDir !== undefined).map(({ name }) => name);
  return mounted.filter(({ name }) => temporary.includes(name)).map(({ mountPath }) => mountPath);
}

function toEnvironment(all: z.infer<typeof variables>): Record<string, string> {
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}
