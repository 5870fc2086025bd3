// What the browser tests share: a server and an installed Chromium. The server is the played shop; with DUKA (the path of a
// `duka`) it is the real one, on a copy of the boutique; with STUDIO_URL it is whatever runs there.
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

// @ts-expect-error the played shop is plain JavaScript
import { start } from "../mock/server.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** The tests run against a real server, but for those that need the played shop. */
export const real = process.env.STUDIO_URL !== undefined || process.env.DUKA !== undefined;

/**
 * `again`: ends the process as by a power cut, and begins one at the same address that knows nothing of the first.
 * `meanwhile`: what happens while none runs.
 */
type Server = { address: string; folder?: string; again?: (meanwhile?: () => void) => Promise<void>; close: () => void };
export type Bench = Omit<Server, "close"> & { browser: Browser; end: () => Promise<void> };

/** A microphone that beeps, and nobody who is asked whether it may be heard. */
const MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

type Options = { played?: boolean; states?: number; microphone?: boolean; written?: (flow: string) => string; shops?: string[] };

/** `played`: the played shop in any case, for what a real one does not send. `shops`: several, by these names. */
export async function bench(options: Options = {}): Promise<Bench> {
  const server: Server = options.played
    ? await start(options)
    : process.env.STUDIO_URL
      ? { address: process.env.STUDIO_URL, close: () => undefined }
      : process.env.DUKA
        ? await duka(process.env.DUKA, options)
        : await start(options);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: options.microphone ? [...FLAGS, ...MICROPHONE] : FLAGS });
  const { close, ...open } = server;
  return { ...open, browser, end: async () => (await browser.close(), close()) };
}

/** What the tests of a file share. `played`: the played shop too, which is `at` itself unless a real one is tried. */
export function shared(wanted: { played?: boolean } = {}): { at: Bench; played: Bench } {
  const on = {} as { at: Bench; played: Bench };
  beforeAll(async () => {
    on.at = await bench();
    on.played = real && wanted.played ? await bench({ played: true }) : on.at;
  }, 120_000);
  afterAll(async () => {
    await on.at?.end();
    if (on.played !== on.at) await on.played?.end();
  });
  return on;
}

/** `duka dev` on copies of the boutique, on any port; `written` makes another flow of the boutique's. */
async function duka(binary: string, { written = (flow) => flow, shops }: Options): Promise<Server> {
  const home = mkdtempSync(join(tmpdir(), "duka-page-"));
  for (const shop of shops ?? ["boutique"]) {
    const copy = join(home, shop);
    cpSync(resolve(import.meta.dirname, "../../examples/boutique"), copy, { recursive: true });
    const path = join(copy, "boutique.duka");
    writeFileSync(path, written(readFileSync(path, "utf8")));
  }
  const folder = shops ? home : join(home, "boutique");
  let { address, child } = await begun(binary, folder, "0");
  process.once("exit", () => child.kill("SIGTERM"));
  const again = async (meanwhile = () => {}) => {
    child.removeAllListeners("exit");
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
    meanwhile();
    ({ child } = await begun(binary, folder, new URL(address).port));
  };
  const close = () => {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    rmSync(home, { recursive: true, force: true });
  };
  return { address, folder, again, close };
}

async function begun(binary: string, folder: string, port: string): Promise<{ address: string; child: ChildProcess }> {
  const child = spawn(resolve(binary), ["dev", folder, "--port", port, "--no-open"], { stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise<string>((done, fail) => {
    let said = "";
    child.stdout.on("data", (part) => {
      said += part;
      const found = /http:\/\/[\d.:[\]]+/.exec(said);
      if (found) done(found[0]);
    });
    child.on("exit", () => fail(new Error(`duka dev ended: ${said}`)));
  });
  return { address, child };
}

/** How long a state is waited for: machines differ. */
const PATIENCE_MS = 45_000;

export type Opened = { page: Page; troubles: string[]; strangers: string[] };

/** The page, with what went wrong in it and every request that left its own server. */
export async function open(at: Bench, query = "", options: { dark?: boolean; width?: number } = {}): Promise<Opened> {
  const context = await at.browser.newContext({
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.dark ? "dark" : "light",
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const troubles: string[] = [];
  const strangers: string[] = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/404/.test(message.text())) troubles.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(at.address)) strangers.push(request.url());
  });
  await page.goto(`${at.address}/${query}`);
  await page.locator(".thread").first().waitFor();
  return { page, troubles, strangers };
}

/** Shows the phone of a customer, by a part of the name. */
export async function phoneOf(page: Page, name: string): Promise<void> {
  await page.locator(".customers li > button", { hasText: name }).first().click();
  await page.locator(".phone.is-active .row").first().waitFor();
}

/** A customer who has not written yet, in hand. */
export async function newCustomer(page: Page, name: string): Promise<void> {
  await page.locator(".customers > .icon-button").click();
  await page.locator(".new-customer input").fill(name);
  await page.locator(".new-customer button").click();
  await page.locator(".phone.is-active .caption", { hasText: name }).waitFor();
}

/** The customer in hand writes. */
export async function write(page: Page, words: string) {
  await page.locator("#write").fill(words);
  await page.keyboard.press("Enter");
}
