import { describe, expect, test } from "vitest";

import type { Item } from "../api/types";
// @ts-expect-error the played shop is plain JavaScript
import { gallery, hostile } from "../../mock/gallery.mjs";
import { amount, answers, bubble, entries, gist } from "./bubble";

let seq = 0;
const item = (body: any, more: Partial<Item> = {}): Item => ({ seq: ++seq, id: `wamid.${seq}`, at: 1_700_000_000_000 + seq * 1000, way: "out", body, ...more });
const interactive = (it: any, more: Partial<Item> = {}) => bubble(item({ type: "interactive", interactive: it }, more));

describe("what hangs under a bubble", () => {
  test("reply buttons keep their ids and titles", () => {
    const shown = interactive({ type: "button", body: { text: "Sure?" }, action: { buttons: [{ type: "reply", reply: { id: "yes:1", title: "Yes" } }] } });
    expect(shown.words).toBe("Sure?");
    expect(shown.taps).toEqual([{ kind: "reply", id: "yes:1", title: "Yes" }]);
  });

  test("a list opens its sections", () => {
    const shown = interactive({ type: "list", body: { text: "x" }, action: { button: "Choose", sections: [{ title: "A", rows: [{ id: "1", title: "M", description: "3 left" }] }] } });
    expect(shown.taps).toEqual([{ kind: "list", title: "Choose", sections: [{ title: "A", rows: [{ id: "1", title: "M", note: "3 left" }] }] }]);
  });

  test("a link opens only over http", () => {
    const to = (url: string) => interactive({ type: "cta_url", body: { text: "x" }, action: { parameters: { display_text: "Pay", url } } }).taps[0];
    expect(to("https://pay.example/1")).toEqual({ kind: "link", title: "Pay", href: "https://pay.example/1" });
    expect(to("javascript:alert(1)")).toEqual({ kind: "dead", title: "Pay" });
  });

  test("a template's buttons take what was sent with it", () => {
    const shown = bubble(
      item(
        { type: "template", template: { name: "t", components: [{ type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "991" }] }, { type: "button", sub_type: "quick_reply", index: 0, parameters: [{ type: "payload", payload: "STOP" }] }] } },
        { template: { header: { type: "TEXT", text: "News" }, body: "Hello Dana", footer: "f", category: "UTILITY", buttons: [{ type: "QUICK_REPLY", text: "Stop" }, { type: "URL", text: "Track", url: "https://x.example/{{1}}" }] } },
      ),
    );
    expect(shown).toMatchObject({ words: "Hello Dana", heading: "News", footer: "f", template: "UTILITY" });
    expect(shown.taps).toEqual([
      { kind: "quick", id: "STOP", title: "Stop" },
      { kind: "link", title: "Track", href: "https://x.example/991" },
    ]);
  });
});

test("each card of a template has its words and buttons, filled as it was sent", () => {
  const sent = gallery.find(([, body]: any) => body.template?.name === "picks");
  const shown = bubble(item(sent[1], sent[2]));
  expect(shown.words).toBe("Amina, these came in today.");
  expect(shown.main.kind === "cards" && shown.main.cards.map((card) => [card.text, card.taps])).toEqual([
    ["Kitenge wrap dress, KES 2,500", [{ kind: "quick", id: "p.d-101", title: "Keep one for me" }, { kind: "link", title: "See it", href: "https://zuri.example/d-101" }]],
    ["Linen dress", [{ kind: "quick", id: "Keep one for me", title: "Keep one for me" }, { kind: "link", title: "See it", href: "https://zuri.example/" }]],
  ]);
});

test("a file of another host is never loaded", () => {
  const shown = bubble(item({ type: "image", image: { link: "https://elsewhere.example/a.png", caption: "c" } }));
  expect(shown.main).toEqual({ kind: "media", media: { kind: "image", url: "/api/v1/dev/picture?of=https%3A%2F%2Felsewhere.example%2Fa.png", name: undefined, voice: false } });
  const own = bubble(item({ type: "image", image: { id: "1" } }, { media: { url: "/media/1", mime: "image/png" } }));
  expect(own.main).toMatchObject({ media: { url: "/media/1" } });
  const sly = bubble(item({ type: "image", image: { link: "//elsewhere.example/a.png" } }));
  expect(sly.main).toMatchObject({ media: { url: expect.stringMatching(/^\/api\/v1\/dev\/picture/) } });
  const video = bubble(item({ type: "video", video: { link: "https://elsewhere.example/a.mp4" } }));
  expect(video.main).toMatchObject({ media: { url: undefined } });
});

test("a bill shows its lines, sums and total", () => {
  const shown = interactive({
    type: "order_details",
    action: { parameters: { reference_id: "9", currency: "INR", total_amount: { value: 21050, offset: 100 }, order: { items: [{ name: "Tee", amount: { value: 10000, offset: 100 }, quantity: 2 }], subtotal: { value: 20000, offset: 100 }, discount: { value: 1000, offset: 100 } } } },
  });
  expect(shown.main).toEqual({ kind: "bill", reference: "9", lines: [{ name: "Tee", quantity: 2, amount: "INR 100" }], sums: [{ what: "subtotal", amount: "INR 200" }, { what: "discount", amount: "−INR 10" }], total: "INR 210.50" });
});

test("money without a known currency is still a number", () => {
  expect(amount({ value: 1050, offset: 100 }, "??")).toBe("?? 10.50");
  expect(amount(undefined, "KES")).toBe("");
});

test("a form's answer is read whatever it holds", () => {
  expect(answers('{"flow_token":"t","size":"M","n":2}')).toEqual([["size", "M"], ["n", "2"]]);
  expect(answers("not json")).toEqual([["", "not json"]]);
  expect(answers("7")).toEqual([["", "7"]]);
  expect(answers(undefined)).toEqual([]);
});

describe("a thread", () => {
  test("has a line for each day, in the shop's zone", () => {
    const at = Date.UTC(2026, 10, 20, 20, 30);
    const items = [item({ type: "text", text: { body: "a" } }, { at }), item({ type: "text", text: { body: "b" } }, { at: at + 3600_000 })];
    expect(entries(items, "Africa/Nairobi").map((one) => one.kind)).toEqual(["day", "bubble", "day", "bubble"]);
    expect(entries(items, "America/Lima").map((one) => one.kind)).toEqual(["day", "bubble", "bubble"]);
  });

  test("hangs reactions on their message, and takes them away again", () => {
    const message = item({ type: "text", text: { body: "a" } });
    const react = (emoji: string | undefined) => item({ type: "reaction", reaction: { message_id: message.id, emoji } }, { way: "in" });
    const reactions = (items: Item[]) => entries(items).flatMap((one) => (one.kind === "bubble" ? one.bubble.reactions : []));
    expect(reactions([message, react("👍")])).toEqual([{ emoji: "👍", mine: true }]);
    expect(reactions([message, react("👍"), react("❤️")])).toEqual([{ emoji: "❤️", mine: true }]);
    expect(reactions([message, react("👍"), react(undefined)])).toEqual([]);
    expect(entries([react("👍")])).toEqual([]);
  });

  test("shows no read marks", () => {
    expect(entries([item({ status: "read", message_id: "x", typing_indicator: { type: "text" } })])).toEqual([]);
  });
});

describe("every kind of message", () => {
  const all = [...gallery, ...hostile].map(([way, body, extras]: any, index) => item(body, { way, seq: index + 1, ...extras }));

  test.each(all.map((one): [string, Item] => [`${one.seq} ${one.body.interactive?.type ?? one.body.type}`, one]))("%s becomes a bubble", (_, one) => {
    const shown = bubble(one);
    const hasSomething = shown.words !== undefined || shown.main.kind !== "none" || shown.taps.length > 0;
    expect(hasSomething || one.body.type === "reaction" || one.body.type === "unsupported").toBe(true);
    expect(gist(shown, (kind) => kind)).not.toBe("");
  });

  test("may be broken anywhere without an error", () => {
    for (const one of all) {
      for (const broken of mutilated(one.body)) gist(bubble({ ...one, body: broken }), (kind) => kind);
    }
  });
});

/** The value with each of its parts replaced, in turn, by something that nobody expects there. */
function mutilated(value: any): any[] {
  if (typeof value !== "object" || value === null) return [null, 7, "x", [], {}, undefined];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => mutilated(value[key]).map((part) => (Array.isArray(value) ? value.with(Number(key), part) : { ...value, [key]: part })));
}
