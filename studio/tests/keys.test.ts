// The page by keys alone.
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { newCustomer, open, phoneOf, real, shared, write } from "./browser";

const on = shared();

const SLOW = 120_000;

/** What has the focus, and going to something by one key alone. */
function keyboard(page: Page) {
  const focused = () =>
    page.evaluate(() => {
      let it: Element | null = document.activeElement;
      while (it?.shadowRoot?.activeElement) it = it.shadowRoot.activeElement;
      if (!it || it === document.body) return "";
      const labels = (it as HTMLInputElement).labels;
      return it.getAttribute("aria-label") || labels?.[0]?.textContent || it.textContent || "";
    });
  const to = async (words: RegExp, key = "Tab", most = 60) => {
    for (let presses = 0; presses < most; presses += 1) {
      if (words.test(await focused())) return;
      await page.keyboard.press(key);
    }
    throw new Error(`nothing like ${words} takes the focus`);
  };
  return { focused, to };
}

describe("the keyboard alone", () => {
  test("skips to the message box, sends, taps, picks from a list and comes back", { timeout: SLOW }, async () => {
    const { page } = await open(on.at);
    const focused = () => page.evaluate(() => {
        const it = document.activeElement;
        return it === document.body ? "" : it?.textContent || it?.getAttribute("aria-label") || "";
      });
    const tabTo = async (words: RegExp) => {
      for (let presses = 0; presses < 60; presses += 1) {
        if (words.test(await focused())) return;
        await page.keyboard.press("Tab");
      }
      throw new Error(`nothing like ${words} takes the focus`);
    };
    await page.keyboard.press("Tab");
    expect(await focused()).toMatch(/Skip to the message box/);
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("write");
    await page.keyboard.type("hello");
    await page.keyboard.press("Enter");
    const phone = page.locator(".phone.is-active");
    await phone.locator(".bubble").getByRole("button", { name: "Shop", exact: true }).last().waitFor();
    await phone.locator(".thread").focus();
    await tabTo(/^Shop$/);
    await page.keyboard.press("Enter");
    const choose = phone.locator(".bubble").getByRole("button", { name: "See categories" }).last();
    await choose.waitFor();
    await choose.focus();
    await page.keyboard.press("Enter");
    const dialog = phone.getByRole("dialog");
    await dialog.waitFor();
    expect(await dialog.evaluate((it) => it.contains(document.activeElement) || it === document.activeElement)).toBe(true);
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
    await expect.poll(focused).toMatch(/See categories/);
    await page.keyboard.press("Enter");
    await dialog.getByRole("radio").first().focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await phone.locator(".row.is-mine", { hasText: "Dresses" }).last().waitFor();
    await page.context().close();
  });

  test("goes from message to message and asks why one was sent", { timeout: SLOW }, async () => {
    const { page } = await open(on.at);
    await newCustomer(page, "Wambui");
    const phone = page.locator(".phone.is-active");
    await write(page, "hi");
    await phone.locator(".bubble").getByRole("button", { name: "Shop", exact: true }).waitFor();
    await phone.locator(".thread").focus();
    await page.keyboard.press("ArrowUp");
    const name = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("ARTICLE");
    for (let presses = 0; presses < 8 && (await name()) !== "Why was this sent?"; presses += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".journal details.is-asked[open]").waitFor();
    await page.context().close();
  });

  test("buys from hello to delivered", { timeout: 2 * SLOW }, async () => {
    const { page, troubles } = await open(on.at);
    await newCustomer(page, "Chebet");
    const phone = page.locator(".phone.is-active");
    const keys = keyboard(page);
    const tap = async (name: string) => {
      await phone.locator(".bubble").locator("button, a").filter({ hasText: new RegExp(`^${name}$`) }).last().waitFor();
      for (let tries = 0; tries < 40; tries += 1) {
        await page.keyboard.press("Escape");
        await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("write");
        for (let up = 0; up <= tries % 4; up += 1) await page.keyboard.press("ArrowUp");
        for (let presses = 0; presses < 9; presses += 1) {
          await page.keyboard.press("Tab");
          if ((await keys.focused()) === name) return page.keyboard.press("Enter");
        }
        await keys.to(/^Message$/, "Shift+Tab", 30).catch(() => keys.to(/^Message$/, "Tab", 30));
      }
      throw new Error(`${name} is out of reach`);
    };
    const pick = async (list: string) => {
      await tap(list);
      await phone.getByRole("dialog").getByRole("radio").first().waitFor();
      for (let presses = 0; presses < 6 && (await page.evaluate(() => (document.activeElement as HTMLInputElement)?.type)) !== "radio"; presses += 1) await page.keyboard.press("Tab");
      await page.keyboard.press("Space");
      await page.keyboard.press("Enter");
      await phone.getByRole("dialog").waitFor({ state: "detached" });
      await page.locator("#write").focus();
    };
    await page.locator("#write").focus();
    await page.keyboard.type("hi");
    await page.keyboard.press("Enter");
    await tap("Shop");
    await pick("See categories");
    await pick("See products");
    await tap("Add to bag");
    if (real) await tap("Just one");
    await tap("Check out");
    if (real) await tap("Delivery");
    await tap("Delivery details");
    await phone.getByRole("dialog").getByLabel("Your name").waitFor();
    await keys.to(/^Your name/);
    await page.keyboard.type("Amina");
    await keys.to(/^Street and building/);
    await page.keyboard.type("Biashara Street 4");
    await keys.to(/^Town/);
    await page.keyboard.type("Kil");
    await keys.to(/^Save$/);
    await page.keyboard.press("Enter");
    await phone.getByText("Response sent").waitFor();
    await phone.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator("#write").focus();
    await tap("Pay");
    await phone.getByRole("link", { name: "Pay securely" }).last().waitFor();
    // The skip links stand at the top of the page; the second one leads to the levers.
    for (const [lever, said] of [["Pay", "is paid"], ["Ship", "is on its way"], ["Deliver", "has been delivered"]] as const) {
      await page.locator(".skip").last().focus();
      await page.keyboard.press("Enter");
      const button = page.locator(".orders").getByRole("button", { name: lever, exact: true }).first();
      await button.waitFor();
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press("Tab");
        if (await button.evaluate((it) => it === document.activeElement)) break;
      }
      await page.keyboard.press("Enter");
      await phone.getByText(said).last().waitFor();
    }
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("does not get caught in the map or in the editor", { timeout: SLOW }, async () => {
    const { page } = await open(on.at);
    await page.locator(".cm-content").waitFor();
    await page.locator(".react-flow__node").first().waitFor();
    await page.locator(".map-bar select").focus();
    const keys = keyboard(page);
    await keys.to(/Escape, then Tab, leaves the editor/, "Tab", 25);
    await page.keyboard.press("Escape");
    await keys.to(/^Journal$/, "Tab", 25);
    await page.context().close();
  });

  test("sees where it is", { timeout: SLOW }, async () => {
    const { page } = await open(on.at);
    await page.locator(".cm-content").waitFor();
    const unseen: string[] = [];
    for (let presses = 0; presses < 45; presses += 1) {
      await page.keyboard.press("Tab");
      const found = await page.evaluate(() => {
        const it = document.activeElement as HTMLElement;
        if (!it || it === document.body || it.shadowRoot) return undefined;
        const marked = (one: Element | null): boolean => one !== null && (getComputedStyle(one).outlineStyle !== "none" || getComputedStyle(one).boxShadow !== "none");
        const isSeen = marked(it) || marked(it.closest(".composer-box, .search, .react-flow__node, label"));
        return isSeen ? undefined : it.outerHTML.slice(0, 90);
      });
      if (found) unseen.push(found);
      if (await page.evaluate(() => document.activeElement?.shadowRoot !== null && document.activeElement?.shadowRoot !== undefined)) await page.keyboard.press("Escape");
    }
    expect(unseen).toEqual([]);
    await page.context().close();
  });

  test("reads on the map where a state leads", { timeout: SLOW }, async () => {
    const { page } = await open(on.at);
    await newCustomer(page, "Naliaka");
    const welcome = page.locator(".react-flow__node", { hasText: "welcome" }).first();
    await welcome.waitFor();
    await welcome.focus();
    await page.keyboard.press("Enter");
    const chosen = page.locator(".chosen");
    await chosen.waitFor();
    await chosen.getByRole("button", { name: "categories" }).first().waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => chosen.count()).toBe(0);
    await page.context().close();
  });

  test("everything that can be pressed has a name", { timeout: SLOW }, async () => {
    const { page } = await open(on.at);
    if (!real) await phoneOf(page, "Gallery");
    await page.locator(".cm-content").waitFor();
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, a[href], input, select, textarea, [role=button]")]
        .filter((it) => it.offsetParent !== null)
        .filter((it) => !(it.getAttribute("aria-label") || it.textContent?.trim() || it.title || (it as HTMLInputElement).labels?.length))
        .map((it) => it.outerHTML.slice(0, 120)),
    );
    expect(nameless).toEqual([]);
    expect(await page.locator(".thread[role=log][aria-live=polite]").count()).toBeGreaterThan(0);
    await page.context().close();
  });
});

test("by keys alone: the shop's person takes over, answers, and gives back", { timeout: SLOW }, async () => {
  const { page, troubles } = await open(on.at);
  await newCustomer(page, "Nafula");
  const phone = page.locator(".phone.is-active");
  const person = page.locator(".pane-person");
  await write(page, "hi");
  const asked = phone.locator(".bubble").getByRole("button", { name: "Shop", exact: true });
  await asked.first().waitFor();
  await person.getByRole("button", { name: "Take over" }).focus();
  await page.keyboard.press("Enter");
  await phone.locator(".handed").waitFor();
  await person.locator("textarea:focus").waitFor();
  await page.keyboard.type("Grace here, <b>which size</b>?");
  await page.keyboard.press("Enter");
  const said = phone.locator(".row:not(.is-mine)", { hasText: "Grace here, <b>which size</b>?" });
  await said.waitFor();
  await write(page, "Size 12");
  await phone.locator(".row.is-mine", { hasText: "Size 12" }).waitFor();
  await phone.locator(".handed").getByRole("button", { name: "Answer as the shop" }).focus();
  await page.keyboard.press("Enter");
  await person.locator("textarea:focus").waitFor();
  expect(await asked.count()).toBe(1);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await asked.nth(1).waitFor();
  await person.locator("button:focus", { hasText: "Take over" }).waitFor();
  await said.hover();
  await said.getByRole("button", { name: "Why was this sent?" }).click();
  await page.locator(".journal details.is-asked[open]").getByText("A person of the shop wrote this.").waitFor();
  expect(troubles).toEqual([]);
  await page.context().close();
});
