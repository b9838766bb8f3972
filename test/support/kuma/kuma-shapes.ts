import * as z from "zod";

/**
 * What Kuma's socket API answers and sends, as far as the lab looks at it. Checked where it comes in, because three
 * releases (1.23, 2.0, 2.5) each have their own idea of it; fields not named here pass through.
 */
const truth = z.union([z.boolean(), z.number()]).transform(Boolean);

const monitor = z.looseObject({
  id: z.number(),
  name: z.string(),
  type: z.string(),
  active: truth,
  interval: z.number(),
  tags: z.array(z.looseObject({ name: z.string(), value: z.string().nullish() })),
});
export type Monitor = z.infer<typeof monitor>;

const notification = z.looseObject({ id: z.number(), name: z.string() });
export type Notification = z.infer<typeof notification>;

const statusPage = z.looseObject({
  id: z.number(),
  slug: z.string(),
  title: z.string(),
  icon: z.string().nullish(),
});
export type StatusPage = z.infer<typeof statusPage>;

const maintenance = z.looseObject({ id: z.number(), title: z.string(), strategy: z.string() });
export type Maintenance = z.infer<typeof maintenance>;

export const heartbeatShape = z.looseObject({
  time: z.string(),
  status: z.number(),
  msg: z.string().nullish(),
});
/** `time` is UTC, `YYYY-MM-DD HH:mm:ss.SSS`; `status` 0 down, 1 up, 2 pending, 3 maintenance. */
export type Heartbeat = z.infer<typeof heartbeatShape>;

/** The lists that Kuma sends by itself, by the name of their event. */
export const listEvents = {
  monitorList: z.record(z.string(), monitor),
  notificationList: z.array(notification),
  statusPageList: z.record(z.string(), statusPage),
  maintenanceList: z.record(z.string(), maintenance),
};

/** What the calls answer besides `ok`. */
export const answers = {
  nothing: z.looseObject({}),
  needSetup: z.boolean(),
  login: z.looseObject({ token: z.string() }),
  info: z.looseObject({ version: z.string() }),
  settings: z.looseObject({ data: z.looseObject({}) }),
  monitorID: z.looseObject({ monitorID: z.number() }),
  maintenanceID: z.looseObject({ maintenanceID: z.number() }),
  id: z.looseObject({ id: z.number() }),
  tag: z.looseObject({ tag: z.looseObject({ id: z.number() }) }),
  statusPage: z.looseObject({ config: z.looseObject({ icon: z.string() }) }),
  incident: z.looseObject({ incident: z.looseObject({ id: z.number() }) }),
};
