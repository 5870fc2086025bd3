// What may be done to a shop's world, and what a customer gives besides words and files.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { bench, newCustomer, open, real, shared, write } from "./browser";

const on = shared();

const SLOW = 120_000;

const phoneOf = (page: Page) => page.locator(".phone.is-active");
const lever = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

async function tap(page: Page, name: string) {
  const button = phoneOf(page).locator(".bubble").getByRole("button", { name, exact: true }).last();
  await button.waitFor();
  await button.click();
}

async function pick(page: Page, list: string, row: string) {
  await tap(page, list);
  await phoneOf(page).getByRole("dialog").getByText(row).click();
  await phoneOf(page).getByRole("button", { name: "Send", exact: true }).last().click();
}

test("what came last comes twice and in the other order, and the thread stays as it was", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Wairimu");
  await write(page, "hi");
  await tap(page, "Shop");
  await phoneOf(page).getByText("What are you looking for?").first().waitFor();
  const rows = () => phoneOf(page).locator(".thread .row").count();
  const before = await rows();
  // As the server says it, and as the played shop does.
  const rounds = [
    ["Deliver the last webhooks twice", /It acts once|delivered again/],
    ["Deliver them in the other order", /Each acts once|in the other order/],
  ] as const;
  for (const [name, done] of rounds) {
    await lever(page, name);
    await page.locator(".note", { hasText: done }).waitFor();
  }
  // Whatever they led to would stand before the answer to this, which is none that was given before.
  await write(page, "bag");
  await phoneOf(page).locator(".thread .row").last().filter({ hasText: "Your bag" }).waitFor();
  expect(await rows()).toBe(before + 2);
  await page.context().close();
});

test("a price and a stock that are edited are what the customer reads", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Atieno");
  const [price, stock] = [page.getByLabel("Price of Kitenge wrap dress"), page.getByLabel("Stock of Kitenge wrap dress")];
  const [before, left] = [await price.inputValue(), await stock.inputValue()];
  await price.fill("KES 2,700");
  await stock.fill("3");
  await stock.press("Enter");
  await expect.poll(() => page.getByLabel("Price of Kitenge wrap dress").inputValue()).toBe("KES 2,700");
  await write(page, "hi");
  await tap(page, "Shop");
  await pick(page, "See categories", "Dresses");
  await pick(page, "See products", "Kitenge wrap dress");
  await phoneOf(page).locator(".bubble", { hasText: "KES 2,700" }).filter({ hasText: "3 left" }).first().waitFor();
  await price.fill(before);
  await stock.fill(left);
  await stock.press("Enter");
  await expect.poll(() => stock.inputValue()).toBe(left);
  await page.context().close();
});

test.skipIf(!real)("what is no price and no stock is refused, and the fields say what the shop has", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  const [price, stock] = [page.getByLabel("Price of Kitenge wrap dress"), page.getByLabel("Stock of Kitenge wrap dress")];
  const [before, left] = [await price.inputValue(), await stock.inputValue()];
  for (const [field, wrong, words, right] of [
    [price, "USD 5", "A price is more than nothing", before],
    [price, "", "A price is more than nothing", before],
    [stock, "-5", "a whole number", left],
    [stock, "2.5", "a whole number", left],
    [stock, "", "a whole number", left],
  ] as const) {
    await field.fill(wrong);
    await field.press("Enter");
    const note = page.locator(".note.is-error", { hasText: words });
    await note.waitFor();
    await expect.poll(() => field.inputValue()).toBe(right);
    await note.getByRole("button").click();
  }
  await price.fill(before.replace(/\D/g, ""));
  await price.press("Enter");
  await expect.poll(() => price.inputValue()).toBe(before);
  await page.context().close();
});

test("Explore tells of tests that fail, and where nothing was written", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  const left = [{ owner: "bag", by: { code: "failure" } }];
  await page.route("**/explore", (route) => route.fulfill({ json: { uncovered: { states: [], edges: [] }, left, failing: 25 } }));
  await lever(page, "Explore");
  await page.locator(".left").getByText("Tests of the shop that fail: 25.").waitFor();
  await page.locator(".left").getByText("Ways that no test takes: 1").waitFor();
  await lever(page, "Write tests for them");
  await page.locator(".note", { hasText: "nothing was written" }).waitFor();
  await page.context().close();
});

test("on a small screen nothing that is pressed beside the phone is lower than 24 px", { timeout: SLOW }, async () => {
  const { page } = await open(on.at, "", { width: 390 });
  await page.locator(".products input").first().waitFor();
  const low = await page.evaluate(() =>
    [...document.querySelectorAll(".bench :is(button, a, input, select, summary)")]
      .map((one) => ({ name: one.getAttribute("aria-label") ?? one.textContent, height: one.getBoundingClientRect().height }))
      .filter(({ height }) => height > 0 && height < 24),
  );
  expect(low).toEqual([]);
  await page.context().close();
});

test("an emoji, a place, a contact card and a cart are sent", { timeout: SLOW }, async () => {
  const { page, troubles } = await open(on.at);
  await newCustomer(page, "Wangari");
  const phone = phoneOf(page);
  await phone.getByRole("button", { name: "Emoji" }).click();
  await phone.locator(".emoji button").first().click();
  await phone.getByRole("button", { name: "Send", exact: true }).click();
  await phone.locator(".row.is-mine .is-emoji-1").waitFor();
  const give = async (what: string) => {
    await phone.getByRole("button", { name: "Attach" }).click();
    await phone.locator(".gives").getByRole("button", { name: what }).click();
  };
  await give("Location");
  await phone.getByRole("dialog").getByRole("button", { name: "Send this place" }).click();
  await phone.locator(".row.is-mine[data-kind=location]").waitFor();
  await give("My contact card");
  await phone.locator(".row.is-mine[data-kind=contacts]").waitFor();
  await give("Catalogue");
  const sheet = phone.getByRole("dialog");
  await sheet.getByRole("button", { name: /^Add to cart/ }).first().click();
  await sheet.getByRole("button", { name: /^View cart/ }).click();
  await sheet.getByRole("button", { name: "Send to the shop" }).click();
  await phone.locator(".row.is-mine[data-kind=cart]").waitFor();
  await phone.getByText("Your bag").last().waitFor();
  expect(troubles).toEqual([]);
  await page.context().close();
});

/** As far as the pay link of one dress. */
async function orders(page: Page) {
  await write(page, "hi");
  await tap(page, "Shop");
  await pick(page, "See categories", "Dresses");
  await pick(page, "See products", "Kitenge wrap dress");
  await tap(page, "Add to bag");
  await tap(page, "Just one");
  await tap(page, "Check out");
  await tap(page, "Pick up in shop");
  await tap(page, "Pay");
  await phoneOf(page).getByRole("link", { name: "Pay securely" }).last().waitFor();
}

test.skipIf(!real)("a payment fails and expires as the levers say, and the flow hears of it", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Kamau");
  const phone = phoneOf(page);
  await orders(page);
  await page.locator(".orders").getByRole("button", { name: "Let the payment fail" }).first().click();
  await phone.getByText("did not go through").last().waitFor();
  await tap(page, "Try again");
  await phone.getByRole("link", { name: "Pay securely" }).nth(1).waitFor();
  await page.locator(".orders").getByRole("button", { name: "Let it expire" }).first().click();
  await phone.getByText("The pay link has expired").last().waitFor();
  await page.locator(".orders li", { hasText: "not reserved any more" }).getByText("Payment: expired").waitFor();
  await page.context().close();
});

test.skipIf(!real)("money comes after the link has ended, and an order is brought, taken back and refunded", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Otieno");
  const phone = phoneOf(page);
  await orders(page);
  const order = page.locator(".orders li").first();
  const move = (name: string) => order.getByRole("button", { name, exact: true }).click();
  await move("Let it expire");
  await phone.getByText("The pay link has expired").last().waitFor();
  await move("Pay after the end");
  await phone.getByText("is paid: KES 2,500").last().waitFor();
  await move("Deliver");
  await phone.getByText("has been delivered").last().waitFor();
  await move("Take it back");
  await order.getByText("returned", { exact: true }).waitFor();
  await move("Give the money back");
  await order.getByText("Payment: refunded").waitFor();
  expect(await order.getByRole("button").count()).toBe(0);
  await page.context().close();
});

test.skipIf(!real)("the shop cancels an order, and the customer reads so and can not pay any more", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Njeri");
  await orders(page);
  const order = page.locator(".orders li").first();
  await order.getByRole("button", { name: "Cancel in the shop", exact: true }).click();
  await phoneOf(page).getByText("was cancelled").last().waitFor();
  await order.getByText("cancelled", { exact: true }).waitFor();
  expect(await order.getByRole("button").count()).toBe(0);
  await page.context().close();
});

test("while the shop's system is slow, the phone shows that somebody types", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Adhiambo");
  const delay = page.getByLabel("Answers after");
  await write(page, "hi");
  await phoneOf(page).locator(".bubble").getByRole("button", { name: "Shop", exact: true }).last().waitFor();
  await delay.selectOption("2000");
  await page.locator(".note").last().waitFor();
  await tap(page, "Shop");
  await phoneOf(page).locator(".bubble.typing").waitFor();
  await phoneOf(page).getByText("What are you looking for?").first().waitFor();
  expect(await phoneOf(page).locator(".bubble.typing").count()).toBe(0);
  await delay.selectOption("0");
  await page.context().close();
});

test.skipIf(!process.env.DUKA)("the next timer comes, and what waited for it happens", { timeout: SLOW }, async () => {
  const alone = await bench();
  const { page } = await open(alone);
  await write(page, "hi");
  await page.locator(".timers", { hasText: "quiet for 23 h" }).waitFor();
  await lever(page, "Next timer");
  await page.getByText("The conversation is over. The next message begins a new one.").waitFor();
  await page.locator(".levers").getByText(/^\d+ h.* ahead of this computer$/).waitFor();
  await alone.end();
});

test.skipIf(!process.env.DUKA)("a chat is recorded as a test, which stands in the file, and Explore marks the map", { timeout: SLOW }, async () => {
  const { page } = await open(on.at);
  await newCustomer(page, "Moraa");
  await write(page, "hi");
  await tap(page, "Shop");
  await phoneOf(page).getByText("What are you looking for?").first().waitFor();
  await page.getByLabel("Name of the test").fill("Moraa looks around");
  await lever(page, "Record as test");
  await page.locator(".note", { hasText: "recorded.test.duka" }).waitFor();
  await expect.poll(() => page.locator(".file-bar select").inputValue()).toBe("recorded.test.duka");
  await page.locator(".cm-line", { hasText: "test Moraa looks around" }).waitFor();
  await lever(page, "Explore");
  await page.locator(".record .left").waitFor();
  await page.context().close();
});
