// Takes webhooks on port 9099 of this container, and appends the body of each, a line of JSON, to /tmp/webhooks.
const { appendFileSync } = require("node:fs");
const { createServer } = require("node:http");

createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    appendFileSync("/tmp/webhooks", `${body}\n`);
    response.end();
  });
}).listen(9099, "127.0.0.1");
