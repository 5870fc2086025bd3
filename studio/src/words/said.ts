// What was done, in the page's own language. In English the server says it itself, and says more.
import type { Act, Reloaded, Timer } from "../api/types";
import type { Language, Say, Word } from ".";
import { en } from "./en";

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

/** Why something was not done. `undefined`: the server says it itself, or the page has no words for it. */
export function refused(told: { code: string; about: Record<string, string> }, t: Say, speaksServer: boolean): string | undefined {
  const word = `error.${told.code}`;
  if (!Object.hasOwn(en, word) || (speaksServer && told.code !== "unreachable")) return undefined;
  const { state } = told.about;
  return t(word as Word, state === undefined ? told.about : { ...told.about, state: named(t, "payment", state) });
}

/** A state in the page's own words where it has them; anything else as the server says it. */
export function named(t: Say, kind: "order" | "payment" | "template" | "category", state: string): string {
  const word = `${kind}.${state}`;
  return Object.hasOwn(en, word) ? t(word as Word) : state.replaceAll("_", " ");
}

/** What time will do. A length stands in one unit, as flows write it: `26 hours`. */
export function timed({ kind, length_ms = 0 }: Timer, t: Say): string {
  const units = [[86_400_000, "time.days"], [3_600_000, "time.hours"], [60_000, "time.minutes"], [1_000, "time.seconds"]] as const;
  const [length, unit] = units.find(([length]) => length_ms % length === 0) ?? units[3];
  return t(`timer.${kind}`, { time: t(unit, { count: length_ms / length }) });
}

/** A length of time in its two largest parts. */
export function lasting(ms: number, t: Say): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: [number, "time.days" | "time.hours" | "time.minutes" | "time.seconds"][] = [
    [Math.floor(seconds / 86_400), "time.days"],
    [Math.floor(seconds / 3600) % 24, "time.hours"],
    [Math.floor(seconds / 60) % 60, "time.minutes"],
    [seconds % 60, "time.seconds"],
  ];
  const from = parts.findIndex(([count]) => count > 0);
  if (from === -1) return t("time.seconds", { count: 0 });
  return parts
    .slice(from, from + 2)
    .filter(([count], index) => count > 0 || index === 0)
    .map(([count, word]) => t(word, { count }))
    .join(" ");
}

/** Whether the server's own sentence is the better one. */
export const speaksServer = (language: Language) => language === "en";
