// What the page knows. Changed by what the server says and by the few things that are the page's own: which phones are
// open, what is folded, which language and colours. Holds no truth of a conversation that the server does not hold.
import { create } from "zustand";

import { Refused, server, stream } from "./api/client";
import type { Act, Backend, Clock, Customer, FileKind, Finding, FlowMap, Home, Item, Place, Reloaded, Say, Shop } from "./api/types";
import { keepPhones, keptPhones } from "./visit";
import { direction, isLanguage, speaker, spoken, type Language } from "./words";
import { acted, pulled, refused, reloaded as heardOf, speaksServer } from "./words/said";

export type Theme = "auto" | "light" | "dark";
export type Pane = "map" | "file" | "journal" | "person" | "levers" | "backend" | "values" | "orders" | "timers";
export type Spot = { file: string; line: number; column?: number; nonce: number };
export type Note = { key: number; kind: "said" | "error"; text: string; ofFlow: boolean };

export type Studio = {
  home?: Home;
  shop?: Shop;
  connected: boolean;
  running: boolean;
  clock: Clock;
  /** When the clock was told, by this computer. */
  clockHeard: number;
  customers: Customer[];
  /** Customers whose phones are open, in their order. */
  open: string[];
  active: string;
  threads: Record<string, Item[]>;
  typing: Record<string, boolean>;
  places: Record<string, Place>;
  /** What a phone itself speaks, where that was chosen; otherwise as its conversation. */
  phoneLanguages: Record<string, Language>;
  map?: FlowMap;
  /** Raised whenever the flow was read again. */
  flowRead: number;
  findings: Finding[];
  backend?: Backend;
  notes: Note[];
  /** The message whose reason is shown. */
  asked?: { customer: string; seq: number };
  /** Whom somebody wants to answer as the shop, until they can. */
  answering?: string;
  /** A finding whose conversation is played. */
  played?: Finding;
  /** Where the file shall be opened. */
  spot?: Spot;
  /** The state that the map shall show. */
  look?: { state: string; nonce: number };
  language: Language;
  theme: Theme;
  folded: Partial<Record<Pane, boolean>>;
};

const KEPT = "duka.page";

type Kept = Pick<Studio, "language" | "theme" | "folded">;

function kept(): Kept {
  let read: any = {};
  try {
    read = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    // Kept by another version, or storage is off: the page starts as new.
  }
  const wanted = new URLSearchParams(location.search).get("lang") ?? undefined;
  return {
    language: isLanguage(wanted) ? wanted : isLanguage(read.language) ? read.language : spoken(navigator.languages),
    theme: ["light", "dark"].includes(read.theme) ? read.theme : "auto",
    folded: typeof read.folded === "object" && read.folded ? read.folded : {},
  };
}

const PHONES = "duka.phones";

/** Of this visit: the customers of another one are others under the same numbers. */
function chosenLanguages(): Record<string, Language> {
  try {
    return JSON.parse(sessionStorage.getItem(PHONES) ?? "{}");
  } catch {
    return {};
  }
}

export const useStudio = create<Studio>(() => ({
  connected: true,
  running: true,
  clock: { now: Date.now(), shifted_by: 0, next_timer: null },
  clockHeard: Date.now(),
  customers: [],
  open: [],
  active: "",
  threads: {},
  typing: {},
  places: {},
  phoneLanguages: chosenLanguages(),
  flowRead: 0,
  findings: [],
  notes: [],
  ...kept(),
}));

const set = useStudio.setState;
const get = useStudio.getState;

/** No version of the flow was good yet: there is nobody to answer. */
export function isNotOpen(now: Studio): boolean {
  return now.shop?.revision === "";
}

/** The shop's time now. */
export function shopNow(): number {
  const { clock, clockHeard } = get();
  return clock.now + (Date.now() - clockHeard);
}

// ---- what is kept between visits

export function prefer(change: Partial<Kept>) {
  set(change);
  const { language, theme, folded } = get();
  try {
    localStorage.setItem(KEPT, JSON.stringify({ language, theme, folded }));
  } catch {
    // Storage is off: the choice holds for this visit.
  }
  dress();
}

export function fold(pane: Pane, folded: boolean) {
  prefer({ folded: { ...get().folded, [pane]: folded } });
}

/** Language, direction and colours of the document. */
export function dress() {
  const { language, theme } = get();
  const root = document.documentElement;
  root.lang = language;
  root.dir = direction(language);
  const isDark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = isDark ? "dark" : "light";
}

// ---- notes

let noteKey = 0;

export function note(text: string, kind: Note["kind"] = "said", ofFlow = false) {
  if (text.trim() === "") return;
  const key = ++noteKey;
  set((now) => ({ notes: [...now.notes.filter((one) => one.text !== text), { key, kind, text, ofFlow }].slice(-4) }));
  setTimeout(() => dismiss(key), kind === "error" ? 12_000 : 6_000);
}

export function dismiss(key: number) {
  set((now) => ({ notes: now.notes.filter((one) => one.key !== key) }));
}

/** Runs something that the server may refuse; a refusal becomes a note, and `undefined`. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    note(whyNot(error), "error");
    return undefined;
  }
}

/** Why something was not done, in the page's own language. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Refused)) return error instanceof Error ? error.message : String(error);
  const { language } = get();
  return refused(error, speaker(language), speaksServer(language)) ?? error.message;
}

// ---- the shop

let hangUp: (() => void) | undefined;

export async function start() {
  const home = await attempt(() => server.home());
  if (!home) {
    set({ connected: false });
    setTimeout(start, 1000);
    return;
  }
  await begin(home);
}

/** Enters the shop that one was in, or the first. */
async function begin(home: Home) {
  set({ home, running: home.running, connected: true });
  hearClock(home.clock);
  const wanted = new URLSearchParams(location.search).get("shop");
  const shop = home.shops.find((one) => one.slug === wanted) ?? home.shops[0];
  if (shop) await enter(shop);
}

export async function enter(told: Shop) {
  const shop = { ...told, timezone: zone(told.timezone) };
  hangUp?.();
  stayIn(shop.slug);
  set({ shop, findings: shop.findings ?? [], customers: [], open: [], active: "", threads: {}, typing: {}, places: {}, map: undefined, backend: undefined, played: undefined, asked: undefined, spot: undefined });
  listen(shop.slug);
  await Promise.all([firstPhone(shop.slug), readMap(), readBackend()]);
}

/** A reload of the page stays in the shop that was chosen. */
function stayIn(shop: string) {
  if ((get().home?.shops.length ?? 0) < 2) return;
  const address = new URL(location.href);
  address.searchParams.set("shop", shop);
  history.replaceState(null, "", address);
}

/** Those that were open before a reload, or the first. */
async function firstPhone(shop: string) {
  const customers = (await attempt(() => server.customers(shop))) ?? [];
  const kept = keptPhones(shop);
  const known = kept.open.filter((id) => customers.some((one) => one.id === id));
  const open = known.length > 0 ? known : customers.slice(0, 1).map((one) => one.id);
  set({ customers, open, active: open.includes(kept.active) ? kept.active : (open[0] ?? "") });
  await Promise.all(open.map(read));
}

useStudio.subscribe((now, before) => {
  if (now.shop && now.active !== "" && (now.open !== before.open || now.active !== before.active)) keepPhones(now.shop.slug, { open: now.open, active: now.active });
});

/** A time zone that this browser knows; otherwise its own. */
function zone(name: string | undefined): string | undefined {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function listen(shop: string) {
  let ended = false;
  let close = () => {};
  let wasLost = false;
  const connect = () => {
    close = stream(shop, hear, (on) => {
      set({ connected: on });
      if (on && wasLost) void refresh();
      wasLost = !on;
      if (!on && !ended) {
        close();
        setTimeout(() => !ended && connect(), 700);
      }
    });
  };
  connect();
  hangUp = () => {
    ended = true;
    close();
  };
}

/** After a break everything that is shown is asked for anew. */
async function refresh() {
  const { shop, open, home: before } = get();
  if (!shop) return;
  const told = ++findingsTold;
  const home = await attempt(() => server.home());
  // What was saved meanwhile was not heard.
  if (home) set((now) => ({ flowRead: now.flowRead + 1 }));
  if (home && home.began_ms !== before?.began_ms) {
    note(speaker(get().language)("bench.anew"));
    return begin(home);
  }
  if (home) {
    hearClock(home.clock);
    set({ running: home.running });
    hearShop(home, told);
  }
  const customers = await attempt(() => server.customers(shop.slug));
  // Whoever ended to type meanwhile was not heard.
  if (customers) set({ customers, typing: {} });
  await Promise.all([...open.map(read), readBackend(), readMap()]);
}

export async function read(id: string) {
  const shop = get().shop?.slug ?? "";
  const [thread, place] = await Promise.all([
    attempt(() => server.thread(shop, id)),
    server.place(shop, id).catch(() => undefined),
  ]);
  set((now) => ({
    threads: thread ? { ...now.threads, [id]: merged(thread, now.threads[id] ?? []) } : now.threads,
    places: place ? { ...now.places, [id]: place } : now.places,
  }));
}

/** What was read, with what the stream brought meanwhile. */
function merged(read: Item[], heard: Item[]): Item[] {
  const known = new Set(read.map((item) => item.seq));
  return [...read, ...heard.filter((item) => !known.has(item.seq))];
}

/** How often the map was asked for, and what is found was told: an older answer that comes late is not taken. */
let mapAsked = 0;
let findingsTold = 0;

export async function readMap() {
  const shop = get().shop?.slug;
  const mine = ++mapAsked;
  const map = shop === undefined ? undefined : await server.map(shop).catch(() => undefined);
  if (map && mine === mapAsked) set({ map });
}

/** What runs of the shop, which files it has, and what is found in them. */
export async function readShop() {
  const told = ++findingsTold;
  const home = await server.home().catch(() => undefined);
  if (home) hearShop(home, told);
}

/** `told`: how often findings had been told when it was asked for. */
function hearShop(home: Home, told: number) {
  set({ home });
  const again = home.shops.find((one) => one.slug === get().shop?.slug);
  if (!again) return;
  set({ shop: { ...again, timezone: zone(again.timezone) } });
  if (told === findingsTold) set({ findings: again.findings ?? [] });
}

export async function readBackend() {
  const shop = get().shop?.slug;
  const backend = shop === undefined ? undefined : await server.backend(shop).catch(() => undefined);
  if (backend) set({ backend });
}

function hearClock(clock: Clock) {
  set({ clock, clockHeard: Date.now() });
}

function hear(event: string, data: any) {
  switch (event) {
    case "item":
      hearItem(data.customer, data.item);
      break;
    case "typing":
      hearTyping(data.customer, data.on === true);
      break;
    case "place":
      set((now) => ({ places: { ...now.places, [data.customer]: data.place } }));
      break;
    case "clock":
      hearClock(data);
      break;
    case "running":
      hearRunning(data.running === true);
      break;
    case "backend":
      set({ backend: data });
      break;
    case "customers":
      set((now) => ({ customers: sameWhereSame(now.customers, data) }));
      if (get().open.length === 0 && data[0]) show(data[0].id);
      break;
    case "findings":
      findingsTold += 1;
      // A save that changes no flow (a remark, say) is told of only here: the file is read again.
      set((now) => ({ findings: data, flowRead: now.flowRead + 1 }));
      // So are the shop's name, its list of files, and the products that its fixture has.
      void readShop();
      void readBackend();
      break;
    case "flow":
      hearFlow(data);
      break;
    case "reset":
      void refresh();
      break;
  }
}

/** As on a handset, nobody types for longer than this without a word. */
const TYPES_MS = 25_000;
const typists = new Map<string, ReturnType<typeof setTimeout>>();

function hearTyping(customer: string, on: boolean) {
  clearTimeout(typists.get(customer));
  if (on) typists.set(customer, setTimeout(() => hearTyping(customer, false), TYPES_MS));
  set((now) => ({ typing: { ...now.typing, [customer]: on } }));
}

/** The same objects where nothing changed, so that nothing is drawn anew. */
function sameWhereSame<T extends { id: string }>(known: T[], told: T[]): T[] {
  return told.map((one) => {
    const before = known.find((other) => other.id === one.id);
    return before && JSON.stringify(before) === JSON.stringify(one) ? before : one;
  });
}

/** What could not be asked while the server was down is asked now. */
function hearRunning(running: boolean) {
  set({ running });
  if (!running) return;
  void readBackend();
  void readShop();
  if (!get().map) void readMap();
}

function hearItem(customer: string, item: Item) {
  set((now) => {
    const thread = now.threads[customer] ?? [];
    const at = thread.findIndex((one) => one.seq === item.seq);
    const next = at === -1 ? [...thread, item] : thread.with(at, item);
    // Only a new message ends it: an earlier one that is read meanwhile does not.
    const isTyping = at === -1 && item.way === "out" ? false : now.typing[customer];
    return {
      threads: { ...now.threads, [customer]: next },
      typing: { ...now.typing, [customer]: isTyping === true },
      customers: at === -1 ? preview(now, customer, item) : now.customers,
    };
  });
}

function preview(now: Studio, id: string, item: Item): Customer[] {
  return now.customers.map((one) => {
    if (one.id !== id || item.way === "in") return one;
    const isSeen = now.open.includes(id);
    return { ...one, unread: isSeen ? 0 : one.unread + 1 };
  });
}

function hearFlow(reloaded: Reloaded) {
  const { shop } = get();
  if (reloaded.shop !== undefined && shop && reloaded.shop !== shop.slug) return;
  // What was wrong before is mended, or told anew.
  set((now) => ({ notes: now.notes.filter((one) => !one.ofFlow) }));
  note(speaksServer(get().language) ? (reloaded.said ?? "") : heardOf(reloaded, speaker(get().language)), reloaded.ok === false ? "error" : "said", true);
  set((now) => ({
    flowRead: now.flowRead + 1,
    shop: now.shop && reloaded.revision ? { ...now.shop, revision: reloaded.revision, behind: reloaded.ok === false } : now.shop,
  }));
  void readMap();
  void readShop();
}

// ---- phones

export function show(id: string) {
  const { open, threads } = get();
  set((now) => ({
    open: open.includes(id) ? open : [...open.filter((one) => one !== now.active), id],
    active: id,
    customers: now.customers.map((one) => (one.id === id ? { ...one, unread: 0 } : one)),
  }));
  if (!threads[id]) void read(id);
}

export function showBeside(id: string) {
  const { open, threads } = get();
  if (!open.includes(id)) set({ open: [...open, id] });
  set((now) => ({ active: id, customers: now.customers.map((one) => (one.id === id ? { ...one, unread: 0 } : one)) }));
  if (!threads[id]) void read(id);
}

export function hide(id: string) {
  set((now) => {
    const open = now.open.filter((one) => one !== id);
    return { open, active: now.active === id ? (open[0] ?? "") : now.active };
  });
}

/** `language`: of the phone itself. Which one the shop speaks is found out as with every customer, by what is written. */
export async function addCustomer({ language, ...wanted }: { name?: string; language?: string; number?: string }) {
  const shop = get().shop?.slug ?? "";
  const customer = await attempt(() => server.addCustomer(shop, wanted));
  if (!customer) return;
  if (isLanguage(language)) {
    set((now) => ({ phoneLanguages: { ...now.phoneLanguages, [customer.id]: language } }));
    try {
      sessionStorage.setItem(PHONES, JSON.stringify(get().phoneLanguages));
    } catch {
      // Storage is off: it holds until the page is loaded anew.
    }
  }
  set((now) => ({ customers: [...now.customers.filter((one) => one.id !== customer.id), customer] }));
  showBeside(customer.id);
}

/** True when the server took it; what comes of it arrives in the stream. */
export async function say(customer: string, what: Say): Promise<boolean> {
  const shop = get().shop?.slug ?? "";
  return (await attempt(() => server.say(shop, customer, what).then(() => true))) === true;
}

/** The same with a file. Without one, a small one of the server's own. */
export async function sendFile(customer: string, kind: FileKind, file?: Blob, more?: { name?: string; caption?: string }): Promise<boolean> {
  const shop = get().shop?.slug ?? "";
  return (await attempt(() => server.file(shop, customer, kind, file, more).then(() => true))) === true;
}

// ---- the shop's person

/** True when it was done; what comes of it arrives in the stream. */
export async function act(customer: string, what: Act): Promise<boolean> {
  const shop = get().shop?.slug ?? "";
  const answer = await attempt(() => server.act(shop, customer, what));
  // What was written stands in the phone: that says enough.
  if (answer && what.action !== "reply") noteDone(answer.said, acted(what.action, get().customers.find((one) => one.id === customer)?.name ?? customer));
  return answer !== undefined;
}

/** Goes to where one answers a customer as the shop. */
export function answerAsShop(customer: string) {
  fold("person", false);
  set({ active: customer, answering: customer });
}

// ---- levers

export async function pull(name: string, body: object = {}) {
  const shop = get().shop?.slug ?? "";
  const answer = await attempt(() => server.lever(shop, name, body));
  if (answer) noteDone(answer.said, pulled(name, body));
  return answer;
}

/** What was done: as the server says it, or in the page's own language. */
function noteDone(said: string | undefined, own: ReturnType<typeof pulled>) {
  const { language } = get();
  note(own && !speaksServer(language) ? speaker(language)(...own) : (said ?? ""));
}

export async function turnClock(how: Parameters<typeof server.clock>[0]) {
  const clock = await attempt(() => server.clock(how));
  if (clock && typeof clock.now === "number") hearClock(clock);
}

let nonce = 0;

export function goTo(file: string, line: number, column?: number) {
  fold("file", false);
  set({ spot: { file, line, column, nonce: ++nonce } });
}

/** Shows a state on the map. */
export function lookAt(state: string) {
  fold("map", false);
  set({ look: { state, nonce: ++nonce } });
}

export function askWhy(customer: string, seq: number) {
  fold("journal", false);
  set({ asked: { customer, seq } });
}

export function play(finding: Finding | undefined) {
  set({ played: finding });
}
