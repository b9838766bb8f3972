import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { style } from "../../src/web/style.ts";

/** What WCAG 1.4.11 asks of graphics beside what is next to them. */
const LEAST = 3;

/** The colours by name, of the light scheme and the dark one. */
const [light = {}, dark = {}] = style
  .split("@media (prefers-color-scheme: dark)")
  .map((part) => part.slice(0, part.indexOf("* {") < 0 ? undefined : part.indexOf("* {")))
  .map((part) =>
    Object.fromEntries(
      [...part.matchAll(/--([\w-]+): (#[0-9a-f]+)/g)].map(([, name, color]) => [name, color]),
    ),
  );

/** https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
function luminance(color = ""): number {
  const digits = color.length === 4 ? color.replaceAll(/[0-9a-f]/g, "$&$&") : color;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio; by brightness alone, so whoever sees no colours sees it, too. */
function contrast(a: string | undefined, b: string | undefined): number {
  const [dim = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

describe("the page's colours", () => {
  it("are measured as WCAG does", () => {
    assert.equal(contrast("#000", "#ffffff"), 21);
    assert.equal(contrast("#777777", "#fff").toFixed(2), "4.48");
  });

  for (const [scheme, colors] of Object.entries({ light, dark }))
    it(`keep states apart by their brightness: ${scheme}`, () => {
      const pairs = [
        ...["agrees", "behind", "unknown", "up", "paused", "down", "accent", "good", "bad"].map((name) => [
          name,
          "card",
        ]),
        ...[
          ["agrees", "behind"],
          ["up", "down"],
          ["paused", "down"],
        ],
      ];
      for (const [a = "", b = ""] of pairs) {
        const ratio = contrast(colors[a], colors[b]);
        assert.ok(ratio >= LEAST, `${a} beside ${b}: ${ratio.toFixed(2)}`);
      }
    });
});
