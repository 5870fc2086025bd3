import { expect, test } from "vitest";

import { ar } from "./ar";
import { en } from "./en";
import { fr } from "./fr";
import { hi } from "./hi";
import { direction, speaker, spoken } from "./index";
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

test("the page speaks the first language that it knows", () => {
  expect(spoken(["de", "sw-KE", "en"])).toBe("sw");
  expect(spoken(["de"])).toBe("en");
  expect([direction("ar"), direction("hi")]).toEqual(["rtl", "ltr"]);
});
