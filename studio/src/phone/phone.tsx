// One customer's phone. What it shows is the thread as the server keeps it; what is tapped goes to the server as a webhook.
import { lazy, memo, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { bubbleOf } from "../chat/bubble";
import type { Customer, Say as Saying, Shop } from "../api/types";
import { answerAsShop, hide, play, say, sendFile, useStudio } from "../store";
import { Icon, IconButton, Name, lasting, timeOf, useShopNow, useWords } from "../ui";
import { direction, isLanguage, speaker } from "../words";
import { Composer } from "./composer";
import { OwnerProvider, PhoneProvider, useOwner, usePhone, type Cart, type PhoneContext, type Sheet } from "./context";
import { Played } from "./played";
import { Avatar } from "./picture";
import { Thread } from "./thread";

/** Not needed for the first look. */
const Sheets = lazy(() => import("./sheets"));

export const Phone = memo(function Phone({ customer, shop }: { customer: Customer; shop: Shop }) {
  const pageLanguage = useStudio((now) => now.language);
  const isActive = useStudio((now) => now.active === customer.id);
  const played = useStudio((now) => (now.active === customer.id ? now.played : undefined));
  const own = customer.language?.split(/[-_]/)[0];
  const chosen = useStudio((now) => now.phoneLanguages[customer.id]);
  const language = chosen ?? (isLanguage(own) ? own : pageLanguage);
  const [sheet, open] = useSheet();
  const [cart, fill] = useState<Cart>([]);
  const [answered, answer] = useState<string>();
  const t = useMemo(() => speaker(language), [language]);
  const send = useCallback((what: Saying) => say(customer.id, what), [customer.id]);
  const give = useCallback<PhoneContext["give"]>((...what) => sendFile(customer.id, ...what), [customer.id]);
  const context: PhoneContext = useMemo(
    () => ({ id: customer.id, shop, t, language, zone: shop.timezone, say: send, give, open, answer }),
    [customer.id, shop, t, language, send, give, open],
  );
  const owner = useMemo(() => ({ customer, cart, fill }), [customer, cart]);
  const page = useWords();

  return (
    <PhoneProvider value={context}>
      <OwnerProvider value={owner}>
        <section
          className={`phone ${isActive ? "is-active" : ""} on-${customer.channel}`}
          aria-label={page("phone.of", { name: customer.name })}
          onFocusCapture={() => !isActive && useStudio.setState({ active: customer.id })}
        >
          <Caption />
          <div className="handset">
            <div className="screen" dir={direction(language)} lang={language} data-testid="screen">
              <StatusBar />
              <div className="app" inert={sheet !== undefined}>
                <Bar cart={cart} />
                {played ? <Played finding={played} done={() => play(undefined)} /> : <Thread />}
                {!played && <Composer answered={answered} />}
              </div>
              {sheet && (
                <Suspense fallback={null}>
                  <Sheets sheet={sheet} />
                </Suspense>
              )}
            </div>
          </div>
        </section>
      </OwnerProvider>
    </PhoneProvider>
  );
});

/** What is open over the conversation; when it closes, the focus goes back to what opened it. */
function useSheet(): [Sheet | undefined, (sheet: Sheet | undefined) => void] {
  const [sheet, setSheet] = useState<Sheet>();
  const opener = useRef<HTMLElement>(undefined);
  const open = useCallback((next: Sheet | undefined) => {
    const focused = document.activeElement;
    if (next && focused instanceof HTMLElement && !focused.closest(".over")) opener.current = focused;
    setSheet(next);
  }, []);
  useEffect(() => {
    if (sheet) return;
    opener.current?.focus({ preventScroll: true });
    opener.current = undefined;
  }, [sheet]);
  return [sheet, open];
}

/** Above the phone, and no part of it: whose it is, and how long the shop may write. */
function Caption() {
  const t = useWords();
  const { customer } = useOwner();
  const many = useStudio((now) => now.open.length > 1);
  const hasNumbers = useStudio((now) => (now.shop?.numbers.length ?? 0) > 1);
  return (
    <header className="caption">
      <Ring until={customer.window_until} />
      <div className="caption-words">
        <strong>
          <Name>{customer.name}</Name>
        </strong>
        <span className="quiet">
          <bdi dir="ltr">+{customer.id}</bdi>
          {hasNumbers && (
            <>
              {" → "}
              <bdi dir="ltr">+{customer.number}</bdi>
            </>
          )}{" "}
          · <FreeText until={customer.window_until} />
        </span>
      </div>
      {many && <IconButton icon="close" label={t("bench.hide")} onClick={() => hide(customer.id)} />}
      {customer.handed_over && (
        <p className="handed" role="status">
          {t("bench.handed")}{" "}
          <button type="button" className="link" onClick={() => answerAsShop(customer.id)}>
            {t("person.answer")}
          </button>
        </p>
      )}
    </header>
  );
}

const DAY = 24 * 3600 * 1000;

/** How long the shop may write what it likes, in words: a ring alone says it to nobody who does not know it. */
function FreeText({ until }: { until: number | null }) {
  const t = useWords();
  const now = useShopNow(10_000);
  if (until === null) return <span>{t("bench.freeNot")}</span>;
  const minutes = Math.ceil((until - now) / 60_000);
  const time = minutes > 90 ? t("time.hours", { count: Math.min(24, Math.ceil(minutes / 60)) }) : t("time.minutes", { count: minutes });
  return <span>{minutes > 0 ? t("bench.freeFor", { time }) : t("bench.freeOver")}</span>;
}

/** The service window of 24 hours, as a ring that empties. */
function Ring({ until }: { until: number | null }) {
  const t = useWords();
  const now = useShopNow(10_000);
  const left = until === null ? 0 : Math.max(0, until - now);
  const share = Math.min(1, left / DAY);
  const around = 2 * Math.PI * 15;
  const words =
    until === null
      ? t("bench.windowNever")
      : left === 0
        ? t("bench.windowClosed")
        : t("bench.windowLeft", { time: lasting(left, t) });
  const hours = Math.min(24, Math.ceil(left / 3_600_000));
  return (
    <span className={`ring ${left === 0 ? "is-closed" : left < 2 * 3_600_000 ? "is-short" : ""}`} role="img" aria-label={words} title={words}>
      <svg width="38" height="38" viewBox="0 0 38 38" aria-hidden="true">
        <circle cx="19" cy="19" r="15" className="ring-back" />
        <circle
          cx="19"
          cy="19"
          r="15"
          className="ring-left"
          strokeDasharray={around}
          strokeDashoffset={around * (1 - share)}
          transform="rotate(-90 19 19)"
        />
      </svg>
      <span className="ring-words" aria-hidden="true">
        {until === null ? "–" : left === 0 ? "0" : t("time.hours", { count: hours })}
      </span>
    </span>
  );
}

function StatusBar() {
  const { language, zone } = usePhone();
  const now = useShopNow(5_000);
  return (
    <div className="status-bar" aria-hidden="true" dir="ltr">
      <bdi>{timeOf(now, language, zone)}</bdi>
      <span className="status-signs">
        <svg width="16" height="12" viewBox="0 0 16 12">
          <path d="M1 11h2V8H1zM5 11h2V6H5zM9 11h2V3.500H9zM13 11h2V1h-2z" fill="currentColor" />
        </svg>
        <svg width="24" height="12" viewBox="0 0 24 12">
          <rect x=".5" y=".5" width="20" height="11" rx="3" fill="none" stroke="currentColor" opacity=".5" />
          <rect x="2" y="2" width="15" height="8" rx="1.8" fill="currentColor" />
          <path d="M22 4v4" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" opacity=".5" />
        </svg>
      </span>
    </div>
  );
}

function Bar({ cart }: { cart: Cart }) {
  const { shop, t, open } = usePhone();
  const { customer } = useOwner();
  const isTyping = useStudio((now) => now.typing[customer.id] === true);
  const hasCatalogue = useStudio((now) => (now.backend?.products.length ?? 0) > 0);
  const catalogue = useCatalogue();
  const count = cart.reduce((sum, one) => sum + one.quantity, 0);
  return (
    <div className="bar">
      <span className="bar-back">
        <Icon name="back" size={22} />
      </span>
      <Avatar name={shop.name} size={36} colour={shop.brand?.colour} />
      <div className="bar-words">
        <strong>
          <Name>{shop.name}</Name>
        </strong>
        <span className={isTyping ? "is-typing" : ""} role="status">
          {isTyping ? t("phone.typing") : customer.handed_over ? t("phone.handed") : t("phone.business")}
        </span>
      </div>
      {hasCatalogue && <IconButton icon="shop" label={t("phone.catalogueOf", { shop: shop.name })} onClick={() => open({ kind: "catalogue", catalogue })} />}
      {count > 0 && (
        <span className="bar-cart">
          <IconButton icon="bag" label={t("phone.viewCart")} onClick={() => open({ kind: "cart", catalogue })} />
          <span className="count" aria-hidden="true">
            {count}
          </span>
        </span>
      )}
    </div>
  );
}

/** The catalogue that the newest message with products named. */
export function useCatalogue(): string {
  const { id } = usePhone();
  const thread = useStudio((now) => now.threads[id]);
  return useMemo(() => {
    for (const item of [...(thread ?? [])].reverse()) {
      for (const tap of bubbleOf(item).taps) if ("catalogue" in tap && tap.catalogue !== "") return tap.catalogue;
    }
    return "catalogue";
  }, [thread]);
}
