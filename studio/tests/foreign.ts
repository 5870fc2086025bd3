// Words of the page that are not in its language. Where the page speaks Arabic, whatever is written in Latin letters has to be
// somebody's own: the shop's, a customer's, the file's, or one of a few names. No list of what the page says is needed.
import { bare } from "../src/chat/format";

/** What is called the same in every language. */
const NAMES = /\b(WhatsApp|Duka|duka dev|MB|ms|JPEG|Enter|Escape|Tab|Shift)\b|\b[DT]\d{3}\b|\bwamid\S*/g;

export type Seen = { text: string; place: string };

/** Every text that the page shows or reads out, with where it stands; not what is in another language by its `lang`. */
export function texts(): Seen[] {
  const spoken = document.documentElement.lang;
  const found: Seen[] = [];
  const skipped = "script, style, pre, .cm-content, .cm-gutters";
  const place = (it: Element | null) => {
    const names: string[] = [];
    for (let at = it; at && names.length < 5; at = at.parentElement) names.unshift(at.className && typeof at.className === "string" ? `${at.tagName.toLowerCase()}.${at.className.trim().split(/\s+/).join(".")}` : at.tagName.toLowerCase());
    return names.join(" > ");
  };
  const look = (root: Document | ShadowRoot) => {
    for (const it of root.querySelectorAll("*")) {
      if (it.shadowRoot) look(it.shadowRoot);
      if (it.closest(skipped) || it.closest("[lang]")?.getAttribute("lang") !== spoken && it.closest("[lang]") !== null) continue;
      for (const name of ["aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription", "aria-valuetext"]) {
        const text = it.getAttribute(name);
        // What is hidden from readers is called nothing to them.
        const isHeard = !name.startsWith("aria") || !it.closest("[aria-hidden=true]");
        if (text && isHeard) found.push({ text, place: `${place(it)} [${name}]` });
      }
      for (const node of it.childNodes) if (node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim()) found.push({ text: node.nodeValue, place: place(it) });
    }
  };
  look(document);
  return found;
}

/** All strings in something. */
function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(leaves);
}

const plain = (text: string) => bare(text).replace(/[\u2066-\u2069\u200b-\u200f]/g, "").replace(/\s+/g, " ").trim();

/** What the shop, its customers and its files say themselves, and what they are called: asked from the server. */
export async function own(address: string): Promise<string[]> {
  const get = async (path: string) => (await fetch(`${address}/api/v1/dev${path}`)).json().catch(() => undefined);
  const home = await get("");
  const said = leaves(home.files);
  for (const shop of home.shops) {
    // What is found is told by the checker, in English everywhere.
    said.push(...leaves([shop.name, shop.slug, shop.files, shop.currency, shop.revision, shop.revision.slice(0, 12), shop.findings]));
    const map = await get(`/shops/${shop.slug}/map`);
    for (const flow of map?.flows ?? []) {
      said.push(flow.name, ...flow.states.flatMap((state: any) => leaves([state.name, state.label, state.line.file, state.parent, state.parent?.replace(/^.*[.:/]/, "").replace(/^group /, "")])));
      said.push(...flow.edges.flatMap((edge: any) => leaves([edge.by?.about, edge.guard])));
    }
    const backend = await get(`/shops/${shop.slug}/backend`);
    said.push(...leaves([backend?.products, (backend?.templates ?? []).map((one: any) => [one.name, one.language])]));
    for (const customer of (await get(`/shops/${shop.slug}/customers`)) ?? []) {
      said.push(customer.name, customer.id);
      const of = `/shops/${shop.slug}/customers/${customer.id}`;
      const [thread, place] = [await get(`${of}/thread`), await get(`${of}/place`)];
      const values = (place?.values ?? []).map((one: any) => [one.name, ["yes_no", "consent", "duration"].includes(one.kind) ? "" : one.value]);
      said.push(...leaves([place?.flow, place?.state, values, (place?.orders ?? []).map((one: any) => [one.reference, one.total, one.tracking])]));
      for (const { body, template, form, product, products, why } of Array.isArray(thread) ? thread : []) {
        said.push(...leaves([body, template, form, product, products, why?.flow, why?.state, why?.line?.file, why?.follow, (why?.guards ?? []).map((one: any) => one.text)]));
      }
    }
  }
  return [...new Set(said.map((one) => one.replace(/[\u202d\u202e]/g, "\ufffd")).flatMap((one) => [one.trim(), plain(one), ...one.split("\n").map(plain)]).filter((one) => /[a-z]{2}/i.test(one)))];
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Where messages stand, also cut short or in parts. */
const SHOWN = /bubble|journal-words|quoted|played|card-text|dialog|finding|values/;

/** What was seen on the page and is neither in its language nor somebody's own. */
export function foreign(seen: Seen[], owned: string[]): string[] {
  const said = owned.toSorted((a, b) => b.length - a.length);
  const strays = seen.filter(({ text, place }) => {
    let left = plain(text);
    // The words of a way are cut.
    const cut = / > text$/.test(place) ? /(?:^| \/ |، )([^/،]*)…$/.exec(left)?.[1] : undefined;
    const isOwn = (begun: string) => said.some((one) => one.startsWith(begun));
    // A condition stands behind the page's own word for "if".
    if (cut && (isOwn(cut) || isOwn(cut.replace(/^\S+ /, "")))) left = left.slice(0, -cut.length - 1);
    for (const one of said) if (left.includes(one)) left = left.replace(new RegExp(`(?<![A-Za-z_])${escaped(one)}(?![A-Za-z_])`, "g"), " ");
    left = left.replace(NAMES, " ");
    if (!/[A-Za-z]{2,}/.test(left)) return false;
    // Messages stand in parts, and with the name of who says them.
    const part = plain(text).replace(/^[^:]*: /, "").replace(/…$/, "");
    return !(SHOWN.test(place) && said.some((one) => one.includes(part) || one.includes(plain(text).replace(/…$/, ""))));
  });
  return [...new Set(strays.map(({ text, place }) => `${plain(text)}   (${place})`))];
}
