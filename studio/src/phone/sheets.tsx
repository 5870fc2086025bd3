// What slides up over the conversation: choices of a list, products, the cart, a form, a place, a file. One at a time; the
// conversation below cannot be reached until it is closed, the workbench beside the phone can.
import { Dialog, DialogHeading } from "@ariakit/react";
import { useState, type ReactNode } from "react";

import type { Product } from "../api/types";
import type { Section } from "../chat/bubble";
import { pull, useStudio } from "../store";
import { Icon, IconButton, Name } from "../ui";
import { useOwner, usePhone, type Sheet } from "./context";
import { FormSheet } from "./form";
import { FileSheet, PlaceSheet } from "./giving";
import { Bill } from "./main";
import { Picture } from "./picture";

export default function Sheets({ sheet }: { sheet: Sheet }) {
  const { open, t } = usePhone();
  const close = () => open(undefined);
  switch (sheet.kind) {
    case "list":
      return <ListSheet sheet={sheet} close={close} />;
    case "products":
      return (
        <Frame title={sheet.title ?? t("phone.items")} close={close} full>
          <Products sections={sheet.sections} catalogue={sheet.catalogue} />
          <CartButton catalogue={sheet.catalogue} />
        </Frame>
      );
    case "catalogue":
      return <Catalogue catalogue={sheet.catalogue} close={close} />;
    case "product":
      return <OneProduct product={sheet.product} catalogue={sheet.catalogue} close={close} />;
    case "cart":
      return <CartSheet catalogue={sheet.catalogue} close={close} />;
    case "form":
      return <FormSheet sheet={sheet} close={close} />;
    case "bill":
      return <BillSheet bill={sheet.bill} close={close} />;
    case "place":
      return <PlaceSheet close={close} />;
    case "file":
      return <FileSheet of={sheet.of} close={close} />;
  }
}

/** A sheet with its title. `full` covers the conversation. */
/** `back`: to the screen before, where there is one. */
export function Frame({ title, close, back, full = false, children }: { title: string; close: () => void; back?: () => void; full?: boolean; children: ReactNode }) {
  const { t } = usePhone();
  return (
    <div className="over">
      <div className="over-back" onClick={close} />
      <Dialog open onClose={close} modal={false} portal={false} hideOnInteractOutside={false} autoFocusOnHide={false} className={`sheet ${full ? "is-full" : ""}`}>
        <div className="sheet-bar">
          {back && <IconButton icon="back" label={t("phone.back")} onClick={back} />}
          <IconButton icon="close" label={t("phone.close")} onClick={close} />
          <DialogHeading render={<h2 />}>
            <bdi>{title}</bdi>
          </DialogHeading>
        </div>
        {children}
      </Dialog>
    </div>
  );
}

function ListSheet({ sheet, close }: { sheet: Extract<Sheet, { kind: "list" }>; close: () => void }) {
  const { t, say } = usePhone();
  const [picked, pick] = useState<string>();
  const rows = sheet.sections.flatMap((section) => section.rows);
  const row = rows.find((one) => one.id === picked);
  const send = () => {
    if (!row) return;
    close();
    void say({ list: row.id, title: row.title, description: row.note, message: sheet.message });
  };
  return (
    <Frame title={sheet.title} close={close}>
      <form
        className="sheet-form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div className="sheet-body" role="radiogroup" aria-label={t("phone.choose")}>
          {sheet.sections.map((section, at) => (
            <div key={at} className="section">
              {section.title && (
                <h3 dir="auto" className="section-title">
                  {section.title}
                </h3>
              )}
              {section.rows.map((one) => (
                <label key={one.id} className="list-row">
                  <span className="list-words">
                    <span dir="auto">{one.title}</span>
                    {one.note && (
                      <span dir="auto" className="quiet">
                        {one.note}
                      </span>
                    )}
                  </span>
                  <input type="radio" name="row" value={one.id} checked={picked === one.id} onChange={() => pick(one.id)} onDoubleClick={send} />
                </label>
              ))}
            </div>
          ))}
        </div>
        <div className="sheet-foot">
          {row ? (
            <button type="submit" className="round-send" aria-label={t("phone.send")} title={t("phone.send")}>
              <Icon name="send" size={22} filled />
            </button>
          ) : (
            <span className="quiet">{t("phone.select")}</span>
          )}
        </div>
      </form>
    </Frame>
  );
}

function Products({ sections, catalogue }: { sections: Section[]; catalogue: string }) {
  const { open } = usePhone();
  return (
    <div className="sheet-body">
      {sections.map((section, at) => (
        <div key={at} className="section">
          {section.title && (
            <h3 dir="auto" className="section-title">
              {section.title}
            </h3>
          )}
          {section.rows.map(
            (row) =>
              row.product && (
                <div key={row.id} className="product-row">
                  <button type="button" className="product-open" onClick={() => row.product && open({ kind: "product", product: row.product, catalogue })}>
                    <Picture url={row.product.image} label={row.product.name} className="thumb" icon="bag" />
                    <span className="list-words">
                      <span dir="auto">{row.product.name}</span>
                      <span dir="auto" className="quiet is-clipped">
                        {row.product.description}
                      </span>
                      <strong>
                        <Name>{row.product.price}</Name>
                      </strong>
                    </span>
                  </button>
                  <Stepper product={row.product} />
                </div>
              ),
          )}
        </div>
      ))}
    </div>
  );
}

/** How many of a product are in the cart. WhatsApp takes 99 at most. */
function Stepper({ product }: { product: Product }) {
  const { t } = usePhone();
  const { cart, fill } = useOwner();
  const mine = cart.find((one) => one.sku === product.sku)?.quantity ?? 0;
  const put = (quantity: number) => {
    const others = cart.filter((one) => one.sku !== product.sku);
    const { sku, name, price, image } = product;
    const kept = cart.map((one) => (one.sku === sku ? { ...one, quantity } : one));
    fill(quantity === 0 ? others : mine === 0 ? [...cart, { sku, name, price, image, quantity }] : kept);
  };
  if (product.stock === 0) return <span className="quiet">{t("phone.soldOut")}</span>;
  if (mine === 0) return <IconButton icon="plus" className="is-add" label={`${t("phone.addToCart")}: ${product.name}`} onClick={() => put(1)} />;
  return (
    <span className="stepper">
      <IconButton icon="minus" size={16} label={t("phone.less")} onClick={() => put(mine - 1)} />
      <output aria-live="polite">{mine}</output>
      <IconButton icon="plus" size={16} label={t("phone.more")} disabled={mine >= 99} onClick={() => put(mine + 1)} />
    </span>
  );
}

function CartButton({ catalogue }: { catalogue: string }) {
  const { t, open } = usePhone();
  const { cart } = useOwner();
  const count = cart.reduce((sum, one) => sum + one.quantity, 0);
  if (count === 0) return null;
  return (
    <div className="sheet-foot">
      <button type="button" className="wide-button" onClick={() => open({ kind: "cart", catalogue })}>
        {t("phone.viewCart")} ({count})
      </button>
    </div>
  );
}

function Catalogue({ catalogue, close }: { catalogue: string; close: () => void }) {
  const { t, shop } = usePhone();
  const products = useStudio((now) => now.backend?.products) ?? [];
  const rows = products.map((product) => ({ id: product.sku, title: product.name, product }));
  return (
    <Frame title={t("phone.catalogueOf", { shop: shop.name })} close={close} full>
      <Products sections={[{ rows }]} catalogue={catalogue} />
      <CartButton catalogue={catalogue} />
    </Frame>
  );
}

function OneProduct({ product, catalogue, close }: { product: Product; catalogue: string; close: () => void }) {
  const { t } = usePhone();
  const known = useStudio((now) => now.backend?.products.find((one) => one.sku === product.sku));
  const shown = { ...known, ...product };
  return (
    <Frame title={shown.name} close={close} full>
      <div className="sheet-body">
        <Picture url={shown.image ?? known?.image} label={shown.name} className="photo is-large" icon="bag" />
        <div className="product-page">
          <h3 dir="auto">{shown.name}</h3>
          <p className="price">
            <Name>{shown.price}</Name>
          </p>
          {shown.description && <p dir="auto">{shown.description}</p>}
          <p className="quiet">{shown.stock === null ? "" : shown.stock === 0 ? t("phone.soldOut") : t("phone.inStock", { count: shown.stock })}</p>
          <div className="product-buy">
            <span aria-hidden="true">{t("phone.addToCart")}</span>
            <Stepper product={shown} />
          </div>
        </div>
      </div>
      <CartButton catalogue={catalogue} />
    </Frame>
  );
}

function CartSheet({ catalogue, close }: { catalogue: string; close: () => void }) {
  const { t, say } = usePhone();
  const { cart, fill } = useOwner();
  const [words, setWords] = useState("");
  const send = async () => {
    const items = cart.map(({ sku, quantity }) => ({ sku, quantity }));
    if (await say({ order: { catalog_id: catalogue, text: words.trim() || undefined, items } })) {
      fill([]);
      close();
    }
  };
  return (
    <Frame title={t("phone.viewCart")} close={close} full>
      <div className="sheet-body">
        {cart.length === 0 && <p className="notice">{t("phone.emptyCart")}</p>}
        {cart.map((one) => (
          <div key={one.sku} className="product-row">
            <span className="product-open">
              <Picture url={one.image} label={one.name} className="thumb" icon="bag" />
              <span className="list-words">
                <span dir="auto">{one.name}</span>
                <strong>
                  <Name>{one.price}</Name>
                </strong>
              </span>
            </span>
            <Stepper product={{ ...one, stock: null }} />
          </div>
        ))}
      </div>
      {cart.length > 0 && (
        <div className="sheet-foot is-stacked">
          <input className="field" value={words} maxLength={1000} dir="auto" placeholder={t("phone.cartNote")} aria-label={t("phone.cartNote")} onChange={(event) => setWords(event.target.value)} />
          <button type="button" className="wide-button" onClick={() => void send()}>
            {t("phone.sendCart")}
          </button>
        </div>
      )}
    </Frame>
  );
}

/** Pays in the app: at the demo provider, for the order that the bill names or else the one that can be paid. */
function BillSheet({ bill, close }: { bill: Extract<Sheet, { kind: "bill" }>["bill"]; close: () => void }) {
  const { t, id } = usePhone();
  const orders = useStudio((now) => now.places[id]?.orders) ?? [];
  const payable = orders.filter((order) => order.actions.includes("pay"));
  const order = payable.find((one) => bill.reference.startsWith(one.reference)) ?? payable[0];
  const pay = async () => {
    if (order && (await pull("order", { reference: order.reference, action: "pay" }))) close();
  };
  return (
    <Frame title={t("phone.pay")} close={close}>
      <div className="sheet-body form">
        <Bill main={bill} />
      </div>
      <div className="sheet-foot">
        <button type="button" className="wide-button" disabled={!order} onClick={() => void pay()}>
          {t("phone.payNow", { amount: bill.total })}
        </button>
      </div>
    </Frame>
  );
}
