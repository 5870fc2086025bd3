import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import type { By } from "../api/types";
import { ar } from "./ar";
import { en } from "./en";
import { fr } from "./fr";
import { hi } from "./hi";
import { direction, speaker, spoken } from "./index";
import { refused, taken, timed, valued } from "./said";
import { sw } from "./sw";

const described = JSON.parse(readFileSync(join(import.meta.dirname, "../../../schemas/openapi.json"), "utf8"));

const gaps = (sentence: string) => [...sentence.matchAll(/\{\w+\}/g)].map((one) => one[0]).sort();

test.each(Object.entries({ ar, hi, sw, fr }))("%s says everything that English says, with the same gaps", (_, words) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
  for (const [key, sentence] of Object.entries(en)) {
    expect(gaps(words[key as keyof typeof en]), key).toEqual(gaps(sentence));
    expect(words[key as keyof typeof en].trim(), key).not.toBe("");
  }
});

test.each(Object.entries({ en, ar, hi, sw, fr }))("%s has a name of its own for each category", (_, words) => {
  const names = Object.entries(words).filter(([key]) => key.startsWith("category.")).map(([, name]) => name);
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

/** Names that are the same in every language, and units. */
const NAMES = /\{\w+\}|WhatsApp|Duka|duka dev|Enter|Escape|Tab|\bMB\b|\bms\b/g;

test.each(Object.entries({ ar, hi }))("%s is written in its own letters", (_, words) => {
  const strays = Object.entries(words).filter(([, sentence]) => /[A-Za-z]{2,}/.test(sentence.replace(NAMES, "")));
  expect(strays).toEqual([]);
});

test.each(Object.entries({ sw, fr }))("%s says no sentence as English does, and few words", (_, words) => {
  const same = Object.entries(en).filter(([key, said]) => words[key as keyof typeof en] === said).map(([, said]) => said.replace(NAMES, "").trim());
  const all = new Set(same.filter((said) => /[A-Za-z]{4,}/.test(said)));
  expect([...all].filter((said) => said.includes(" "))).toEqual([]);
  // `Photo`, `Message`, `Total`
  expect(all.size).toBeLessThan(20);
});

test("what fills a gap cannot turn the sentence around", () => {
  expect(speaker("en")("phone.of", { name: "ليلى\u202E" })).toBe("Phone of \u2068ليلى\u2069");
  expect(speaker("ar")("phone.of", { name: "Amina" })).toBe("هاتف \u2068Amina\u2069");
  expect(speaker("en")("phone.of", { name: "{name}" })).toBe("Phone of {name}");
});

test("the page has words for every code that the server refuses with", () => {
  const codes: string[] = described.components.schemas.Refused.properties.error.properties.code.enum;
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !Object.hasOwn(en, `error.${code}`))).toEqual([]);
});

/** Every code of a part of the schema: `{ "code": { "const": "picks" } }`. */
function codes(schema: unknown): string[] {
  if (schema === null || typeof schema !== "object") return [];
  const own = (schema as any).properties?.code?.const ?? (schema as any).properties?.code?.enum?.[0];
  return [...(typeof own === "string" ? [own] : []), ...Object.values(schema).flatMap(codes)];
}

test("the page has words for every way of the map, and for what no test takes", () => {
  const answer = (path: string, method: string) => described.paths[`/api/v1/dev/shops/{shop}/${path}`][method].responses["200"];
  const ways = new Set(codes(answer("map", "get")));
  expect(ways.size).toBeGreaterThan(10);
  for (const code of ways) {
    const edge = { by: { code, about: "size" }, guard: "bag.count > 1", on: "left in English" };
    expect(taken(edge, speaker("ar")), code).not.toContain("English");
  }
  const left = new Set(codes(answer("explore", "post")));
  expect([...left].sort()).toEqual(["failure", "itself", "line"]);
});

test("a way is told as the flow has it, in the page's language", () => {
  const told = (by: By, guard?: string) => taken({ by, guard, on: "" }, speaker("fr"));
  expect(told({ code: "words", about: "Check out" })).toBe("Check out");
  expect(told({ code: "after", about: 7_200_000 })).toBe("après 2 h");
  expect(told({ code: "then" }, "bag.count > 1")).toBe("si bag.count > 1");
  expect(told({ code: "picks", about: "size" }, "bag.count > 1")).toBe("choisit : size, si bag.count > 1");
});

test("a value is told in the page's language where it is no name", () => {
  const told = (kind: string, value: string) => valued({ kind, value }, speaker("fr"));
  expect([told("yes_no", "yes"), told("duration", "26 hours"), told("consent", "given"), told("text", "yes")]).toEqual(["oui", "26 h", "donné", "yes"]);
});

test("a refusal is told with what it names, in the page's language; in English by the server", () => {
  const told = { code: "payment_over", about: { state: "expired" } };
  expect(refused(told, speaker("fr"), false)).toBe(`Il n’y a plus rien à payer ici : \u2068${fr["payment.expired"]}\u2069.`);
  expect(refused({ code: "price", about: { like: "KES 2,500" } }, speaker("sw"), false)).toBe("Andika bei kama KES 2,500.");
  expect(refused(told, speaker("en"), true)).toBeUndefined();
  expect(refused({ code: "constructor", about: {} }, speaker("fr"), false)).toBeUndefined();
});

test("a timer says what it waits for, and how long", () => {
  const timer = { at: 0, kind: "quiet", length_ms: 26 * 3_600_000 } as const;
  expect([timed(timer, speaker("en")), timed(timer, speaker("fr"))]).toEqual(["quiet for 26 h", "silence de 26 h"]);
  expect(timed({ at: 0, kind: "answer" }, speaker("sw"))).toBe(sw["timer.answer"]);
});

test("the page speaks the first language that it knows", () => {
  expect(spoken(["de", "sw-KE", "en"])).toBe("sw");
  expect(spoken(["de"])).toBe("en");
  expect([direction("ar"), direction("hi")]).toEqual(["rtl", "ltr"]);
});
