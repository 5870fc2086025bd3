// What the browser tests share: a server (played, or the one at STUDIO_URL) and an installed Chromium.
import { chromium, type Browser, type Page } from "playwright-core";

// @ts-expect-error the played shop is plain JavaScript
import { start } from "../mock/server.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Set: the tests run against a real server, and those that need the played shop are skipped. */
export const real = process.env.STUDIO_URL;

export type Bench = { address: string; browser: Browser; end: () => Promise<void> };

export async function bench(options: { states?: number } = {}): Promise<Bench> {
  const server = real ? { address: real, close: () => undefined } : await start(options);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  return { address: server.address, browser, end: async () => (await browser.close(), server.close()) };
}

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
