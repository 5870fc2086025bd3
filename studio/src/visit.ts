// What a reload of the page keeps for this tab: which phones are in hand, and what is written on them and not sent yet. Gone
// with the tab. Where storage is off nothing is kept.

type Phones = { open: string[]; active: string };
type Visit = { phones: Record<string, Phones>; drafts: Record<string, string> };

const KEPT = "duka.visit";

function read(): Visit {
  try {
    const { phones = {}, drafts = {} } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    return { phones, drafts };
  } catch {
    return { phones: {}, drafts: {} };
  }
}

function change(how: (visit: Visit) => void) {
  const visit = read();
  how(visit);
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(visit));
  } catch {
    // Storage is off or full: it holds until the page is loaded anew.
  }
}

export function keptPhones(shop: string): Phones {
  return read().phones[shop] ?? { open: [], active: "" };
}

export function keepPhones(shop: string, phones: Phones) {
  change((visit) => (visit.phones[shop] = phones));
}

/** What was written to the shop, or (`as` the shop) to the customer, and not sent. */
export function draftOf(shop: string, customer: string, as: "customer" | "shop" = "customer"): string {
  return read().drafts[`${shop}/${customer}/${as}`] ?? "";
}

export function keepDraft(shop: string, customer: string, words: string, as: "customer" | "shop" = "customer") {
  change((visit) => {
    const name = `${shop}/${customer}/${as}`;
    if (words === "") delete visit.drafts[name];
    else visit.drafts[name] = words;
  });
}
