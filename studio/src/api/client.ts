// Requests to the server that the page came from; no other host is ever asked.
import type { Act, Backend, Clock, Customer, Explored, FileKind, Finding, FlowMap, Home, Item, Place, Say } from "./types";

/** The server refused, or did not answer. `code` is the server's own, `about` what its sentence names, `status` 0 when nobody answered. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly about: Record<string, string> = {},
  ) {
    super(message);
  }
}

async function ask<T>(method: string, path: string, body?: unknown, isExact = false): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/dev${path}`, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": body instanceof Blob ? "application/octet-stream" : "application/json" },
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
    });
  } catch {
    throw new Refused(0, "unreachable", "The server does not answer.");
  }
  const text = await response.text();
  const json = parsed(text, isExact);
  if (!response.ok) {
    const error = json?.error ?? {};
    throw new Refused(response.status, error.code ?? "failed", error.message ?? `The server answered ${response.status}.`, error.about);
  }
  return json as T;
}

/** Letters that write everything behind them backwards: a name must not do that to the page. They are shown as `\ufffd`. */
const OVERRIDES = /[\u202d\u202e]/g;

function parsed(text: string, isExact = false): any {
  const tamed = (_: string, value: unknown) => (typeof value === "string" ? value.replace(OVERRIDES, "\ufffd") : value);
  try {
    return text === "" ? undefined : JSON.parse(text, isExact ? undefined : tamed);
  } catch {
    return undefined;
  }
}

const part = encodeURIComponent;
const customer = (shop: string, id: string) => `/shops/${part(shop)}/customers/${part(id)}`;
const file = (shop: string, path: string) => `/shops/${part(shop)}/files/${path.split("/").map(part).join("/")}`;

export const server = {
  home: () => ask<Home>("GET", ""),
  customers: (shop: string) => ask<Customer[]>("GET", `/shops/${part(shop)}/customers`),
  addCustomer: (shop: string, wanted: { name?: string; number?: string }) =>
    ask<Customer>("POST", `/shops/${part(shop)}/customers`, wanted),
  thread: (shop: string, id: string) => ask<Item[]>("GET", `${customer(shop, id)}/thread`),
  say: (shop: string, id: string, say: Say) => ask<void>("POST", `${customer(shop, id)}/say`, say),
  /** Without a file, a small one of the server's own. */
  file: (shop: string, id: string, kind: FileKind, file: Blob = new Blob(), more: { name?: string; caption?: string } = {}) =>
    ask<void>("POST", `${customer(shop, id)}/file?${new URLSearchParams({ kind, ...more })}`, file),
  place: (shop: string, id: string) => ask<Place>("GET", `${customer(shop, id)}/place`),
  map: (shop: string) => ask<FlowMap>("GET", `/shops/${part(shop)}/map`),
  read: (shop: string, path: string) => ask<{ text: string; sha: string }>("GET", file(shop, path), undefined, true),
  write: (shop: string, path: string, text: string, sha: string) =>
    ask<{ sha: string }>("PUT", file(shop, path), { text, sha }),
  check: (shop: string, path: string, text: string) =>
    ask<Finding[]>("POST", `/shops/${part(shop)}/check`, { path, text }),
  clock: (how: { advance: number } | { to: "next_timer" } | { reset: true }) => ask<Clock>("POST", "/clock", how),
  lever: (shop: string, name: string, body: object = {}) =>
    ask<{ said: string }>("POST", `/shops/${part(shop)}/levers/${name}`, body),
  backend: (shop: string) => ask<Backend>("GET", `/shops/${part(shop)}/backend`),
  act: (shop: string, id: string, act: Act) => ask<{ said: string }>("POST", `${customer(shop, id)}/person`, act),
  record: (shop: string, id: string, name: string) =>
    ask<{ file: string; text: string }>("POST", `${customer(shop, id)}/record`, { name }),
  /** Looks for what no test takes; `write`: and writes tests for it into the shop's folder. */
  explore: (shop: string, write: boolean) =>
    ask<Explored>("POST", `/shops/${part(shop)}/explore`, write ? { write } : {}),
};

/** What happens, as it happens. The browser resumes by itself after a break, from the last event that it saw. */
export function stream(
  shop: string,
  heard: (event: string, data: any) => void,
  connected: (on: boolean) => void,
): () => void {
  const source = new EventSource(`/api/v1/dev/stream?shop=${part(shop)}`);
  const events = ["item", "typing", "place", "clock", "flow", "findings", "running", "backend", "customers", "reset"];
  for (const name of events) {
    source.addEventListener(name, (event) => {
      const data = parsed((event as MessageEvent<string>).data);
      if (data !== undefined) heard(name, data);
    });
  }
  source.onopen = () => connected(true);
  source.onerror = () => connected(false);
  return () => source.close();
}
