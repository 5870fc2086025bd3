// WhatsApp JSON as what a handset shows of it. Reads bodies of sends and elements of `messages` alike, takes nothing for
// granted about their shape, and draws nothing.
import type { Item, Product, Status } from "../api/types";
import { openable } from "./format";

export type Media = { kind: "image" | "video" | "audio" | "document" | "sticker"; url?: string; name?: string; voice?: boolean; bytes?: number };
export type Money = { value: number; offset: number };

export type Row = { id: string; title: string; note?: string; product?: Product };
export type Section = { title?: string; rows: Row[] };

export type Card = { media?: Media; product?: Product; text?: string; taps: Tap[] };

/** What stands in the middle of a bubble, besides its words. */
export type Main =
  | { kind: "none" }
  | { kind: "media"; media: Media }
  | { kind: "location"; latitude: number; longitude: number; name?: string; address?: string }
  | { kind: "contacts"; cards: { name: string; phone?: string; company?: string }[] }
  | { kind: "product"; product: Product }
  | { kind: "products"; count: number; first?: Product; title?: string }
  | { kind: "catalogue"; thumbnail?: Product }
  | { kind: "cart"; items: { sku: string; quantity: number; product?: Product }[]; total?: string }
  | { kind: "cards"; cards: Card[] }
  | { kind: "bill"; reference: string; lines: BillLine[]; sums: { what: BillSum; amount: string }[]; total: string }
  | { kind: "billed"; reference: string; state: string; note?: string }
  | { kind: "answers"; answers: [string, string][] }
  | { kind: "unknown"; what: string };

export type BillLine = { name: string; quantity: number; amount: string };
export type BillSum = "subtotal" | "tax" | "shipping" | "discount";

/** Something under a bubble that can be tapped. */
export type Tap =
  | { kind: "reply"; id: string; title: string }
  | { kind: "quick"; id: string; title: string }
  | { kind: "list"; title: string; sections: Section[] }
  | { kind: "products"; title?: string; catalogue: string; sections: Section[] }
  | { kind: "product"; catalogue: string; product: Product }
  | { kind: "catalogue"; catalogue: string }
  | { kind: "link"; title: string; href: string }
  | { kind: "call"; title: string; number: string }
  | { kind: "copy"; title: string; code: string }
  | { kind: "form"; title: string; form: any; parameters: any }
  | { kind: "place" }
  | { kind: "contact" }
  | { kind: "pay"; href?: string }
  | { kind: "dead"; title: string };

export type Bubble = {
  key: string;
  seq: number;
  id: string;
  at: number;
  /** Said by the customer whose phone it is. */
  mine: boolean;
  status?: Status;
  error?: { code: number; title: string };
  quotes?: string;
  forwarded: boolean;
  heading?: string;
  header?: Media;
  words?: string;
  footer?: string;
  main: Main;
  taps: Tap[];
  /** The category of a template. */
  template?: string;
  reactions: { emoji: string; mine: boolean }[];
};

export type Day = { kind: "day"; key: string; at: number };
export type Entry = Day | { kind: "bubble"; key: string; bubble: Bubble; first: boolean };

/** A thread as it is shown: by time, with a line for each new day, reactions on what they are about. */
export function entries(items: Item[], zone?: string): Entry[] {
  const sorted = [...items].sort((a, b) => a.seq - b.seq);
  const out: Entry[] = [];
  const reactions = reactionsOf(sorted);
  const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  let day = "";
  let before: Bubble | undefined;
  for (const item of sorted) {
    if (item.body?.type === "reaction" || isSilent(item.body)) continue;
    const hanging = reactions.get(item.id);
    const shown = hanging ? { ...bubbleOf(item), reactions: hanging } : bubbleOf(item);
    const today = dayOf.format(item.at);
    if (today !== day) out.push({ kind: "day", key: `day-${today}-${item.seq}`, at: item.at });
    const first = before === undefined || before.mine !== shown.mine || today !== day || before.reactions.length > 0;
    day = today;
    before = shown;
    out.push({ kind: "bubble", key: shown.key, bubble: shown, first });
  }
  return out;
}

/** Read marks and typing are no messages. */
function isSilent(body: any): boolean {
  return body?.status === "read" || body?.type === "request_welcome";
}

/** What hangs under which message: the last reaction of each side. */
function reactionsOf(items: Item[]): Map<string, Bubble["reactions"]> {
  const out = new Map<string, Bubble["reactions"]>();
  for (const item of items) {
    if (item.body?.type !== "reaction") continue;
    const target = text(item.body.reaction?.message_id) ?? "";
    const emoji = text(item.body.reaction?.emoji);
    const mine = item.way === "in";
    const others = (out.get(target) ?? []).filter((one) => one.mine !== mine);
    out.set(target, emoji === undefined ? others : [...others, { emoji, mine }]);
  }
  return out;
}

const made = new WeakMap<Item, Bubble>();

/** One message, made once for as long as the item is the same. */
export function bubbleOf(item: Item): Bubble {
  const known = made.get(item) ?? bubble(item);
  made.set(item, known);
  return known;
}

/** One message. */
export function bubble(item: Item): Bubble {
  const body = item.body ?? {};
  const shown: Bubble = {
    key: `${item.seq}`,
    seq: item.seq,
    id: item.id,
    at: item.at,
    mine: item.way === "in",
    status: item.status,
    error: item.error,
    quotes: text(body.context?.message_id) ?? text(body.context?.id),
    forwarded: body.context?.forwarded === true || body.context?.frequently_forwarded === true,
    main: { kind: "none" },
    taps: [],
    reactions: [],
  };
  switch (body.type) {
    case "text":
      shown.words = text(body.text?.body) ?? "";
      break;
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      shown.main = { kind: "media", media: media(body.type, body[body.type], item) };
      shown.words = text(body[body.type]?.caption);
      break;
    case "location":
      shown.main = location(body.location);
      break;
    case "contacts":
      shown.main = { kind: "contacts", cards: list(body.contacts).map(contact) };
      break;
    case "button":
      shown.words = text(body.button?.text) ?? text(body.button?.payload) ?? "";
      break;
    case "order":
      cart(shown, body.order, item);
      break;
    case "template":
      template(shown, body.template, item);
      break;
    case "interactive":
      interactive(shown, body.interactive ?? {}, item);
      break;
    case "system":
      shown.words = text(body.system?.body) ?? "";
      break;
    case "revoke":
      shown.main = { kind: "unknown", what: "revoke" };
      break;
    default:
      shown.words = text(body.text?.body) ?? text(body.text);
      if (shown.words === undefined) shown.main = { kind: "unknown", what: text(body.type) ?? "?" };
  }
  return shown;
}

function interactive(shown: Bubble, it: any, item: Item) {
  const action = it.action ?? {};
  const parameters = action.parameters ?? {};
  frame(shown, it, item);
  switch (it.type) {
    case "button":
      shown.taps = list(action.buttons).map((button) => ({
        kind: "reply",
        id: text(button.reply?.id) ?? "",
        title: text(button.reply?.title) ?? "",
      }));
      break;
    case "list":
      shown.taps = [{ kind: "list", title: text(action.button) ?? "", sections: rows(action.sections) }];
      break;
    case "cta_url":
      shown.taps = [link(parameters.display_text, parameters.url)];
      break;
    case "product": {
      const product = productOf(item, action.product_retailer_id);
      shown.main = { kind: "product", product };
      shown.taps = [{ kind: "product", catalogue: text(action.catalog_id) ?? "", product }];
      break;
    }
    case "product_list":
      productList(shown, action, item, shown.heading);
      break;
    case "catalog_message": {
      const sku = parameters.thumbnail_product_retailer_id;
      shown.main = { kind: "catalogue", thumbnail: sku ? productOf(item, sku) : undefined };
      shown.taps = [{ kind: "catalogue", catalogue: text(action.catalog_id) ?? "" }];
      break;
    }
    case "carousel":
      shown.main = { kind: "cards", cards: list(action.cards).map((card) => freeCard(card, item)) };
      break;
    case "flow":
      shown.taps = [{ kind: "form", title: text(parameters.flow_cta) ?? "", form: item.form, parameters }];
      break;
    case "address_message":
      shown.taps = [{ kind: "form", title: "", form: ADDRESS, parameters: { flow_action_payload: { data: parameters.values } } }];
      break;
    case "location_request_message":
      shown.taps = [{ kind: "place" }];
      break;
    case "request_contact_info":
      shown.taps = [{ kind: "contact" }];
      break;
    case "voice_call":
      shown.taps = [{ kind: "dead", title: text(parameters.display_text) ?? "" }];
      break;
    case "order_details":
      bill(shown, parameters);
      break;
    case "order_status":
      shown.main = {
        kind: "billed",
        reference: text(parameters.reference_id) ?? "",
        state: text(parameters.order?.status) ?? "",
        note: text(parameters.order?.description),
      };
      break;
    case "button_reply":
      shown.words = text(it.button_reply?.title) ?? "";
      break;
    case "list_reply":
      shown.words = [text(it.list_reply?.title), text(it.list_reply?.description)].filter(Boolean).join("\n");
      break;
    case "nfm_reply":
      shown.main = { kind: "answers", answers: answers(it.nfm_reply?.response_json) };
      break;
    default:
      if (shown.words === undefined) shown.main = { kind: "unknown", what: text(it.type) ?? "?" };
  }
}

/** Header, words and footer, which most kinds have in common. */
function frame(shown: Bubble, it: any, item: Item) {
  shown.words = text(it.body?.text);
  shown.footer = text(it.footer?.text);
  const header = it.header;
  if (header?.type === "text") shown.heading = text(header.text);
  else if (isMedia(header?.type)) shown.header = media(header.type, header[header.type], item);
}

function productList(shown: Bubble, action: any, item: Item, title?: string) {
  const sections = list(action.sections).map((section) => ({
    title: text(section.title),
    rows: list(section.product_items).map((one) => {
      const product = productOf(item, one.product_retailer_id);
      return { id: product.sku, title: product.name, note: product.price, product };
    }),
  }));
  const all = sections.flatMap((section) => section.rows);
  shown.main = { kind: "products", count: all.length, first: all[0]?.product, title };
  shown.taps = [{ kind: "products", title, catalogue: text(action.catalog_id) ?? "", sections }];
}

function freeCard(card: any, item: Item): Card {
  const action = card.action ?? {};
  if (card.type === "product" || action.product_retailer_id) {
    const product = productOf(item, action.product_retailer_id);
    return { product, taps: [{ kind: "product", catalogue: text(action.catalog_id) ?? "", product }] };
  }
  const header = card.header ?? {};
  const taps: Tap[] = list(action.buttons).map((button) => {
    const reply = button.quick_reply ?? button.reply ?? {};
    return { kind: "reply", id: text(reply.id) ?? "", title: text(reply.title) ?? "" };
  });
  if (action.parameters?.url) taps.push(link(action.parameters.display_text, action.parameters.url));
  return {
    media: isMedia(header.type) ? media(header.type, header[header.type], item, false) : undefined,
    text: text(card.body?.text),
    taps,
  };
}

function template(shown: Bubble, sent: any, item: Item) {
  const filled = item.template;
  shown.template = filled?.category ?? "";
  if (!filled) {
    shown.words = text(sent?.name) ?? "";
    return;
  }
  shown.words = filled.body;
  shown.footer = filled.footer;
  const header = filled.header;
  const format = text(header?.format)?.toLowerCase() ?? text(header?.type)?.toLowerCase();
  if (typeof header === "string") shown.heading = header;
  else if (format === "text") shown.heading = text(header.text);
  else if (format === "location") shown.main = location(header.location ?? header);
  else if (isMedia(format)) shown.header = media(format, filledHeader(sent)?.[format] ?? header[format], item);
  const component = (index: number) =>
    list(sent?.components).find((one) => one.type === "button" && Number(one.index ?? 0) === index);
  shown.taps = list(filled.buttons).map((button, index) => templateTap(button, component(index)));
  const carousel = partOf(sent?.components, "carousel");
  if (carousel) {
    const made = list(filled.cards);
    shown.main = { kind: "cards", cards: list(carousel.cards).map((card, index) => templateCard(card, made[Number(card.card_index ?? index)], item)) };
  }
}

/** What the header of a template was filled with. */
function filledHeader(sent: any): any {
  return list(list(sent?.components).find((one) => one?.type === "header")?.parameters)[0];
}

/** The part of a template, or of one of its cards, of that type. */
function partOf(parts: unknown, type: string): any {
  return list(parts).find((part) => text(part?.type)?.toLowerCase() === type);
}

/** `made`: the card as the template has it; `card`: what it was filled with. */
function templateCard(card: any, made: any, item: Item): Card {
  const parts = list(card.components);
  const header = list(partOf(parts, "header")?.parameters)[0];
  const filling = list(partOf(parts, "body")?.parameters).map((one) => text(one?.text) ?? "");
  const words = text(partOf(made?.components, "body")?.text)?.replace(/\{\{(\d+)\}\}/g, (_, at: string) => filling[Number(at) - 1] ?? "") ?? filling[0];
  const sent = (index: number) => parts.find((part) => part.type === "button" && Number(part.index ?? 0) === index);
  const product = header?.type === "product" ? productOf(item, header.product?.product_retailer_id) : undefined;
  return {
    media: isMedia(header?.type) ? media(header.type, header[header.type], item, false) : undefined,
    product,
    text: text(words),
    taps: list(partOf(made?.components, "buttons")?.buttons).map((button, index) => templateTap(button, sent(index))),
  };
}

function templateTap(button: any, sent: any): Tap {
  const title = text(button.text) ?? text(button.title) ?? "";
  const parameter = sent?.parameters?.[0] ?? {};
  switch (text(button.type)?.toLowerCase()) {
    case "quick_reply":
      return { kind: "quick", id: text(button.payload) ?? text(parameter.payload) ?? title, title };
    case "url": {
      const suffix = text(parameter.text) ?? "";
      return link(title, (text(button.url) ?? "").replace("{{1}}", suffix));
    }
    case "phone_number":
      return { kind: "call", title, number: text(button.phone_number) ?? "" };
    case "copy_code":
      return { kind: "copy", title, code: text(parameter.coupon_code) ?? text(button.example) ?? "" };
    case "otp":
      return { kind: "copy", title, code: text(parameter.text) ?? "" };
    case "catalog":
      return { kind: "catalogue", catalogue: "" };
    case "flow":
      return { kind: "form", title, form: undefined, parameters: { flow_token: parameter.action?.flow_token } };
    default:
      return { kind: "dead", title };
  }
}

function link(title: unknown, url: unknown): Tap {
  const href = openable(url);
  const words = text(title) ?? text(url) ?? "";
  return href === undefined ? { kind: "dead", title: words } : { kind: "link", title: words, href };
}

function cart(shown: Bubble, order: any, item: Item) {
  const items = list(order?.product_items).map((one) => {
    const sku = text(one.product_retailer_id) ?? "";
    const known = item.products?.[sku];
    return { sku, quantity: Number(one.quantity) || 0, product: known };
  });
  const priced = list(order?.product_items).filter((one) => Number.isFinite(Number(one.item_price)));
  const sum = priced.reduce((all, one) => all + Number(one.item_price) * (Number(one.quantity) || 0), 0);
  const currency = text(priced[0]?.currency);
  const total = currency && priced.length === items.length ? amount({ value: Math.round(sum * 100), offset: 100 }, currency) : undefined;
  shown.main = { kind: "cart", items, total };
  shown.words = text(order?.text) || undefined;
}

function bill(shown: Bubble, parameters: any) {
  const order = parameters.order ?? {};
  const currency = text(parameters.currency) ?? "";
  const lines = list(order.items).map((one) => ({
    name: text(one.name) ?? "",
    quantity: Number(one.quantity) || 1,
    amount: amount(one.sale_amount ?? one.amount, currency),
  }));
  const sums = (["subtotal", "tax", "shipping", "discount"] as const)
    .filter((what) => order[what]?.value)
    .map((what) => ({ what, amount: `${what === "discount" ? "−" : ""}${amount(order[what], currency)}` }));
  const total = amount(parameters.total_amount, currency);
  shown.main = { kind: "bill", reference: text(parameters.reference_id) ?? "", lines, sums, total };
  const setting = list(parameters.payment_settings).find((one) => one.payment_link);
  shown.taps = [{ kind: "pay", href: openable(setting?.payment_link?.uri) }];
}

/** An amount of the vendor's, as money is written: value over offset, in a currency. */
export function amount(money: Money | undefined, currency: string): string {
  if (!money || !Number.isFinite(money.value)) return "";
  const major = money.value / (money.offset || 100);
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency, currencyDisplay: "code", trailingZeroDisplay: "stripIfInteger" }).format(major).replace("\u00a0", " ");
  } catch {
    return `${currency} ${major.toFixed(2)}`.trim();
  }
}

function rows(sections: unknown): Section[] {
  return list(sections).map((section) => ({
    title: text(section.title),
    rows: list(section.rows).map((row) => ({
      id: text(row.id) ?? "",
      title: text(row.title) ?? "",
      note: text(row.description),
    })),
  }));
}

/** The fields of an answered form, without what the vendor adds. */
export function answers(json: unknown): [string, string][] {
  try {
    const values = JSON.parse(text(json) ?? "{}");
    if (typeof values !== "object" || values === null) return [["", String(values)]];
    return Object.entries(values)
      .filter(([name]) => name !== "flow_token")
      .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  } catch {
    return [["", text(json) ?? ""]];
  }
}

function location(it: any): Main {
  return {
    kind: "location",
    latitude: Number(it?.latitude) || 0,
    longitude: Number(it?.longitude) || 0,
    name: text(it?.name),
    address: text(it?.address),
  };
}

function contact(card: any) {
  return {
    name: text(card?.name?.formatted_name) ?? text(card?.name?.first_name) ?? "",
    phone: text(list(card?.phones)[0]?.phone) ?? text(list(card?.phones)[0]?.wa_id),
    company: text(card?.org?.company),
  };
}

const MEDIA = ["image", "video", "audio", "document", "sticker"];

function isMedia(kind: unknown): kind is Media["kind"] {
  return typeof kind === "string" && MEDIA.includes(kind);
}

/** A file. Only what the server has itself is loaded; for a picture of another host it draws one in its place. */
function media(kind: Media["kind"], file: any, item: Item, isOnly = true): Media {
  const link = text(file?.link);
  const drawn = kind === "image" && link !== undefined ? `/api/v1/dev/picture?of=${encodeURIComponent(link)}` : undefined;
  const url = (isOnly ? own(item.media?.url) : undefined) ?? own(link) ?? drawn;
  return { kind, url, name: text(file?.filename), voice: file?.voice === true, bytes: isOnly ? item.media?.bytes : undefined };
}

/** A path of the page's own server. */
export function own(url: unknown): string | undefined {
  if (typeof url !== "string" || url === "") return undefined;
  if (url.startsWith("/") && !url.startsWith("//")) return url;
  const origin = typeof window === "undefined" ? "" : window.location.origin;
  return origin !== "" && url.startsWith(`${origin}/`) ? url : undefined;
}

function productOf(item: Item, sku: unknown): Product {
  const wanted = text(sku) ?? "";
  const known = item.products?.[wanted] ?? (item.product && (item.product.sku === wanted || !item.products) ? item.product : undefined);
  return known ?? { sku: wanted, name: wanted, price: "", stock: null };
}

const FIELDS = ["name", "phone_number", "in_pin_code", "address", "landmark_area", "city", "state"];

/** WhatsApp's own form of an address. Its labels are what the page calls them: `address.city`. */
export const ADDRESS = {
  screens: [
    {
      id: "ADDRESS",
      title: "",
      layout: { children: [...FIELDS.map((name) => ({ type: "TextInput", name, label: `address.${name}`, required: name === "name" })), { type: "Footer", label: "" }] },
    },
  ],
};

function list(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? `${value}` : undefined;
}

/** In a few words, for a preview or a quote. `named` says a kind in the reader's language. */
export function gist(shown: Bubble, named: (kind: string) => string): string {
  if (shown.words) return shown.words;
  if (shown.heading) return shown.heading;
  const main = shown.main;
  switch (main.kind) {
    case "media":
      return main.media.name ?? named(main.media.kind);
    case "product":
      return main.product.name;
    case "contacts":
      return main.cards[0]?.name ?? named("contact");
    case "location":
      return main.name ?? named("location");
    case "none":
    case "unknown":
      return named("message");
    default:
      return named(main.kind);
  }
}
