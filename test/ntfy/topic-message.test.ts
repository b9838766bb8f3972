import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeAsMessage } from "../../src/ntfy/message.ts";
import { announcesPublish, parseMessage, resumeCursor } from "../../src/ntfy/topic-message.ts";
import { samples } from "../events/samples.ts";

// As https://docs.ntfy.sh/subscribe/api/#json-message-format shows them.
const open = '{"id":"2pgIAaGrQ8","time":1638542215,"event":"open","topic":"kuma"}';
const keepalive = '{"id":"371sevb0pD","time":1638542275,"event":"keepalive","topic":"kuma"}';
const message = (tags: unknown) =>
  JSON.stringify({ id: "sPs71M8A2T", time: 1643935928, event: "message", topic: "kuma", tags, message: "x" });

const tells = (line: string) => {
  const parsed = parseMessage(line);
  return parsed !== undefined && announcesPublish(parsed);
};

describe("a line of ntfy's stream", () => {
  it("tells of a publish when it is the notice that a primary sends of one, and of no other event", () => {
    const noticed = Object.values(samples).filter((event) => {
      const notice = describeAsMessage(event, "north");
      return notice !== undefined && tells(message(notice.tags));
    });
    assert.deepEqual(noticed, [samples.published]);
  });

  it("tells of nothing otherwise", () => {
    for (const line of [open, keepalive, message(undefined), message([]), message(["inbox_tray", "warning"])])
      assert.equal(tells(line), false, line);
    assert.equal(tells(message(["outbox_tray"]).replace('"message"', '"message_delete"')), false);
  });

  it("is passed over when it is no such line", () => {
    for (const line of [
      ...["", " ", "<html>", "null", "[]", "7", '"x"', "{}", message("outbox_tray"), message([7])],
      ...[open.slice(0, -1), open.replace("2pgIAaGrQ8", "a b&since=all"), open.replace("1638542215", "1e99")],
    ])
      assert.equal(parseMessage(line), undefined, line);
  });

  it("is where the next stream goes on: after a message, else at the server's time", () => {
    const place = (line: string) => {
      const parsed = parseMessage(line);
      return parsed && resumeCursor(parsed);
    };
    assert.equal(place(open), "1638542215");
    assert.equal(place(keepalive), "1638542275");
    assert.equal(place(message(["x"])), "sPs71M8A2T");
  });
});
