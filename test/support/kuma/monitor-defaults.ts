/**
 * What a release's page sends along with every new monitor; without it, the server stores other things than a
 * person's.
 */
export function monitorDefaults(version: string): Record<string, unknown> {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  // 2.0.0-dev.0 is 2.x by name, and 1.23 by its tables.
  if (major < 2 || version.startsWith("2.0.0-dev")) return common;
  return { ...common, ...since2, ...(major > 2 || minor >= 1 ? since21 : {}) };
}

const common = {
  parent: null,
  url: "https://",
  method: "GET",
  interval: 20,
  retryInterval: 20,
  resendInterval: 0,
  maxretries: 0,
  timeout: 10,
  notificationIDList: {},
  ignoreTls: false,
  upsideDown: false,
  packetSize: 56,
  expiryNotification: false,
  maxredirects: 10,
  accepted_statuscodes: ["200-299"],
  dns_resolve_type: "A",
  dns_resolve_server: "1.1.1.1",
  docker_container: "",
  docker_host: null,
  proxyId: null,
  mqttUsername: "",
  mqttPassword: "",
  mqttTopic: "",
  mqttSuccessMessage: "",
  authMethod: null,
  oauth_auth_method: "client_secret_basic",
  httpBodyEncoding: "json",
  kafkaProducerBrokers: [],
  kafkaProducerSaslOptions: { mechanism: "None" },
  kafkaProducerSsl: false,
  kafkaProducerAllowAutoTopicCreation: false,
  gamedigGivenPortOnly: true,
};

const since2 = {
  mqttCheckType: "keyword",
  remote_browser: null,
  cacheBust: false,
  conditions: [],
  rabbitmqNodes: [],
  rabbitmqUsername: "",
  rabbitmqPassword: "",
  jsonPathOperator: "==",
};

const since21 = {
  domainExpiryNotification: false,
  saveResponse: false,
  saveErrorResponse: true,
  responseMaxLength: 1024,
};
