// What was done, in the page's own language. In English the server says it itself, and says more.
import type { Act, By, Left, MapEdge, Reloaded, Timer } from "../api/types";
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
      const words: Record<string, Word> = { pay: "said.pay", fail: "said.fail", expire: "said.expire", late: "said.late", cancel: "said.cancel", ship: "said.ship", deliver: "said.deliver", return: "said.return", refund: "said.refund" };
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
export function named(t: Say, kind: "order" | "payment" | "template" | "category" | "cost" | "billed" | "consent", state: string): string {
  const word = `${kind}.${state}`;
  return Object.hasOwn(en, word) ? t(word as Word) : state.replaceAll("_", " ");
}

/** What time will do. */
export function timed({ kind, length_ms = 0 }: Timer, t: Say): string {
  return t(`timer.${kind}`, { time: inOneUnit(length_ms, t) });
}

/** A length as flows write it: `26 hours`. */
function inOneUnit(ms: number, t: Say): string {
  const units = [[86_400_000, "time.days"], [3_600_000, "time.hours"], [60_000, "time.minutes"], [1_000, "time.seconds"]] as const;
  const [length, unit] = units.find(([length]) => ms % length === 0) ?? units[3];
  return t(unit, { count: ms / length });
}

/** What takes a conversation along a way of the map. */
export function taken({ by, guard, on }: Pick<MapEdge, "by" | "guard" | "on">, t: Say): string {
  const what = caused(by, t) ?? on;
  if (guard === undefined) return what;
  return by.code === "then" ? t("way.if", { guard }) : t("way.given", { what, guard });
}

function caused({ code, about = "" }: By, t: Say): string | undefined {
  if (code === "words") return `${about}`;
  if (code === "after" || code === "quiet") return t(`timer.${code}`, { time: inOneUnit(Number(about), t) });
  const word = `way.${code}`;
  return Object.hasOwn(en, word) ? t(word as Word, { name: about }) : undefined;
}

/** A way that no test takes: where it is written, in the words of the file. */
export function untaken({ owner, by }: Left, t: Say): string {
  switch (by.code) {
    case "line":
      return `${owner}: ${by.about}`;
    case "failure":
      return `${owner}: ${t("left.failure")}`;
    case "itself":
      return `${owner}: ${t("left.itself", { line: by.about })}`;
  }
}

/** Why a message did not come: the vendor's number for it, and what that means where the page knows it. */
export function failed({ code }: { code: number }, t: Say): string {
  const word = `failed.${code}`;
  return Object.hasOwn(en, word) ? `${code} ${t(word as Word)}` : `${code}`;
}

/** A value of the conversation. What is a name or a text stays as it is. */
export function valued({ kind, value }: { kind: string; value: string }, t: Say): string {
  if (kind === "yes_no") return t(value === "no" ? "journal.no" : "journal.yes");
  if (kind === "consent") return named(t, "consent", value);
  const length = kind === "duration" && /^(\d+) (day|hour|minute|second)s?$/.exec(value);
  return length ? t(`time.${length[2] as "day" | "hour" | "minute" | "second"}s`, { count: Number(length[1]) }) : value;
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
