import { describe, expect, test } from "vitest";

import { bare, blocks, loneEmoji, openable, spans, type Span } from "./format";

/** A tree as a line of text: `b(…)`, `i(…)`, `s(…)`, `m(…)`, `c(…)`, `a(…)`. */
const told = (list: Span[]): string =>
  list
    .map((span) => {
      if (span.kind === "text") return span.text;
      const inside = "spans" in span ? told(span.spans) : span.text;
      return `${{ bold: "b", italic: "i", strike: "s", mono: "m", code: "c", link: "a" }[span.kind]}(${inside})`;
    })
    .join("");

describe("marks", () => {
  test.each([
    ["*bold* _italic_ ~struck~", "b(bold) i(italic) s(struck)"],
    ["```mono``` and `code`", "m(mono) and c(code)"],
    ["*bold and _both_*", "b(bold and i(both))"],
    ["2 * 3 * 4", "2 * 3 * 4"],
    ["* not bold*", "* not bold*"],
    ["snake_case_name stays", "snake_case_name stays"],
    ["5*6*7", "5*6*7"],
    ["(*in brackets*), *twice*", "(b(in brackets)), b(twice)"],
    ["*never closed", "*never closed"],
    ["**", "**"],
    ["*مرحبا* بك", "b(مرحبا) بك"],
    ["`*raw*`", "c(*raw*)"],
    ["*a*b*", "b(a*b)"],
  ])("%s", (text, expected) => expect(told(spans(text))).toBe(expected));

  test("are read into each other only so deep, whatever is typed", () => {
    const deep = "*_~".repeat(200) + "x" + "~_*".repeat(200);
    expect(bare(deep)).toContain("x");
  });
});

describe("links", () => {
  test.each([
    ["see https://example.com/t/991, thanks", "see a(https://example.com/t/991), thanks"],
    ["(https://example.com)", "(a(https://example.com))"],
    ["xhttps://example.com", "xhttps://example.com"],
    ["javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"],
    ["https://example.com/a_b_c", "a(https://example.com/a_b_c)"],
    ["https://example.com/\u202Egnp", "a(https://example.com/)\u202Egnp"],
    ["look: www.example.com, or shop.co.ke/new?x=1.", "look: a(www.example.com), or a(shop.co.ke/new?x=1)."],
    ["*zuri.africa*", "b(a(zuri.africa))"],
    ["write to info@shop.co.ke", "write to info@shop.co.ke"],
    ["at 9.30, KES 2.500, e.g. this.Next", "at 9.30, KES 2.500, e.g. this.Next"],
    ["invoice.pdf and a..b", "invoice.pdf and a..b"],
  ])("%s", (text, expected) => expect(told(spans(text))).toBe(expected));

  test("a bare address opens over http", () => {
    expect(spans("shop.co.ke")).toEqual([{ kind: "link", text: "shop.co.ke", href: "http://shop.co.ke" }]);
  });

  test.each(["a.".repeat(2000), "a-".repeat(2000), "1".repeat(4000), "a".repeat(4000) + ".ke"])("a long text that is no address ends: %.6s…", (text) => {
    expect(told(spans(text))).toBe(text);
  });

  test("only http and https may be opened", () => {
    expect(openable("https://example.com")).toBe("https://example.com");
    for (const url of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", 7, undefined]) {
      expect(openable(url)).toBeUndefined();
    }
  });
});

test("lines are quotes, items and fences of their own", () => {
  const kinds = blocks("> said\n* one\n- two\n1. three\n```\na\nb\n```\nend").map((block) => block.kind);
  expect(kinds).toEqual(["quote", "item", "item", "item", "mono", "line"]);
  expect(blocks("")).toEqual([{ kind: "line", spans: [] }]);
  expect(blocks("a\n\nb")).toHaveLength(3);
});

test("markup stays what it is: text", () => {
  expect(told(spans("<script>alert(1)</script> &amp; <b>x</b>"))).toBe("<script>alert(1)</script> &amp; <b>x</b>");
});

test("up to three emoji alone are drawn large", () => {
  expect(loneEmoji("🎉")).toBe(1);
  expect(loneEmoji("👩‍👩‍👧‍👦 🇰🇪")).toBe(0);
  expect(loneEmoji("👍👍👍")).toBe(3);
  expect(loneEmoji("👍👍👍👍")).toBe(0);
  expect(loneEmoji("7")).toBe(0);
  expect(loneEmoji("ok 👍")).toBe(0);
});
