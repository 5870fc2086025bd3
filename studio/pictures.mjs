#!/usr/bin/env node
// The pictures of the README and the guide, taken from a running `duka dev examples/boutique`:
// `STUDIO_URL=http://127.0.0.1:4000 node pictures.mjs` writes docs/pictures. Begins as a customer who has not written yet.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const address = process.env.STUDIO_URL ?? "http://127.0.0.1:4000";
const folder = process.argv[2] ?? join(import.meta.dirname, "../docs/pictures");
mkdirSync(folder, { recursive: true });

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

async function visit(query = "", dark = false) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce", locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${address}/${query}`);
  await page.locator(".react-flow__node").first().waitFor();
  await page.locator(".thread").first().waitFor();
  return page;
}

const settle = (page) => page.waitForTimeout(700);
const whole = async (page, name) => (await settle(page), await page.screenshot({ path: join(folder, `${name}.png`) }));
const phone = (page) => page.locator(".phone.is-active");
const handset = async (page, name) => (await settle(page), await phone(page).locator(".handset").screenshot({ path: join(folder, `${name}.png`) }));

/** The newest button of that name. */
async function tap(page, name) {
  const button = phone(page).locator(".bubble").getByRole("button", { name, exact: true }).last();
  await button.waitFor();
  await settle(page);
  await button.click();
}

async function write(page, words) {
  await page.locator("#write").fill(words);
  await page.keyboard.press("Enter");
}

async function pick(page, list, row) {
  await tap(page, list);
  await phone(page).getByRole("dialog").getByText(row, { exact: false }).first().click();
  return async () => phone(page).getByRole("button", { name: "Send" }).last().click();
}

/** Brought to an address, by the form. */
async function deliver(page) {
  const named = (name) => phone(page).locator(".bubble").getByRole("button", { name, exact: true });
  await named("Delivery").or(named("Delivery details")).last().waitFor();
  if (await named("Delivery").count()) await tap(page, "Delivery");
  await tap(page, "Delivery details");
  const form = phone(page).getByRole("dialog");
  await form.getByLabel("Your name").fill("Amina");
  await form.getByLabel("Street and building").fill("Biashara Street 4");
  await form.getByLabel("Town").selectOption("Kilimani");
  await handset(page, "form");
  await form.getByRole("button", { name: "Save" }).click();
}

const page = await visit();
await write(page, "hi");
await phone(page).locator(".bubble").getByRole("button", { name: "Shop", exact: true }).waitFor();
await handset(page, "welcome");
await tap(page, "Shop");
const send = await pick(page, "See categories", "Dresses");
await handset(page, "list");
await send();
await (await pick(page, "See products", "Kitenge"))();
await phone(page).locator(".bubble").getByRole("button", { name: "Add to bag" }).last().waitFor();
await handset(page, "product");
await tap(page, "Add to bag");
await phone(page).getByText("How many").or(phone(page).getByText("Your bag")).last().waitFor();
if (await phone(page).getByText("How many").count()) await write(page, "2");
await phone(page).locator(".bubble").getByRole("button", { name: "Check out" }).last().waitFor();
await handset(page, "bag");
await whole(page, "page");
await tap(page, "Check out");
await deliver(page);
await tap(page, "Pay");
await phone(page).getByRole("link", { name: "Pay securely" }).last().waitFor();
await handset(page, "payment");
const lever = async (name) => {
  const button = page.locator(".orders").getByRole("button", { name, exact: true }).first();
  await button.waitFor();
  await button.click();
};
await lever("Pay");
await phone(page).getByText("is paid").last().waitFor();
await lever("Ship");
await phone(page).getByText("on its way").last().waitFor();
await lever("Deliver");
await phone(page).getByText("has been delivered").last().waitFor();
await handset(page, "delivered");
await page.getByRole("button", { name: "File", exact: true }).click();
await page.getByRole("button", { name: "Journal", exact: true }).click();
await page.locator(".journal summary").first().click();
for (const close of await page.locator(".note button").all()) await close.click().catch(() => undefined);
await whole(page, "journal");

await page.getByRole("button", { name: "File", exact: true }).click();
await page.getByRole("button", { name: "Journal", exact: true }).click();
const dark = await visit("", true);
await whole(dark, "dark");

const map = await visit();
await map.setViewportSize({ width: 1440, height: 560 });
await map.getByRole("button", { name: "File", exact: true }).click();
await map.getByRole("button", { name: "Show all" }).click();
await settle(map);
await map.locator(".pane-map").screenshot({ path: join(folder, "map.png") });
await map.getByRole("button", { name: "File", exact: true }).click();

const finding = await visit();
await finding.locator(".cm-line", { hasText: "duka 1" }).first().click();
await finding.keyboard.press("Control+f");
await finding.locator(".cm-search input[name=search]").pressSequentially("send cart_reminder");
await finding.keyboard.press("Enter");
await finding.keyboard.press("Escape");
await finding.keyboard.type("say: Your bag is still here.");
await finding.locator(".finding", { hasText: "D602" }).waitFor();
await finding.locator(".finding", { hasText: "D602" }).getByRole("button", { name: "Play in the phone" }).click();
await finding.locator(".played-end").waitFor();
await whole(finding, "finding");

const arabic = await visit("?lang=ar");
await arabic.locator(".customers > .icon-button").click();
await arabic.locator(".new-customer input").fill("ليلى");
await arabic.locator(".new-customer select").first().selectOption("ar");
await arabic.locator(".new-customer button").click();
await write(arabic, "مرحبا");
await phone(arabic).locator(".bubble.has-taps").first().waitFor();
await write(arabic, "language");
const inArabic = phone(arabic).getByRole("button", { name: "العربية" });
if (await inArabic.first().waitFor({ timeout: 5_000 }).then(() => true, () => false)) await inArabic.first().click();
await write(arabic, "القائمة");
await settle(arabic);
await arabic.locator(".phone:not(.is-active) .caption .icon-button").first().click();
await whole(arabic, "arabic");
await browser.close();
console.log(`written to ${folder}`);
