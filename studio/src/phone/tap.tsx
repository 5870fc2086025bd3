// What can be tapped under a message or on one of its cards.
import { useState } from "react";

import type { Bubble as Shown, Tap } from "../chat/bubble";
import { Icon, type Picture } from "../ui";
import { usePhone } from "./context";

export function TapRow({ tap, shown }: { tap: Tap; shown: Shown }) {
  const phone = usePhone();
  const { t } = phone;
  const [copied, setCopied] = useState(false);
  const { icon, title } = face(tap, t, copied);
  const inside = (
    <>
      <Icon name={icon} size={17} />
      <span dir="auto">{title}</span>
    </>
  );
  if ((tap.kind === "link" || tap.kind === "pay") && tap.href !== undefined) {
    return (
      <a className="tap" href={tap.href} target="_blank" rel="noopener noreferrer">
        {inside}
      </a>
    );
  }
  const press = () => {
    if (tap.kind === "copy") {
      setCopied(true);
      void navigator.clipboard?.writeText(tap.code).catch(() => undefined);
    } else act(tap, shown, phone);
  };
  const isInert = shown.mine || tap.kind === "dead" || tap.kind === "call";
  return (
    <button type="button" className="tap" disabled={isInert} onClick={press}>
      {inside}
    </button>
  );
}

function act(tap: Tap, shown: Shown, phone: ReturnType<typeof usePhone>) {
  const message = shown.id;
  switch (tap.kind) {
    case "reply":
      void phone.say({ button: tap.id, title: tap.title, message });
      break;
    case "quick":
      void phone.say({ quick: tap.id, title: tap.title, message });
      break;
    case "contact":
      void phone.say({ contact: true });
      break;
    case "list":
      phone.open({ kind: "list", title: tap.title, sections: tap.sections, message });
      break;
    case "products":
      phone.open({ kind: "products", title: tap.title, sections: tap.sections, catalogue: tap.catalogue });
      break;
    case "product":
      phone.open({ kind: "product", product: tap.product, catalogue: tap.catalogue });
      break;
    case "catalogue":
      phone.open({ kind: "catalogue", catalogue: tap.catalogue });
      break;
    case "form":
      phone.open({ kind: "form", tap, message, intro: shown.words });
      break;
    case "place":
      phone.open({ kind: "place" });
      break;
    case "pay":
      if (shown.main.kind === "bill") phone.open({ kind: "bill", bill: shown.main });
      break;
    case "link":
    case "call":
    case "copy":
    case "dead":
      break;
  }
}

function face(tap: Tap, t: ReturnType<typeof usePhone>["t"], copied: boolean): { icon: Picture; title: string } {
  switch (tap.kind) {
    case "reply":
    case "quick":
      return { icon: "reply", title: tap.title };
    case "list":
      return { icon: "list", title: tap.title };
    case "products":
      return { icon: "list", title: t("phone.viewItems") };
    case "product":
      return { icon: "bag", title: t("phone.view") };
    case "catalogue":
      return { icon: "shop", title: t("phone.viewCatalogue") };
    case "link":
      return { icon: "link", title: tap.title };
    case "call":
      return { icon: "phone", title: tap.title || t("phone.call", { number: tap.number }) };
    case "copy":
      return { icon: "copy", title: copied ? t("phone.copied") : tap.title || t("phone.copy") };
    case "form":
      return { icon: "form", title: tap.title || t("phone.continue") };
    case "place":
      return { icon: "pin", title: t("phone.sendPlace") };
    case "contact":
      return { icon: "person", title: t("phone.sharePhone") };
    case "pay":
      return { icon: "pay", title: t("phone.pay") };
    case "dead":
      return { icon: "link", title: tap.title };
  }
}
