"use strict";

// For self-test.cjs: a provider as some of Kuma's are. Of a message about a monitor it shows the monitor's name alone.

const axios = require("axios");

module.exports = class NameOnly {
  /** What this class got; the one that a rehearsal loads from this file is another. */
  static received = [];

  async send(_notification, msg, monitorJSON, heartbeatJSON) {
    NameOnly.received.push({ msg, monitorJSON, heartbeatJSON });
    void axios.post("https://provider.invalid", { title: monitorJSON?.name ?? msg });
    return "sent";
  }
};
