#!/usr/bin/env node
// A stand-in for `duka dev` to build and test the page against: it speaks the same requests and events, and plays a small
// part of the boutique by heart. It checks nothing and keeps nothing. `node mock/server.mjs [--port 4000] [--states 300]`
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { arabic, bySku, form, formMessage, gallery, hostile, products } from "./gallery.mjs";
import { boutiqueMap, wideMap } from "./map.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "../dist");
const shopFolder = join(here, "../../examples/boutique");
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const DAY = 24 * 3600 * 1000;

/** What customers may send, as the real one says it. */
const MEBIBYTE = 1024 * 1024;
const FILES = [
  { kind: "image", endings: ["jpg", "jpeg", "png"], most_bytes: 5 * MEBIBYTE },
  { kind: "video", endings: ["mp4", "3gp"], most_bytes: 16 * MEBIBYTE },
  { kind: "audio", endings: ["aac", "amr", "mp3", "m4a", "ogg"], most_bytes: 16 * MEBIBYTE },
  { kind: "document", endings: ["txt", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx"], most_bytes: 100 * MEBIBYTE },
];
const MIMES = { image: "image/jpeg", video: "video/mp4", audio: "audio/mp4", document: "application/octet-stream" };

const shop = {
  slug: "boutique",
  name: "Zuri Boutique",
  language: "en",
  languages: ["en", "sw", "ar"],
  currency: "KES",
  timezone: "Africa/Nairobi",
  numbers: ["254700000009"],
  channels: ["whatsapp", "messenger"],
  revision: "3f6c0a92d1b7",
  files: ["boutique.duka", "boutique.ar.duka", "boutique.sw.duka", "boutique.test.duka", "shop.yaml"],
};

function world(states) {
  const it = { shift: 0, running: true, seq: 0, event: 0, listeners: new Set(), log: [], customers: new Map(), drafts: new Map(), files: [], findings: [] };
  it.backend = { delay_ms: 0, down: false, reads: true, products: structuredClone(products), templates: ["cart_reminder", "receipt", "order_shipped", "order_delivered"].map((name) => ({ name, language: "en", status: "APPROVED", category: name === "cart_reminder" ? "MARKETING" : "UTILITY" })) };
  it.map = states ? wideMap(states) : boutiqueMap(shopFolder);
  it.now = () => Date.now() + it.shift;
  it.clock = () => ({ now: it.now(), shifted_by: it.shift, next_timer: it.now() + 22.5 * 3600 * 1000 });
  it.tell = (event, data) => {
    const line = `id: ${++it.event}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    it.log.push([it.event, line]);
    for (const listener of it.listeners) listener.write(line);
  };
  add(it, "Amina Odhiambo", "254700000001", "en");
  tale(it, add(it, "Gallery", "254700000002", "en"), gallery, 2 * DAY);
  tale(it, add(it, "ليلى حسن", "966500000003", "ar"), arabic, 3600_000);
  tale(it, add(it, "<b>Mallory</b> \u202Egnirts", "254700000004", "en"), hostile, 3600_000);
  return it;
}

function add(it, name, id, language, channel = "whatsapp") {
  const customer = { id, name, shop: shop.slug, channel, language, number: shop.numbers[0], window_until: null, handed_over: false, unread: 0, items: [], at: { flow: "boutique", state: "welcome" }, path: [], orders: [], bag: [] };
  it.customers.set(id, customer);
  return customer;
}

const card = ({ items, at, path, orders, bag, form: _form, item: _item, ...rest }) => rest;

function tale(it, customer, lines, before) {
  const from = it.now() - before;
  lines.forEach(([way, body, extras = {}], index) => {
    const { quotes, ...rest } = extras;
    const full = quotes ? { ...body, context: { id: `wamid.G${quotes}` } } : body;
    customer.items.push({ seq: ++it.seq, id: `wamid.G${index + 1}`, at: from + (index * before) / lines.length, way, body: full, status: way === "out" ? "read" : "read", ...rest, ...(way === "out" ? { why: why("gallery") } : {}) });
  });
  customer.window_until = it.now() + 7.2 * 3600 * 1000;
}

const LINES = { welcome: 70, categories: 82, products: 89, product: 96, bag: 163, checkout: 199, confirm: 225, pay: 238, thanks: 262 };
const followed = (on, line) => ({ name: "follow order", on, line: { file: "boutique.duka", line } });
const FOLLOWED = { pay: followed("on payment.paid", 357), ship: followed("on order.shipped", 361), deliver: followed("on order.delivered", 363) };
const why = (state) => ({ flow: "boutique", state, line: { file: "boutique.duka", line: LINES[state] ?? 70 }, guards: state === "product" ? [{ text: "item.stock > 0", value: "yes" }, { text: "cart.count > 0", value: "no" }] : [], data_age_ms: 180, window: "inside", category: "service", cost: "free_customer_service" });

function put(it, customer, way, body, extras = {}) {
  const item = { seq: ++it.seq, id: `wamid.${it.seq}`, at: it.now(), way, body, status: way === "in" ? "sent" : "sent", ...extras };
  customer.items.push(item);
  it.tell("item", { customer: customer.id, item });
  const later = (status, ms) => setTimeout(() => { item.status = status; it.tell("item", { customer: customer.id, item }); }, ms);
  later("delivered", 60);
  later("read", way === "in" ? 160 : 600);
  return item;
}

const reply = (id, title) => ({ type: "reply", reply: { id, title } });
const ask = (body, ...choices) => ({ type: "interactive", interactive: { type: "button", body: { text: body }, action: { buttons: choices.map(([id, title]) => reply(id, title)) } } });
const priceOf = (text) => Number(text.replace(/\D/g, ""));
const money = (sum) => `KES ${sum.toLocaleString("en-US")}`;
const total = (it, customer) => customer.bag.reduce((sum, one) => sum + one.quantity * priceOf(it.backend.products.find((p) => p.sku === one.sku)?.price ?? "0"), 0);

/** The boutique, as far as it is known by heart. */
function step(it, customer, said) {
  if (!it.running) return;
  const go = (state) => { customer.path.push({ flow: "boutique", state, at: it.now() }); customer.at = { flow: "boutique", state }; };
  const out = (state, body, extras = {}) => put(it, customer, "out", body, { why: why(state), ...extras });
  const find = (sku) => it.backend.products.find((one) => one.sku === sku);
  const [what, arg] = said.split(":");
  const bag = () => {
    go("bag");
    const lines = customer.bag.map((one) => `• ${one.quantity} × ${find(one.sku)?.name}`).join("\n");
    out("bag", ask(`*Your bag*\n${lines}\nTotal *${money(total(it, customer))}*\nDelivery is free from KES 5,000.`, ["checkout", "Check out"], ["shop", "Keep shopping"]));
  };
  switch (what) {
    case "shop":
      go("categories");
      out("categories", { type: "interactive", interactive: { type: "list", body: { text: "What are you looking for?" }, action: { button: "See categories", sections: [{ rows: [{ id: "cat:dresses", title: "Dresses", description: "3 items" }, { id: "cat:shoes", title: "Shoes", description: "1 item" }, { id: "search", title: "Search by name" }] }] } } });
      break;
    case "cat":
      go("products");
      out("products", { type: "interactive", interactive: { type: "list", body: { text: "Dresses: this is what we have right now." }, action: { button: "See products", sections: [{ rows: it.backend.products.slice(0, 4).map((one) => ({ id: `item:${one.sku}`, title: one.name.slice(0, 24), description: `${one.price}, ${one.stock ? `${one.stock} left` : "sold out"}` })) }] } } });
      break;
    case "item": {
      go("product");
      const one = find(arg) ?? find("D-101");
      customer.item = one.sku;
      out("product", { type: "interactive", interactive: { type: "button", header: { type: "image", image: { link: "https://zuri.example/p.jpg" } }, body: { text: `*${one.name}*\n${one.price}\n${one.stock} left` }, action: { buttons: [reply("add", "Add to bag"), reply("shop", "More choices")] } } }, { media: { url: one.image, mime: "image/svg+xml" } });
      break;
    }
    case "add":
      customer.bag.push({ sku: customer.item ?? "D-101", quantity: 1 });
      bag();
      break;
    case "bag":
      bag();
      break;
    case "checkout":
      go("address");
      out("checkout", { type: "interactive", interactive: formMessage }, { form });
      break;
    case "form":
      go("confirm");
      out("confirm", ask(`*Please check your order*\nDelivery: KES 300\n*Total ${money(total(it, customer) + 300)}*`, ["pay", "Pay"], ["bag", "Change my bag"]));
      break;
    case "pay": {
      go("pay");
      const order = { reference: `Z-${1050 + customer.orders.length}`, state: "held", total: money(total(it, customer) + 300), actions: ["pay", "fail", "expire"] };
      customer.orders.unshift(order);
      out("pay", { type: "interactive", interactive: { type: "cta_url", body: { text: `Total *${order.total}*. Pay on the secure page. Please never send card numbers in this chat.` }, action: { name: "cta_url", parameters: { display_text: "Pay securely", url: `${it.address}/mock/pay` } } } });
      break;
    }
    default:
      go("welcome");
      out("welcome", ask("Karibu Amina! Welcome to *Zuri Boutique*. How can we help?", ["shop", "Shop"], ["track", "Track my order"], ["help", "Help"]));
  }
  it.tell("place", { customer: customer.id, place: place(it, customer) });
}

const place = (it, customer) => ({
  ...customer.at,
  path: customer.path.slice(-50),
  values: [
    { name: "cart.count", value: `${customer.bag.length}`, kind: "number" },
    { name: "cart.total", value: money(total(it, customer)), kind: "money" },
    { name: "item", value: customer.item ?? "none", kind: "product" },
    { name: "customer.first_name", value: customer.name.split(" ")[0], kind: "text" },
  ],
  timers: customer.path.length ? [{ at: it.now() + 22.5 * 3600 * 1000, kind: "quiet", length_ms: 23 * 3600 * 1000 }] : [],
  orders: customer.orders,
});

function say(it, customer, what) {
  const inbound = (body, answered) => put(it, customer, "in", answered ? { ...body, context: { id: answered } } : body);
  customer.window_until = it.now() + DAY;
  it.tell("customers", [...it.customers.values()].map(card));
  let said = "hello";
  if (what.text !== undefined) {
    inbound({ type: "text", text: { body: what.text } }, what.reply_to);
    said = /bag/i.test(what.text) ? "bag" : "hello";
  } else if (what.button !== undefined) {
    inbound({ type: "interactive", interactive: { type: "button_reply", button_reply: { id: what.button, title: what.title } } }, what.message);
    said = what.button;
  } else if (what.list !== undefined) {
    inbound({ type: "interactive", interactive: { type: "list_reply", list_reply: { id: what.list, title: what.title, description: what.description } } }, what.message);
    said = what.list;
  } else if (what.quick !== undefined) inbound({ type: "button", button: { payload: what.quick, text: what.title } }, what.message);
  else if (what.location) inbound({ type: "location", location: what.location });
  else if (what.file) {
    const { kind, name, caption, bytes } = what.file;
    const id = it.files.push({ mime: MIMES[kind], bytes }) - 1;
    const item = { type: kind, [kind]: { id: `${id}`, mime_type: MIMES[kind], filename: name, caption, voice: kind === "audio" } };
    put(it, customer, "in", item, { media: { url: `/api/v1/dev/media/${id}`, mime: MIMES[kind], bytes: bytes.length } });
  }
  else if (what.order) {
    const items = what.order.items.map((one) => ({ product_retailer_id: one.sku, quantity: one.quantity, item_price: priceOf(bySku[one.sku]?.price ?? "0"), currency: "KES" }));
    inbound({ type: "order", order: { ...what.order, items: undefined, product_items: items } }).products = bySku;
    customer.bag = what.order.items;
    said = "bag";
  } else if (what.form) {
    inbound({ type: "interactive", interactive: { type: "nfm_reply", nfm_reply: { name: "flow", response_json: JSON.stringify({ flow_token: "t", ...what.form.values }) } } }, what.form.message);
    said = "form";
  } else if (what.reaction) {
    inbound({ type: "reaction", reaction: { message_id: what.reaction.message, emoji: what.reaction.emoji } });
    return;
  } else inbound({ type: "contacts", contacts: [{ name: { formatted_name: customer.name }, phones: [{ phone: `+${customer.id}` }] }] });
  if (customer.handed_over) return;
  it.tell("typing", { customer: customer.id, on: true });
  setTimeout(() => step(it, customer, said), 25 + it.backend.delay_ms);
}

/** The shop's person takes over, answers, and gives back. */
function person(it, customer, { action, text }) {
  if (customer.handed_over === (action === "open")) return false;
  if (action === "reply") put(it, customer, "out", { type: "text", text: { body: text } }, { why: { person: true, flow: "", state: "", guards: [], window: "inside" } });
  else {
    customer.handed_over = action === "open";
    it.tell("customers", [...it.customers.values()].map(card));
    if (action === "close") step(it, customer, "hello");
  }
  return true;
}

const chat = [
  { way: "in", text: '"hi"' },
  { way: "out", text: 'welcome: "Karibu Amina! How can we help?" [Shop] [Track my order] [Help]' },
  { way: "in", text: "taps [Shop]" },
  { way: "out", text: 'categories: "What are you looking for?" [See categories]' },
  { way: "in", text: "is quiet for 26 hours" },
  { way: "out", text: 'remind: "Your bag is still here."  <- the window closed 2 hours ago' },
];

function findings(path, text) {
  const found = [];
  text.split("\n").forEach((line, index) => {
    const at = { file: path, line: index + 1, end_line: index + 1 };
    const typo = line.indexOf("chekout");
    if (typo >= 0) found.push({ code: "D104", severity: "error", message: "There is no state called `chekout`.", help: "Did you mean `checkout`?", ...at, column: typo + 1, end_column: typo + 8 });
    const late = line.indexOf("say: Your bag is still here.");
    if (late >= 0) found.push({ code: "D602", severity: "error", message: "Free text may be sent 26 hours after the customer's last message. WhatsApp will refuse it: the window is 24 hours.", help: "Move these words into a template and use `send`.", ...at, column: late + 1, end_column: line.length + 1, chat });
  });
  return found;
}

const LEVERS = {
  restart(it) {
    it.running = false;
    it.tell("running", { running: false });
    setTimeout(() => { it.running = true; it.tell("running", { running: true }); }, 400);
    return "The server was killed and started again on the same database.";
  },
  duplicate: () => "The last webhook was delivered again; nothing happened twice.",
  swap: () => "The last two webhooks were delivered in the other order.",
  statuses(it, body) { it.backend.reads = body.read; it.tell("backend", it.backend); return body.read ? "Phones tell what was read." : "Phones do not tell what was read."; },
  backend(it, body) { Object.assign(it.backend, body); it.tell("backend", it.backend); return it.backend.down ? "The backend is down." : "The backend answers."; },
  product(it, body) { Object.assign(it.backend.products.find((one) => one.sku === body.sku) ?? {}, body); it.tell("backend", it.backend); return `${body.sku} was changed.`; },
  template(it, body) { for (const one of it.backend.templates) if (one.name === body.name) one.status = body.status; it.tell("backend", it.backend); return `${body.name} is ${body.status.toLowerCase()} now.`; },
  order(it, body) {
    const NEXT = { pay: ["paid", ["ship"]], fail: ["payment failed", ["pay", "expire"]], expire: ["expired", []], ship: ["shipped", ["deliver"]], deliver: ["delivered", []] };
    for (const customer of it.customers.values()) {
      const order = customer.orders.find((one) => one.reference === body.reference);
      if (!order) continue;
      [order.state, order.actions] = NEXT[body.action];
      if (body.action === "pay") order.paid = "paid";
      if (body.action === "ship") order.tracking = "RD-77";
      const words = { pay: ["receipt", `Asante Amina! Order ${order.reference} is paid: ${order.total}.`], ship: ["order_shipped", `Good news Amina, order ${order.reference} is on its way.`], deliver: ["order_delivered", `Order ${order.reference} has been delivered. We hope you love it!`] }[body.action];
      if (words) put(it, customer, "out", { type: "template", template: { name: words[0], language: { code: "en" } } }, { template: { body: words[1], category: "UTILITY", buttons: [{ type: "QUICK_REPLY", text: "Track my order" }] }, why: { ...why(""), follow: FOLLOWED[body.action], window: "template", category: "utility" } });
      it.tell("place", { customer: customer.id, place: place(it, customer) });
    }
    return `${body.reference}: ${body.action}`;
  },
};

async function answer(it, request, response) {
  const url = new URL(request.url, "http://localhost");
  const send = (status, value, type = "application/json") => {
    response.writeHead(status, { "content-type": type, "content-security-policy": POLICY, "cache-control": "no-cache", "x-content-type-options": "nosniff" });
    response.end(type === "application/json" ? JSON.stringify(value) : value);
  };
  const refuse = (status, code, message) => send(status, { error: { code, message } });
  if (url.pathname.startsWith("/mock/")) return mockFile(url.pathname, send);
  if (!url.pathname.startsWith("/api/v1/dev")) {
    const path = normalize(url.pathname === "/" ? "/index.html" : url.pathname);
    const bytes = await readFile(join(dist, path)).catch(() => undefined);
    return bytes ? send(200, bytes, TYPES[extname(path)] ?? "application/octet-stream") : refuse(404, "not_found", "There is no such page.");
  }
  const parts = url.pathname.slice("/api/v1/dev".length).split("/").filter(Boolean).map(decodeURIComponent);
  if (parts[4] === "file") {
    const customer = it.customers.get(parts[3]);
    say(it, customer, { file: { kind: url.searchParams.get("kind"), name: url.searchParams.get("name") ?? undefined, caption: url.searchParams.get("caption") ?? undefined, bytes: await whole(request) } });
    return send(202, {});
  }
  if (parts[0] === "media") {
    const file = it.files[Number(parts[1])];
    return file ? send(200, file.bytes, file.mime) : refuse(404, "absent", "There is no such file.");
  }
  const body = request.method === "GET" ? {} : JSON.parse((await text(request)) || "{}");
  const [first, , kind, id, leaf] = parts;
  if (parts.length === 0) return send(200, { version: "mock", began_ms: 1, shops: [{ ...shop, findings: it.findings }], clock: it.clock(), running: it.running, files: FILES });
  if (first === "picture") return url.searchParams.get("of").includes("none") ? refuse(404, "not_found", "") : mockFile(`/mock/${(/([\w-]+)\.(jpg|png|svg)$/.exec(url.searchParams.get("of")) ?? [])[1] in COLOURS ? /([\w-]+)\.\w+$/.exec(url.searchParams.get("of"))[1] : "t-201"}.svg`, send);
  if (first === "stream") return listen(it, request, response);
  if (first === "clock") {
    it.shift = body.reset ? 0 : it.shift + (body.advance ?? 22.5 * 3600 * 1000);
    it.tell("clock", it.clock());
    return send(200, it.clock());
  }
  if (kind === "customers" && id === undefined) {
    if (request.method === "GET") return send(200, [...it.customers.values()].map(card));
    const customer = add(it, body.name ?? `Customer ${it.customers.size + 1}`, `2547${String(10000000 + it.customers.size)}`, body.language, body.channel);
    it.tell("customers", [...it.customers.values()].map(card));
    return send(200, card(customer));
  }
  if (kind === "customers") {
    const customer = it.customers.get(id);
    if (!customer) return refuse(404, "not_found", "There is no such customer.");
    if (leaf === "thread") return send(200, customer.items);
    if (leaf === "place") return send(200, place(it, customer));
    if (leaf === "person") return person(it, customer, body) ? send(200, { said: `${customer.name}: ${body.action}` }) : refuse(422, "wrong", "The flow has this conversation. Take it over first.");
    if (leaf === "record") return send(200, { file: "boutique.test.duka", text: `test ${body.name}` });
    say(it, customer, body);
    return send(202, {});
  }
  if (kind === "map") return send(200, it.map);
  if (kind === "backend") return send(200, it.backend);
  if (kind === "levers") return LEVERS[id] ? send(200, { said: LEVERS[id](it, body) }) : refuse(404, "not_found", "There is no such lever.");
  if (kind === "check") return send(200, findings(body.path, body.text));
  if (kind === "explore") {
    const [flow] = it.map.flows;
    const uncovered = { states: flow.states.slice(-3).map((one) => one.id), edges: flow.edges.slice(-5).map((one) => [one.from, one.to]) };
    return send(200, { uncovered, failing: 0, left: uncovered.edges.map(([from, to]) => ({ owner: from.replace(/^.*[/]/, ""), by: { code: "line", about: `-> ${to.replace(/^.*[/]/, "")}` } })), ...(body.write ? { tests_written: "explored.test.duka" } : {}) });
  }
  if (kind === "files") {
    const path = parts.slice(3).join("/");
    const known = it.drafts.get(path) ?? (await readFile(join(shopFolder, normalize(`/${path}`)), "utf8").catch(() => undefined));
    if (known === undefined) return refuse(404, "not_found", "There is no such file.");
    if (request.method === "GET") return send(200, { text: known, sha: sha(known) });
    if (body.sha !== sha(known)) return refuse(409, "changed", "The file was changed meanwhile.");
    it.drafts.set(path, body.text);
    it.findings = findings(path, body.text);
    const bad = it.findings.length > 0;
    it.tell("findings", it.findings);
    it.tell("flow", { shop: shop.slug, said: bad ? `${path} has ${it.findings.length} errors: the last good version goes on.` : `${path} was read again; the conversation stays where it is.`, ok: !bad });
    return send(200, { sha: sha(body.text) });
  }
  refuse(404, "not_found", "There is nothing here.");
}

const sha = (words) => `${[...words].reduce((sum, one) => (sum * 33 + one.codePointAt(0)) % 2 ** 31, 7)}`;
const whole = async (request) => { const out = []; for await (const chunk of request) out.push(chunk); return Buffer.concat(out); };
const text = async (request) => { let out = ""; for await (const chunk of request) out += chunk; return out; };

function listen(it, request, response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(": hello\n\n");
  const last = Number(request.headers["last-event-id"] ?? it.event);
  for (const [number, line] of it.log) if (number > last) response.write(line);
  it.listeners.add(response);
  request.on("close", () => it.listeners.delete(response));
}

const COLOURS = { "d-101": ["#d9822b", "#7a2e39"], "d-102": ["#3b5998", "#16233f"], "d-103": ["#5aa9e6", "#1f3c88"], "t-201": ["#e0a458", "#7f5539"], "s-301": ["#8d5a3b", "#e9c46a"] };

function mockFile(path, send) {
  const name = path.slice("/mock/".length).replace(".svg", "");
  const [a, b] = COLOURS[name] ?? [];
  if (!a) return name === "pay" ? send(200, "<!doctype html><title>Pay</title><h1>Demo payment page</h1>", TYPES[".html"]) : send(404, "", "text/plain");
  const dress = name.startsWith("d") || name.startsWith("t") ? "M120 70l30 14 30-14 26 40-22 14v86h-68v-86l-22-14z" : "M90 170c30-6 50-60 60-60s34 40 70 44c14 2 14 22 0 24H96z";
  send(200, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 260"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#f6efe6"/><stop offset="1" stop-color="#e6d8c6"/></linearGradient><pattern id="p" width="18" height="18" patternUnits="userSpaceOnUse" patternTransform="rotate(30)"><rect width="18" height="18" fill="${a}"/><circle cx="9" cy="9" r="5" fill="${b}"/></pattern></defs><rect width="300" height="260" fill="url(#g)"/><path d="${dress}" fill="url(#p)"/></svg>`, "image/svg+xml");
}

/** Starts one on a port (0: any); `close()` ends it. */
export function start({ port = 0, states = 0 } = {}) {
  const it = world(states);
  const server = createServer((request, response) => {
    answer(it, request, response).catch((error) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: "mock", message: `${error}` } }));
    });
  });
  return new Promise((done) => {
    server.listen(port, "127.0.0.1", () => {
      it.address = `http://127.0.0.1:${server.address().port}`;
      done({ address: it.address, close: () => { server.closeAllConnections(); server.close(); } });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const value = (name, otherwise) => Number(process.argv[process.argv.indexOf(name) + 1] || otherwise);
  const has = (name) => process.argv.includes(name);
  const { address } = await start({ port: has("--port") ? value("--port", 4000) : 4000, states: has("--states") ? value("--states", 300) : 0 });
  console.log(`The page with a played shop: ${address}`);
}
