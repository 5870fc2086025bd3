// What was done, in the page's own language. In English the server says it itself, and says more.
import type { Act, Reloaded } from "../api/types";
import type { Language, Say, Word } from ".";

/** The words for what a lever did. `name`: of a product or a template, where it is one. */
export function pulled(lever: string, body: any): [Word, Record<string, string | number>?] | undefined {
  switch (lever) {
    case "restart":
      return ["said.restart"];
    case "duplicate":
      return ["said.duplicate"];
    case "swap":
      return ["said.swap"];
    case "backend":
      if (body.down === true) return ["said.down"];
      if (body.delay_ms > 0) return ["said.slow", { count: body.delay_ms }];
      return ["said.fast"];
    case "product":
      return ["said.product", { name: body.name ?? body.sku }];
    case "template":
      return [body.status === "APPROVED" ? "said.approved" : "said.paused", { name: body.name }];
    case "statuses":
      return [body.read ? "said.reads" : "said.readsNot"];
    case "order": {
      const words: Record<string, Word> = { pay: "said.pay", fail: "said.fail", expire: "said.expire", ship: "said.ship", deliver: "said.deliver" };
      const word = words[body.action];
      return word && [word, { reference: body.reference }];
    }
    default:
      return undefined;
  }
}

/** What the shop's person did. */
export function acted(action: Act["action"], name: string): [Word, Record<string, string>] {
  return [action === "open" ? "said.open" : "said.close", { name }];
}

/** What became of a saved file, and of those who stood in it. */
export function reloaded(told: Reloaded, t: Say): string {
  if (told.ok === false) return t("said.broken");
  const of = (outcome: string) => (told.places ?? []).filter((place) => place.outcome === outcome).length;
  const parts: [Word, number][] = [["said.kept", of("kept")], ["said.pinned", of("pinned")], ["said.lost", of("lost")]];
  return [t("said.runs"), ...parts.filter(([, count]) => count > 0).map(([word, count]) => t(word, { count }))].join(" ");
}

/** Why something was not done, where the code says it all. */
export function refused(code: string): Word | undefined {
  const words: Record<string, Word> = { unreachable: "error.unreachable", down: "error.down", failed: "error.failed" };
  return words[code];
}

/** Whether the server's own sentence is the better one. */
export const speaksServer = (language: Language) => language === "en";
