// What every part of one phone knows: whose it is, what words it speaks, what can be opened on it.
import { createContext, useContext } from "react";

import type { Customer, FileKind, Product, Say as Saying, Shop } from "../api/types";
import type { Main, Section, Tap } from "../chat/bubble";
import type { Language, Say } from "../words";

/** What slides up over the conversation. */
export type Sheet =
  | { kind: "list"; title: string; sections: Section[]; message: string }
  | { kind: "products"; title?: string; sections: Section[]; catalogue: string }
  | { kind: "product"; product: Product; catalogue: string }
  | { kind: "catalogue"; catalogue: string }
  | { kind: "cart"; catalogue: string }
  | { kind: "form"; tap: Extract<Tap, { kind: "form" }>; message: string; intro?: string }
  | { kind: "bill"; bill: Extract<Main, { kind: "bill" }> }
  | { kind: "place" }
  | { kind: "file"; of: Exclude<FileKind, "audio"> };

export type Cart = { sku: string; name: string; price: string; image?: string; quantity: number }[];

/** What stays the same while messages come and go: every bubble reads it. */
export type PhoneContext = {
  /** The customer's. */
  id: string;
  shop: Shop;
  /** In the customer's own language. */
  t: Say;
  language: Language;
  zone?: string;
  say: (what: Saying) => Promise<boolean>;
  /** The same with a file; without one, a small one of the server's own. */
  give: (kind: FileKind, file?: Blob, more?: { name?: string; caption?: string }) => Promise<boolean>;
  open: (sheet: Sheet | undefined) => void;
  /** The message that the next text answers. */
  answer: (message: string | undefined) => void;
};

const context = createContext<PhoneContext | undefined>(undefined);

/** What changes with most messages: read by few. */
export type Owner = { customer: Customer; cart: Cart; fill: (cart: Cart) => void };

const owner = createContext<Owner | undefined>(undefined);

export const PhoneProvider = context.Provider;
export const OwnerProvider = owner.Provider;

export function usePhone(): PhoneContext {
  return inside(useContext(context));
}

export function useOwner(): Owner {
  return inside(useContext(owner));
}

function inside<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a part of a phone is drawn outside of one");
  return value;
}
