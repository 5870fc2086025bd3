// The page's own words, all of them, in another language than English.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { ar } from "../src/words/ar";
import { newCustomer, open, phoneOf, real, shared, write } from "./browser";
import { foreign, own, texts } from "./foreign";

const on = shared({ played: true });

/** Examples of places where a customer may be. */
const PLACES = ["Kilimani, Nairobi", "Andheri West, Mumbai", "Al Olaya, Riyadh", "Plateau, Dakar"];

const SLOW = 240_000;

/** A customer whose phone speaks Arabic. */
async function layla(page: Page) {
  await page.locator(".customers > .icon-button").click();
  await page.locator(".new-customer input").fill("Layla");
  await page.locator(".new-customer select").first().selectOption("ar");
  await page.locator(".new-customer button").click();
  await page.locator(".phone.is-active .caption", { hasText: "Layla" }).waitFor();
}

/** Looks at the page again and again, and keeps what is foreign in it. */
function looker(page: Page, address: string, besides: string[]) {
  const strays = new Set<string>();
  /** Also what was said before: the server may be down at the moment. */
  const known = new Set(besides);
  /** `isSame`: nobody has said anything since. */
  const look = async (isSame = false) => {
    await page.waitForTimeout(isSame ? 20 : 150);
    // First what is seen: who said it is known to the server by then.
    const seen = await page.evaluate(texts);
    if (!isSame) for (const one of await own(address)) known.add(one);
    for (const one of foreign(seen, [...known])) strays.add(one);
  };
  return { strays, look };
}

test("in Arabic every kind of message, and what stands around it, is told in Arabic", { timeout: SLOW }, async () => {
  const { page } = await open(on.played, "?lang=ar");
  await phoneOf(page, "Gallery");
  const { strays, look } = looker(page, on.played.address, []);
  await look();
  expect([...strays]).toEqual([]);
  await page.context().close();
});

test("in Arabic a purchase, every lever, refusal and pane is told in Arabic", { timeout: SLOW }, async () => {
  const { page } = await open(on.at, "?lang=ar");
  const besides = ["Layla", "nothing", "A chat of Layla", "size 12, please", "recorded.test.duka", "explored.test.duka", "nowhere", ...PLACES];
  const { strays, look } = looker(page, on.at.address, besides);
  const phone = page.locator(".phone.is-active");
  const button = (word: keyof typeof ar) => page.getByRole("button", { name: ar[word], exact: true }).first();
  const tap = async (name: string) => {
    const tapped = phone.locator(".bubble").getByRole("button", { name, exact: true }).last();
    await tapped.waitFor();
    await tapped.click();
  };
  const pick = async (list: string, row: string) => {
    await tap(list);
    await look();
    await phone.getByRole("dialog").getByText(row).click();
    await phone.getByRole("button", { name: ar["phone.send"], exact: true }).last().click();
  };
  await layla(page);
  await button("journal.title").click();
  await look();
  await write(page, "hi");
  await tap("Shop");
  await pick("See categories", "Dresses");
  await pick("See products", "Kitenge wrap dress");
  await tap("Add to bag");
  if (real) await tap("Just one");
  await phone.locator(".bubble").getByRole("button", { name: "Check out", exact: true }).last().waitFor();
  await look();
  if (real) {
    await tap("Check out");
    await tap("Pick up in shop");
    await tap("Pay");
    await phone.getByRole("link", { name: "Pay securely" }).last().waitFor();
    for (const lever of ["orders.pay", "orders.ship", "orders.deliver", "orders.return", "orders.refund"] as const) {
      const moved = page.locator(".orders").getByRole("button", { name: ar[lever], exact: true }).first();
      await moved.click();
      await page.locator(".note").last().waitFor();
      await look();
    }
  }
  for (const lever of ["levers.duplicate", "levers.swap", "levers.restart", "levers.ten", "levers.next", "levers.past"] as const) {
    const pulled = button(lever);
    if (!(await pulled.isDisabled())) await pulled.click();
    await look();
  }
  await page.locator(".lamp.is-on").waitFor();
  for (const lever of await page.locator(".switch input").all()) {
    const stands = await lever.isChecked();
    await lever.click();
    await expect.poll(() => lever.isChecked()).toBe(!stands);
    await look();
    await lever.click();
    await expect.poll(() => lever.isChecked()).toBe(stands);
  }
  await page.locator(".backend-delay select").selectOption("500");
  await look();
  await page.locator(".backend-delay select").selectOption("0");
  await page.locator(".products input").first().fill("nothing");
  await page.keyboard.press("Enter");
  await look();
  await page.locator(".journal details").evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = true)));
  await look();
  // The shop's person: too late, and in time.
  await button("person.take").click();
  await page.locator(".pane-person textarea").fill("size 12, please");
  await look();
  await button("person.send").click();
  await look();
  await button("person.back").click();
  await look();
  // The map: the ways of every state, what is sought in vain, what no test takes.
  for (const flow of await page.locator(".map-bar select option").evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))) {
    if (flow === "*") continue;
    await page.locator(".map-bar select").selectOption(flow);
    await page.locator(".react-flow__node").first().waitFor();
    await look();
    for (const state of await page.locator(".react-flow__node").all()) {
      await state.dispatchEvent("click");
      await look(true);
    }
  }
  await page.getByRole("searchbox").fill("nowhere");
  await look();
  await page.getByRole("searchbox").fill("");
  await button("levers.explore").click();
  await page.locator(".record .left").waitFor();
  await look();
  await page.locator(".record input").fill("A chat of Layla");
  await button("levers.record").click();
  await page.locator(".note").last().waitFor();
  await look();
  // What is given to the shop besides words.
  for (const give of ["phone.photo", "phone.video", "phone.document", "phone.location", "phone.cart"] as const) {
    await phone.getByRole("button", { name: ar["phone.attach"] }).click();
    await look();
    await phone.locator(".gives").getByRole("button", { name: ar[give] }).click();
    await phone.getByRole("dialog").waitFor();
    await look();
    await page.keyboard.press("Escape");
    await phone.getByRole("dialog").waitFor({ state: "detached" });
  }
  // The editor's own panel, and a file with an error.
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+f");
  await look();
  await page.keyboard.press("Escape");
  if (on.at.folder) {
    const path = join(on.at.folder, "boutique.duka");
    const good = readFileSync(path, "utf8");
    writeFileSync(path, good.replace("  send cart_reminder", "  say: Your bag is still here."));
    await page.locator(".finding", { hasText: "D602" }).first().waitFor();
    await look();
    await page.locator(".finding", { hasText: "D602" }).getByRole("button", { name: ar["file.play"] }).click();
    await page.locator(".played-end").waitFor();
    await look();
    writeFileSync(path, good);
    await page.locator(".none.is-good").waitFor();
    await look();
  }
  expect([...strays]).toEqual([]);
  await page.context().close();
});

describe("Arabic", () => {
  test("mirrors the page and keeps the phone of an English customer as it is", { timeout: SLOW }, async () => {
    const { page } = await open(on.at, "?lang=ar");
    expect(await page.evaluate(() => document.documentElement.dir)).toBe("rtl");
    const phone = await page.locator(".phones").boundingBox();
    const workbench = await page.locator(".bench").boundingBox();
    expect(phone!.x).toBeGreaterThan(workbench!.x);
    await page.getByRole("button", { name: "الخريطة" }).waitFor();
    if (!real) {
      await phoneOf(page, "ليلى");
      expect(await page.locator(".phone.is-active .screen").getAttribute("dir")).toBe("rtl");
      const sides = await page.locator(".phone.is-active").evaluate((it) => {
        const frame = it.querySelector(".thread")!.getBoundingClientRect();
        const mine = it.querySelector(".row.is-mine .bubble")!.getBoundingClientRect();
        return mine.left - frame.left < frame.right - mine.right;
      });
      expect(sides).toBe(true);
    }
    await page.context().close();
  });

  for (const language of ["hi", "sw", "fr"]) {
    test(`the page speaks ${language}`, { timeout: SLOW }, async () => {
      const { page } = await open(on.at, `?lang=${language}`);
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
      expect(await page.getByRole("button", { name: "Map", exact: true }).count()).toBe(0);
      await page.context().close();
    });
  }
});

test("what a lever did is told in the page's language", { timeout: SLOW }, async () => {
  const { page } = await open(on.at, "?lang=ar");
  await newCustomer(page, "Salma");
  await write(page, "hi");
  await page.locator(".phone.is-active .row.is-mine").waitFor();
  for (const [lever, said] of [["levers.duplicate", "said.duplicate"], ["levers.restart", "said.restart"]] as const) {
    await page.getByRole("button", { name: ar[lever] }).click();
    await page.locator(".note", { hasText: ar[said] }).waitFor();
  }
  await page.context().close();
});
