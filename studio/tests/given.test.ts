// What a customer gives besides words, and what a reload of the page keeps.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { bench, newCustomer, open, real, shared } from "./browser";

const on = shared();

const SLOW = 120_000;

const file = (name: string, bytes: string | Buffer) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });

async function attach(page: Page, what: string) {
  const phone = page.locator(".phone.is-active");
  await phone.getByRole("button", { name: "Attach" }).click();
  await phone.locator(".gives").getByRole("button", { name: what }).click();
  return phone.getByRole("dialog");
}

test("a document and a video are sent, and stand in the thread with name, size and player", { timeout: SLOW }, async () => {
  const { page, troubles, strangers } = await open(on.at);
  await newCustomer(page, "Amani");
  const phone = page.locator(".phone.is-active");
  let sheet = await attach(page, "Document");
  await sheet.getByText("pdf").waitFor();
  await sheet.getByLabel("Caption").fill("Is this the right one?");
  await sheet.locator("input[type=file]").setInputFiles(file("invoice 991.pdf", "%PDF-1.7 " + "x".repeat(12_000)));
  const document = phone.locator(".row.is-mine .document");
  await document.getByText("invoice 991.pdf").waitFor();
  await document.getByText("12 kB").waitFor();
  await phone.getByText("Is this the right one?").first().waitFor();
  expect(await document.getAttribute("download")).toBe("invoice 991.pdf");
  sheet = await attach(page, "Document");
  await sheet.getByRole("button", { name: "A sample note" }).click();
  await phone.getByText("sample.txt").first().waitFor();
  sheet = await attach(page, "Video");
  await sheet.locator("input[type=file]").setInputFiles(file("dress.mp4", "\0\0\0\x18ftypmp42 a dress"));
  await phone.locator(".row.is-mine video[controls]").waitFor();
  // What is no film cannot be played, which the browser tells its console.
  expect(troubles.filter((trouble) => !/media|video|decode/i.test(trouble))).toEqual([]);
  expect(strangers).toEqual([]);
  await page.context().close();
});

test("what is too large is not sent, and it is said why", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Imani");
  const sheet = await attach(page, "Photo");
  await sheet.locator("input[type=file]").setInputFiles(file("wall.png", Buffer.alloc(5 * 1024 * 1024 + 1)));
  await page.locator(".note.is-error", { hasText: "5.1 MB; WhatsApp takes 5 MB at most" }).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.locator(".phone.is-active .row.is-mine").count()).toBe(0);
  await page.context().close();
});

test("without a microphone a short sound is sent, which can be heard, and it is said", { timeout: SLOW }, async () => {
  const { page, troubles } = await open(on.at);
  await newCustomer(page, "Juma");
  await page.locator(".phone.is-active").getByRole("button", { name: "Send a voice note" }).click();
  await page.locator(".note", { hasText: "a short sound was sent instead" }).waitFor();
  await heard(page);
  expect(troubles).toEqual([]);
  await page.context().close();
});

test("with a microphone it is recorded, thrown away or sent, by keys alone", { timeout: SLOW }, async () => {
  const spoken = await bench({ microphone: true });
  const { page, troubles } = await open(spoken);
  await newCustomer(page, "Neema");
  const phone = page.locator(".phone.is-active");
  const begin = async () => {
    await phone.getByRole("button", { name: "Send a voice note" }).focus();
    await page.keyboard.press("Enter");
    await phone.locator(".recorder button:focus").waitFor();
    await phone.locator(".recorder-time", { hasText: "0:01" }).waitFor();
  };
  await begin();
  await page.keyboard.press("Escape");
  await phone.locator(".recorder").waitFor({ state: "detached" });
  expect(await phone.locator(".row.is-mine").count()).toBe(0);
  await begin();
  await page.keyboard.press("Enter");
  await phone.locator("textarea:focus").waitFor();
  await heard(page);
  expect(troubles).toEqual([]);
  await spoken.end();
});

/** The voice note in the thread has a sound of some length, and plays. */
async function heard(page: Page) {
  const voice = page.locator(".phone.is-active .row.is-mine .voice").last();
  await voice.waitFor();
  await expect.poll(() => voice.locator("audio").evaluate((it: HTMLAudioElement) => it.readyState > 0 && it.duration > 0)).toBe(true);
  await voice.getByRole("button", { name: "Voice note" }).click();
  await expect.poll(() => voice.locator("audio").evaluate((it: HTMLAudioElement) => it.currentTime > 0)).toBe(true);
}

test("a reload keeps the phones in hand, what was not sent, and what is folded", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Furaha");
  await page.locator("#write").fill("Do you have it in");
  await newCustomer(page, "Tumaini");
  await page.locator("#write").fill("Half a word");
  await page.getByRole("button", { name: "Timers" }).click();
  const names = () => page.locator(".phone .caption strong").allInnerTexts();
  const before = await names();
  await page.reload();
  await page.locator(".phone.is-active .caption", { hasText: "Tumaini" }).waitFor();
  await expect.poll(names).toEqual(before);
  expect(await page.locator("#write").inputValue()).toBe("Half a word");
  expect(await page.getByRole("button", { name: "Timers" }).getAttribute("aria-expanded")).toBe("false");
  await page.locator(".customers li > button", { hasText: "Furaha" }).first().click();
  await expect.poll(() => page.locator("#write").inputValue()).toBe("Do you have it in");
  await page.context().close();
});

test.skipIf(!process.env.DUKA)("of two shops each has its own system and templates, and a reload stays in the chosen one", { timeout: SLOW }, async () => {
  const two = await bench({ shops: ["dada", "zuri"] });
  const { page, troubles } = await open(two);
  const shop = page.locator(".top select").first();
  const down = page.getByRole("switch", { name: "Backend is down" });
  const paused = page.getByRole("switch", { name: "receipt is paused" });
  // A switch stands as the server says it.
  await down.click();
  await expect.poll(() => down.isChecked()).toBe(true);
  await paused.click();
  await page.locator(".templates li", { has: paused }).getByText("paused").waitFor();
  await shop.selectOption("zuri");
  await expect.poll(() => down.isChecked()).toBe(false);
  expect(await paused.isChecked()).toBe(false);
  await page.reload();
  await expect.poll(() => shop.inputValue()).toBe("zuri");
  await shop.selectOption("dada");
  await expect.poll(() => down.isChecked()).toBe(true);
  await expect.poll(() => paused.isChecked()).toBe(true);
  // What is written into the file of one does not come into the other's, and waits.
  const editor = page.locator(".cm-content");
  const firstLine = editor.locator(".cm-line", { hasText: "Zuri Boutique" }).first();
  await firstLine.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# Half a thought. ");
  await shop.selectOption("zuri");
  await expect.poll(() => down.isChecked()).toBe(false);
  await expect.poll(() => firstLine.innerText()).not.toContain("Half a thought");
  expect(await editor.getAttribute("aria-label")).toMatch(/^boutique\.duka\. Escape/);
  await shop.selectOption("dada");
  await expect.poll(() => firstLine.innerText()).toContain("Half a thought");
  expect(troubles).toEqual([]);
  await two.end();
});

test("what stands in the way is told in the page's language, and so is what time will do", { timeout: SLOW }, async () => {
  const { page } = await open(on.at, "?lang=sw");
  await page.locator(".customers > .icon-button").click();
  await page.locator(".new-customer input").fill("Zuhura");
  await page.locator(".new-customer button").click();
  await page.locator(".phone.is-active .caption", { hasText: "Zuhura" }).waitFor();
  await page.locator("#write").fill("hi, www.shop.example or shop.co.ke/new");
  await page.keyboard.press("Enter");
  const link = page.locator(".phone.is-active .row.is-mine a");
  await link.first().waitFor();
  expect(await link.evaluateAll((all) => all.map((one) => one.getAttribute("href")))).toEqual(["http://www.shop.example", "http://shop.co.ke/new"]);
  await page.locator(".timers", { hasText: "kimya kwa" }).waitFor();
  await page.locator(".products input").first().fill("nothing");
  if (real) {
    await page.keyboard.press("Enter");
    await page.locator(".note.is-error", { hasText: "Andika bei kama KES" }).waitFor();
  }
  await page.context().close();
});
