// What is written into a shop's file, whatever happens to it meanwhile.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page, Route } from "playwright-core";
import { expect, test } from "vitest";

import { bench, open, type Bench } from "./browser";

const SLOW = 120_000;
const FILE = "/api/v1/dev/shops/boutique/files/boutique.duka";

const line = (page: Page, words: string) => page.locator(".cm-line", { hasText: words }).first();
const status = (page: Page, words: string) => page.locator(".file-bar [role=status]").getByText(words, { exact: true }).waitFor();
const waits = (page: Page) => page.locator(".pane-file .pane-waits");

/** The played shop in a world of its own, with its file open. */
async function alone() {
  const at = await bench({ played: true });
  const { page } = await open(at);
  await line(page, "Zuri Boutique").waitFor();
  return { at, page };
}

async function type(page: Page, words: string) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(words);
}

const onDisk = async (at: Bench): Promise<{ text: string; sha: string }> => (await fetch(at.address + FILE)).json();

/** Another editor writes. */
async function change(at: Bench, how: (text: string) => string) {
  const { text, sha } = await onDisk(at);
  const answer = await fetch(at.address + FILE, { method: "PUT", body: JSON.stringify({ text: how(text), sha }), headers: { "content-type": "application/json" } });
  expect(answer.status).toBe(200);
}

/** Requests about the file wait until they are let go. */
async function hold(page: Page, method: "GET" | "PUT") {
  const held: Route[] = [];
  let holds = true;
  await page.route(`**${FILE}`, (route) => (holds && route.request().method() === method ? void held.push(route) : route.continue()));
  const letGo = async () => {
    holds = false;
    for (const route of held) {
      const answer = page.waitForResponse((response) => response.request() === route.request());
      await route.continue();
      await (await answer).finished();
    }
  };
  return { held, letGo };
}

/** As if an earlier visit of this tab had left them. */
async function leave(page: Page, drafts: Record<string, { text: string; sha: string }>) {
  await page.evaluate((kept) => sessionStorage.setItem("duka.files", kept), JSON.stringify(drafts));
  await page.reload();
  await line(page, "Zuri Boutique").waitFor();
}

test("letters that are typed while the file is read again stay, until it is asked for", { timeout: SLOW }, async () => {
  const { at, page } = await alone();
  const { held, letGo } = await hold(page, "GET");
  await change(at, (text) => `${text}\n# theirs`);
  await expect.poll(() => held.length).toBeGreaterThan(0);
  await type(page, "\n# mine");
  await status(page, "Not saved yet");
  await letGo();
  await page.keyboard.press("Control+s");
  await page.getByText("The file was changed elsewhere meanwhile.").waitFor();
  await line(page, "# mine").waitFor();
  await page.getByRole("button", { name: "Read it again" }).click();
  await line(page, "# theirs").waitFor();
  await status(page, "Saved");
  expect(await line(page, "# mine").count()).toBe(0);
  await at.end();
});

test("nothing can be written or saved before the file is there", { timeout: SLOW }, async () => {
  const { at, page } = await alone();
  const puts: string[] = [];
  page.on("request", (request) => request.method() === "PUT" && puts.push(request.url()));
  const { held, letGo } = await hold(page, "GET");
  await page.reload();
  await expect.poll(() => held.length).toBeGreaterThan(0);
  await type(page, "lost");
  await page.keyboard.press("Control+s");
  await letGo();
  await line(page, "Zuri Boutique").waitFor();
  await type(page, "\n# later");
  await waits(page).getByText("Not saved yet: boutique.duka", { exact: true }).waitFor();
  expect(puts).toEqual([]);
  await at.end();
});

test("a second save waits for the first, and is not taken for somebody else's", { timeout: SLOW }, async () => {
  const { at, page } = await alone();
  const { held, letGo } = await hold(page, "PUT");
  await type(page, "\n# once");
  await page.keyboard.press("Control+s");
  await expect.poll(() => held.length).toBe(1);
  await page.keyboard.type(" and again");
  await page.keyboard.press("Control+s");
  await letGo();
  await status(page, "Saved");
  expect(await page.locator(".file-conflict").count()).toBe(0);
  expect((await onDisk(at)).text).toMatch(/# once and again$/);
  await at.end();
});

test("what was saved while nothing was heard is read after it", { timeout: SLOW }, async () => {
  const { at, page } = await alone();
  await page.route("**/dev/stream?*", (route) => route.abort());
  await page.reload();
  await line(page, "Zuri Boutique").waitFor();
  await page.locator(".lamp:not(.is-on)").waitFor();
  await change(at, (text) => `# chekout\n${text}`);
  await page.unroute("**/dev/stream?*");
  await line(page, "chekout").waitFor();
  await page.locator(".finding.is-error", { hasText: "D104" }).waitFor();
  await at.end();
});

test("what was written into a file that is gone is shown, and can be dropped; another shop's asks nothing", { timeout: SLOW }, async () => {
  const { at, page } = await alone();
  const asked: string[] = [];
  page.on("dialog", (dialog) => (asked.push(dialog.type()), void dialog.accept()));
  await leave(page, { "boutique/old.duka": { text: "# kept words", sha: "1" }, "elsewhere/shop.duka": { text: "", sha: "1" } });
  await waits(page).getByText("Not saved yet: old.duka", { exact: true }).waitFor();
  await page.locator(".file-bar select").selectOption("old.duka");
  await line(page, "# kept words").waitFor();
  await page.getByText("This file is no longer in the shop.").waitFor();
  await page.reload();
  expect(asked).toEqual(["beforeunload"]);
  await page.locator(".file-bar select").selectOption("old.duka");
  await page.getByRole("button", { name: "Throw mine away" }).click();
  await line(page, "Zuri Boutique").waitFor();
  await waits(page).waitFor({ state: "detached" });
  expect(await page.locator(".file-bar option", { hasText: "old.duka" }).count()).toBe(0);
  await page.reload();
  await line(page, "Zuri Boutique").waitFor();
  expect(asked).toEqual(["beforeunload"]);
  await at.end();
});

test("what was written and lies on disk by now is no conflict", { timeout: SLOW }, async () => {
  const { at, page } = await alone();
  const { text } = await onDisk(at);
  await leave(page, { "boutique/boutique.duka": { text, sha: "of an earlier one" } });
  await waits(page).waitFor({ state: "detached" });
  await status(page, "Saved");
  await at.end();
});

test.skipIf(!process.env.DUKA)("a process that was begun anew shows the file as it is now, and takes what is saved", { timeout: SLOW }, async () => {
  const at = await bench();
  const { page } = await open(at);
  await line(page, "Zuri Boutique").waitFor();
  const path = join(at.folder ?? "", "boutique.duka");
  await at.again?.(() => writeFileSync(path, `# while none ran\n${readFileSync(path, "utf8")}`));
  await line(page, "# while none ran").waitFor();
  await type(page, "# and then");
  await page.keyboard.press("Control+s");
  await status(page, "Saved");
  await expect.poll(() => readFileSync(path, "utf8")).toMatch(/# and then$/);
  await at.end();
});

test.skipIf(!process.env.DUKA)("what is saved elsewhere reaches the page, whether or not the program changes", { timeout: SLOW }, async () => {
  const at = await bench();
  const { page } = await open(at);
  const saved = (path: string, how: (text: string) => string) => {
    const place = join(at.folder ?? "", path);
    writeFileSync(place, how(readFileSync(place, "utf8")));
  };
  saved("shop.yaml", (text) => text.replace(/^name: .*$/m, "name: The Other Boutique"));
  await page.locator(".top-shop", { hasText: "The Other Boutique" }).waitFor();
  saved("fixtures/zuri.yaml", (text) => text.replace("Kitenge wrap dress", "Kanga dress"));
  await page.getByLabel("Price of Kanga dress").waitFor();
  writeFileSync(join(at.folder ?? "", "more.test.duka"), "tests for boutique\n  given shop fixtures/zuri.yaml\n\ntest hello\n  customer: hi\n");
  await page.locator(".file-bar option", { hasText: "more.test.duka" }).waitFor({ state: "attached" });
  await at.end();
});

test.skipIf(!process.env.DUKA)("a file that is no text any more, and a folder that is gone, are not called saved", { timeout: SLOW }, async () => {
  const at = await bench();
  const { page } = await open(at);
  const folder = at.folder ?? "";
  const place = join(folder, "boutique.duka");
  const flow = readFileSync(place);
  await status(page, "Saved");
  writeFileSync(place, Buffer.concat([flow, Buffer.from([0xff, 0xfe, 0x0a])]));
  await status(page, "Cannot be read now");
  writeFileSync(place, flow);
  await status(page, "Saved");
  renameSync(folder, `${folder}-away`);
  await status(page, "Cannot be read now");
  await page.locator(".finding", { hasText: "is not there any more" }).waitFor();
  renameSync(`${folder}-away`, folder);
  await status(page, "Saved");
  await at.end();
});
