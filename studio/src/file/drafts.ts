// What is written into the shops' files and not saved yet. A reload of the page keeps it for its tab; whoever leaves is asked.
import { create } from "zustand";

import { useStudio } from "../store";

/** `sha`: of the file that it was written into. */
export type Draft = { text: string; sha: string };
type Drafts = Record<string, Draft>;

const KEPT = "duka.files";

function kept(): Drafts {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

export const useDrafts = create<Drafts>(kept);

useDrafts.subscribe((drafts) => {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(drafts));
  } catch {
    // Storage is off or full: it holds until the page is loaded anew.
  }
});

addEventListener("beforeunload", (event) => {
  // Those of a shop that this server does not have are shown nowhere.
  const shops = useStudio.getState().home?.shops ?? [];
  if (shops.some(({ slug }) => draftsOf(useDrafts.getState(), slug).length > 0)) event.preventDefault();
});

export function draftOf(drafts: Drafts, shop: string, path: string): Draft | undefined {
  return drafts[`${shop}/${path}`];
}

/** The files of a shop that have one, also those that are gone meanwhile. */
export function draftsOf(drafts: Drafts, shop: string): string[] {
  return Object.keys(drafts).filter((key) => key.startsWith(`${shop}/`)).map((key) => key.slice(shop.length + 1));
}

/** Without a draft the file is as it was saved. */
export function keepDraft(shop: string, path: string, draft?: Draft) {
  const { [`${shop}/${path}`]: _, ...others } = useDrafts.getState();
  useDrafts.setState(draft ? { ...others, [`${shop}/${path}`]: draft } : others, true);
}
