// What is written can be read: every colour of words on every ground that it stands on, by day and by night, against WCAG 2
// AA (4.5 : 1), and signs against 3 : 1. Colours are read from the style sheets themselves.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

type Colour = [red: number, green: number, blue: number, alpha: number];
type Palette = Record<string, string>;

const sheet = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");
const page = palette(sheet("page.css"), ":root {");
const phones = {
  whatsapp: { ...page, ...palette(sheet("phone.css"), ".phone {") },
  messenger: { ...page, ...palette(sheet("phone.css"), ".phone {"), ...palette(sheet("phone.css"), ".phone.on-messenger {") },
  web: { ...page, ...palette(sheet("phone.css"), ".phone {"), ...palette(sheet("phone.css"), ".phone.on-web {") },
};

/** What a rule says of colours, by name. */
function palette(css: string, rule: string): Palette {
  const from = css.indexOf(rule);
  const body = css.slice(from + rule.length, css.indexOf("}", from));
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((one) => [one[1]!, one[2]!.trim()]));
}

function colour(palette: Palette, written: string, dark: boolean): Colour {
  const known = /^--([\w-]+)$/.exec(written) ?? /^var\(--([\w-]+)\)$/.exec(written);
  if (known) {
    expect(palette, written).toHaveProperty(known[1]!);
    return colour(palette, palette[known[1]!]!, dark);
  }
  const both = /^light-dark\((.+),\s*(#\w+|rgb\([^)]*\))\)$/.exec(written);
  if (both) return colour(palette, both[dark ? 2 : 1]!.trim(), dark);
  const hex = /^#([0-9a-f]{6})$/i.exec(written);
  if (hex) return [...[0, 2, 4].map((at) => parseInt(hex[1]!.slice(at, at + 2), 16)), 1] as Colour;
  const rgb = /^rgb\((\d+) (\d+) (\d+) \/ ([\d.]+)%\)$/.exec(written);
  if (rgb) return [Number(rgb[1]), Number(rgb[2]), Number(rgb[3]), Number(rgb[4]) / 100];
  throw new Error(`not a colour that is understood: ${written}`);
}

function over([r, g, b, alpha]: Colour, [red, green, blue]: Colour): Colour {
  const mix = (top: number, below: number) => top * alpha + below * (1 - alpha);
  return [mix(r, red), mix(g, green), mix(b, blue), 1];
}

function luminance([red, green, blue]: Colour): number {
  const part = (value: number) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
}

/** `ground`: a colour, or several, the upper ones first, where they let through. */
function contrast(palette: Palette, ink: string, ground: string, dark: boolean): number {
  const below = ground.split(" on ").reverse().map((one) => colour(palette, one, dark));
  const under = below.slice(1).reduce((under, top) => over(top, under), below[0]!);
  const [light, dim] = [luminance(over(colour(palette, ink, dark), under)), luminance(under)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dim + 0.05);
}

const GROUNDS = ["--paper", "--paper-2", "--ground", "--wash"];

const WORDS: [inks: string[], grounds: string[]][] = [
  [["--ink", "--quiet", "--faint"], GROUNDS],
  [["--accent", "--accent-2", "--accent-3", "--bad", "--warn", "--good"], ["--paper", "--paper-2", "--wash"]],
  [["--accent", "--ink", "--quiet"], ["--accent-wash"]],
  [["--bad"], ["--bad-wash"]],
  [["--warn", "--ink"], ["--warn-wash"]],
  [["--ink"], ["--selection"]],
  [["--on-accent"], ["--accent"]],
  [["--paper"], ["--ink"]],
];

const PHONE_WORDS: [inks: string[], grounds: string[]][] = [
  [["--wa-ink"], ["--wa-mine", "--wa-theirs", "--wa-sheet", "--wa-field", "--wa-bar"]],
  [["--wa-quiet"], ["--wa-mine", "--wa-theirs", "--wa-quoted on --wa-theirs", "--wa-quoted on --wa-mine", "--wa-sheet", "--wa-field", "--wa-bar"]],
  [["--wa-link"], ["--wa-mine", "--wa-theirs", "--wa-quoted on --wa-theirs"]],
  [["--wa-tap"], ["--wa-mine", "--wa-theirs", "--wa-quoted on --wa-theirs", "--wa-quoted on --wa-mine", "--wa-sheet"]],
  [["--wa-typing"], ["--wa-bar"]],
  [["--wa-on"], ["--wa-filled"]],
  [["--wa-notice-ink"], ["--wa-notice"]],
  [["--bad"], ["--wa-mine", "--wa-theirs", "--wa-sheet", "--bad-wash"]],
  [["--warn"], ["--warn-wash"]],
];

/** Signs that say something by themselves: borders of fields, rings, ticks. */
const SIGNS: [inks: string[], grounds: string[]][] = [
  [["--control", "--accent", "--bad"], ["--paper", "--paper-2"]],
  [["--accent", "--warn"], ["--ground"]],
];
const PHONE_SIGNS: [inks: string[], grounds: string[]][] = [
  [["--wa-green"], ["--wa-theirs", "--wa-sheet"]],
  [["--wa-read"], ["--wa-mine"]],
];

function low(palette: Palette, pairs: [string[], string[]][], least: number, dark: boolean): string[] {
  const all = pairs.flatMap(([inks, grounds]) => inks.flatMap((ink) => grounds.map((ground) => [ink, ground] as const)));
  return all.map(([ink, ground]) => [`${ink} on ${ground}`, contrast(palette, ink, ground, dark)] as const).filter(([, found]) => found < least).map(([pair, found]) => `${pair}: ${found.toFixed(2)}`);
}

describe.each([["by day", false], ["by night", true]] as const)("%s", (_, dark) => {
  test("the words of the page", () => expect(low(page, WORDS, 4.5, dark)).toEqual([]));
  test("its signs", () => expect(low(page, SIGNS, 3, dark)).toEqual([]));
  test.each(Object.entries(phones))("the words of a phone on %s", (_, palette) => expect(low(palette, PHONE_WORDS, 4.5, dark)).toEqual([]));
  test.each(Object.entries(phones))("the signs of a phone on %s", (_, palette) => expect(low(palette, PHONE_SIGNS, 3, dark)).toEqual([]));
});

test("black on white is 21 : 1", () => expect(contrast({ a: "#000000", b: "#ffffff" }, "--a", "--b", false)).toBeCloseTo(21));
