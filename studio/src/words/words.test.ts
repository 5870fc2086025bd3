import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { ar } from "./ar";
import { en } from "./en";
import { fr } from "./fr";
import { hi } from "./hi";
import { direction, speaker, spoken } from "./index";
import { refused, timed } from "./said";
import { sw } from "./sw";

const gaps = (sentence: string) => [...sentence.matchAll(/\{\w+\}/g)].map((one) => one[0]).sort();

test.each(Object.entries({ ar, hi, sw, fr }))("%s says everything that English says, with the same gaps", (_, words) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
  for (const [key, sentence] of Object.entries(en)) {
    expect(gaps(words[key as keyof typeof en]), key).toEqual(gaps(sentence));
    expect(words[key as keyof typeof en].trim(), key).not.toBe("");
  }
});

test("what fills a gap cannot turn the sentence around", () => {
  expect(speaker("en")("phone.of", { name: "ليلى\u202E" })).toBe("Phone of \u2068ليلى\u2069");
  expect(speaker("ar")("phone.of", { name: "Amina" })).toBe("هاتف \u2068Amina\u2069");
  expect(speaker("en")("phone.of", { name: "{name}" })).toBe("Phone of {name}");
});

test("the page has words for every code that the server refuses with", () => {
  const document = JSON.parse(readFileSync(join(import.meta.dirname, "../../../schemas/openapi.json"), "utf8"));
  const codes: string[] = document.components.schemas.Refused.properties.error.properties.code.enum;
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !Object.hasOwn(en, `error.${code}`))).toEqual([]);
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
