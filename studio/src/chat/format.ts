// WhatsApp's own marks in a text (*bold*, _italic_, ~strike~, ```mono```, `code`, > quote, lists) and its links, as a tree
// of plain values. Makes no HTML: whoever draws the tree writes every string as text.

export type Span =
  | { kind: "text"; text: string }
  | { kind: "bold" | "italic" | "strike"; spans: Span[] }
  | { kind: "mono" | "code"; text: string }
  | { kind: "link"; text: string; href: string };

export type Block =
  | { kind: "line"; spans: Span[] }
  | { kind: "quote"; spans: Span[] }
  | { kind: "item"; mark: string; spans: Span[] }
  | { kind: "mono"; text: string };

/** A text as blocks, one for each line; a fence of three backticks over several lines is one block. */
export function blocks(text: string): Block[] {
  const out: Block[] = [];
  const fence = /```([\s\S]+?)```/g;
  let at = 0;
  for (let match = fence.exec(text); match; match = fence.exec(text)) {
    if (!match[1]!.includes("\n")) continue;
    lines(text.slice(at, match.index).replace(/\n$/, ""), out);
    out.push({ kind: "mono", text: match[1]!.replace(/^\n|\n$/g, "") });
    at = match.index + match[0].length;
    if (text[at] === "\n") at += 1;
  }
  if (at < text.length || out.length === 0) lines(text.slice(at), out);
  return out;
}

function lines(text: string, out: Block[]) {
  if (text === "" && out.length > 0) return;
  for (const line of text.split("\n")) {
    const quote = /^> (.+)$/.exec(line);
    const bullet = /^[*-] (.+)$/.exec(line);
    const number = /^(\d{1,3}\.) (.+)$/.exec(line);
    if (quote) out.push({ kind: "quote", spans: spans(quote[1]!) });
    else if (bullet) out.push({ kind: "item", mark: "•", spans: spans(bullet[1]!) });
    else if (number) out.push({ kind: "item", mark: number[1]!, spans: spans(number[2]!) });
    else out.push({ kind: "line", spans: spans(line) });
  }
}

const MARKS = { "*": "bold", _: "italic", "~": "strike" } as const;
const LINK = /https?:\/\/[^\s<>"`\u202a-\u202e\u2066-\u2069]+/y;
/** An address without its `https://`, as people write it: `www.shop.example`, `shop.co.ke/new`. */
const BARE = /(?:(?=[\p{L}\p{N}-]*\p{L})[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}([a-z]{2,})(?![\p{L}\p{N}@_-])(?::\d{2,5})?(?:[/?#][^\s<>"`\u202a-\u202e\u2066-\u2069]*)?/uy;
/** Endings of addresses beside those of countries. */
const ENDINGS = new Set(["com", "org", "net", "info", "biz", "app", "dev", "shop", "store", "online", "site", "africa", "link", "page", "blog", "news", "xyz", "edu", "gov", "uk", "eu"]);
const countries = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
/** As deep as marks are read into each other; deeper ones stay as they were typed. */
const DEPTH = 6;

/** One line as spans. */
export function spans(text: string, depth = 0): Span[] {
  const out: Span[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") out.push({ kind: "text", text: plain });
    plain = "";
  };
  let at = 0;
  while (at < text.length) {
    const mono = enclosed(text, at, "```") ?? enclosed(text, at, "`");
    if (mono) {
      flush();
      out.push({ kind: mono.mark === "`" ? "code" : "mono", text: mono.inside });
      at = mono.end;
      continue;
    }
    const link = isEdge(text[at - 1]) ? (found(LINK, text, at) ?? bareLink(text, at)) : undefined;
    if (link) {
      const shown = link.replace(/[.,;:!?)\]}'»”]+$/, "");
      flush();
      out.push({ kind: "link", text: shown, href: shown.includes("://") ? shown : `http://${shown}` });
      at += shown.length;
      continue;
    }
    const mark = text[at] as keyof typeof MARKS;
    const inside = depth < DEPTH && mark in MARKS ? marked(text, at, mark) : null;
    if (inside !== null) {
      flush();
      out.push({ kind: MARKS[mark], spans: spans(inside, depth + 1) });
      at += inside.length + 2;
      continue;
    }
    plain += text[at];
    at += 1;
  }
  flush();
  return out;
}

function found(what: RegExp, text: string, at: number): string | undefined {
  what.lastIndex = at;
  return what.exec(text)?.[0];
}

/** An address whose ending is a known one; no part of an e-mail address. */
function bareLink(text: string, at: number): string | undefined {
  if (/[@._/-]/.test(text[at - 1] ?? "")) return undefined;
  BARE.lastIndex = at;
  const match = BARE.exec(text);
  const ending = match?.[1] ?? "";
  const isKnown = ENDINGS.has(ending) || (ending.length === 2 && ending !== "zz" && countries.of(ending.toUpperCase()) !== undefined);
  return isKnown || match?.[0].startsWith("www.") ? match?.[0] : undefined;
}

function enclosed(text: string, at: number, mark: string) {
  if (!text.startsWith(mark, at)) return null;
  const end = text.indexOf(mark, at + mark.length);
  if (end <= at + mark.length) return null;
  return { mark, inside: text.slice(at + mark.length, end), end: end + mark.length };
}

/** What stands between a mark at `at` and its twin: no space at the inner edges, no letter at the outer ones. */
function marked(text: string, at: number, mark: string): string | null {
  if (!isEdge(text[at - 1]) || text[at + 1] === undefined || /\s/.test(text[at + 1]!)) return null;
  for (let end = text.indexOf(mark, at + 2); end !== -1; end = text.indexOf(mark, end + 1)) {
    if (!/\s/.test(text[end - 1]!) && isEdge(text[end + 1])) return text.slice(at + 1, end);
  }
  return null;
}

function isEdge(letter: string | undefined): boolean {
  return letter === undefined || !/[\p{L}\p{N}]/u.test(letter);
}

/** The text without its marks, on one line: for previews and for a screen reader's summary. */
export function bare(text: string): string {
  const words = (list: Span[]): string =>
    list.map((span) => ("spans" in span ? words(span.spans) : span.text)).join("");
  return blocks(text)
    .map((block) => ("spans" in block ? words(block.spans) : block.text))
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
}

/** One to three emoji and nothing else: drawn large. 0: it is an ordinary text. */
export function loneEmoji(text: string): number {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > 40) return 0;
  const parts = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(trimmed)];
  const emoji = /^(\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3)/u;
  return parts.length <= 3 && parts.every((part) => emoji.test(part.segment)) ? parts.length : 0;
}

/** Which way the last line of a text runs: by its first letter that has a way, as browsers see it. */
export function lastRuns(text: string, otherwise: "ltr" | "rtl"): "ltr" | "rtl" {
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const letter = /\p{L}/u.exec(line)?.[0];
  if (letter === undefined) return otherwise;
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/.test(letter) ? "rtl" : "ltr";
}

/** An address that may be opened: http and https only. */
export function openable(url: unknown): string | undefined {
  if (typeof url !== "string") return undefined;
  try {
    const parsedUrl = new URL(url, "http://127.0.0.1");
    return ["http:", "https:"].includes(parsedUrl.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
