// What stands in the middle of a bubble besides its words: files, places, products, carts, bills.
import { useState } from "react";

import type { Product } from "../api/types";
import type { Bubble as Shown, Card, Main as MainPart, Media } from "../chat/bubble";
import { Icon, Name } from "../ui";
import type { Word } from "../words";
import { usePhone } from "./context";
import { Avatar, Drawn, Picture } from "./picture";

export function Main({ shown }: { shown: Shown }) {
  const { t } = usePhone();
  const main = shown.main;
  switch (main.kind) {
    case "none":
      return null;
    case "media":
      return <MediaBox media={main.media} />;
    case "location":
      return <Place main={main} />;
    case "contacts":
      return <Contacts cards={main.cards} />;
    case "product":
      return <ProductCard product={main.product} />;
    case "products":
      return (
        <div className="strip">
          <Picture url={main.first?.image} label={main.first?.name ?? ""} className="strip-picture" icon="bag" />
          <div className="strip-words">
            <strong dir="auto">{main.title ?? t("phone.items")}</strong>
            <span>{main.count === 1 ? t("phone.itemOne") : t("phone.itemsCount", { count: main.count })}</span>
          </div>
        </div>
      );
    case "catalogue":
      return (
        <div className="strip">
          <Picture url={main.thumbnail?.image} label={main.thumbnail?.name ?? ""} className="strip-picture" icon="shop" />
          <div className="strip-words">
            <strong>
              <CatalogueTitle />
            </strong>
            <span>{t("phone.viewCatalogue")}</span>
          </div>
        </div>
      );
    case "cart":
      return <SentCart main={main} />;
    case "cards":
      return <Cards cards={main.cards} message={shown.id} />;
    case "bill":
      return <Bill main={main} />;
    case "billed":
      return (
        <div className="strip">
          <span className="strip-icon">
            <Icon name="bag" size={24} />
          </span>
          <div className="strip-words">
            <strong>{t("phone.bill", { reference: main.reference })}</strong>
            <span dir="auto">{[main.state.replaceAll("_", " "), main.note].filter(Boolean).join(" · ")}</span>
          </div>
        </div>
      );
    case "answers":
      return <Answers answers={main.answers} />;
    case "unknown":
      return (
        <p className="unknown">
          {main.what === "revoke" ? t("phone.deleted") : t("phone.unknown", { kind: main.what })}
        </p>
      );
  }
}

function CatalogueTitle() {
  const { t, shop } = usePhone();
  return <>{t("phone.catalogueOf", { shop: shop.name })}</>;
}

export function MediaBox({ media }: { media: Media }) {
  const { t } = usePhone();
  const label = media.name ?? t(`kind.${media.kind}` as Word);
  switch (media.kind) {
    case "image":
      return <Picture url={media.url} label={label} className="photo" />;
    case "sticker":
      return <Picture url={media.url} label={label} className="sticker" icon="smile" />;
    case "video":
      return media.url ? <video className="photo" src={media.url} controls preload="metadata" aria-label={label} /> : <Drawn label={label} className="photo" icon="play" />;
    case "audio":
      return <Voice url={media.url} label={label} />;
    case "document":
      return (
        <a className="document" href={media.url} target="_blank" rel="noopener noreferrer" aria-disabled={!media.url}>
          <span className="document-icon">
            <Icon name="file" size={24} />
          </span>
          <span dir="auto">{label}</span>
        </a>
      );
  }
}

/** The shape of a voice, always the same: what was said is not looked at. */
const WAVE = [4, 7, 11, 6, 14, 18, 10, 6, 13, 20, 16, 9, 5, 12, 17, 8, 14, 19, 11, 6, 9, 15, 7, 4, 8, 5];

function Voice({ url, label }: { url?: string; label: string }) {
  const [playing, play] = useState(false);
  const [audio] = useState(() => (url && typeof Audio !== "undefined" ? new Audio(url) : undefined));
  const toggle = () => {
    if (!audio) return;
    if (playing) audio.pause();
    else void audio.play().catch(() => play(false));
    audio.onended = () => play(false);
    play(!playing);
  };
  return (
    <div className="voice">
      <button type="button" className="voice-play" aria-label={label} aria-pressed={playing} onClick={toggle}>
        <Icon name="play" size={22} filled />
      </button>
      <svg className="voice-wave" viewBox="0 0 130 24" aria-hidden="true">
        {WAVE.map((height, index) => (
          <rect key={index} x={index * 5} y={12 - height / 2} width="2.6" height={height} rx="1.3" fill="currentColor" />
        ))}
      </svg>
      <span className="voice-mic">
        <Icon name="mic" size={18} />
      </span>
    </div>
  );
}

function Place({ main }: { main: Extract<MainPart, { kind: "location" }> }) {
  const { t } = usePhone();
  const at = `${main.latitude.toFixed(5)}, ${main.longitude.toFixed(5)}`;
  return (
    <div className="place">
      <svg className="place-map" viewBox="0 0 260 120" preserveAspectRatio="xMidYMid slice" role="img" aria-label={`${t("kind.location")} ${at}`}>
        <rect width="260" height="120" className="map-land" />
        <path d="M-10 96C60 70 90 120 150 92S240 60 280 82V130H-10z" className="map-water" />
        <path d="M-10 40L270 24M40-10L62 130M120-10L150 130M210-10L196 130M-10 74L270 58" className="map-road" />
        <path d="M130 84c-9-11-13-17-13-24a13 13 0 0 1 26 0c0 7-4 13-13 24z" className="map-pin" />
        <circle cx="130" cy="60" r="5" className="map-eye" />
      </svg>
      <div className="place-words">
        <strong dir="auto">{main.name ?? t("kind.location")}</strong>
        <span dir="auto">{main.address ?? ""}</span>
        <bdi dir="ltr" className="place-at">
          {at}
        </bdi>
      </div>
    </div>
  );
}

function Contacts({ cards }: { cards: { name: string; phone?: string; company?: string }[] }) {
  return (
    <div className="contacts">
      {cards.map((card, index) => (
        <div key={index} className="contact">
          <Avatar name={card.name} size={36} />
          <div className="strip-words">
            <strong>
              <Name>{card.name}</Name>
            </strong>
            <span>
              <bdi dir="ltr">{card.phone}</bdi>
            </span>
            {card.company && (
              <span>
                <Name>{card.company}</Name>
              </span>
            )}
          </div>
        </div>
      ))}
    </div>
  );
}

export function ProductCard({ product }: { product: Product }) {
  return (
    <div className="product">
      <Picture url={product.image} label={product.name} className="photo" icon="bag" />
      <div className="product-words">
        <strong dir="auto">{product.name}</strong>
        <span>
          <Name>{product.price}</Name>
        </span>
      </div>
    </div>
  );
}

function SentCart({ main }: { main: Extract<MainPart, { kind: "cart" }> }) {
  const { t } = usePhone();
  const count = main.items.reduce((sum, one) => sum + one.quantity, 0);
  const first = main.items[0]?.product;
  return (
    <div className="sent-cart">
      <div className="strip">
        <Picture url={first?.image} label={first?.name ?? ""} className="strip-picture" icon="bag" />
        <div className="strip-words">
          <strong>{count === 1 ? t("phone.itemOne") : t("phone.itemsCount", { count })}</strong>
          {main.total && <span>{main.total}</span>}
        </div>
      </div>
      <ul className="cart-lines">
        {main.items.map((one, index) => (
          <li key={index}>
            <span>{one.quantity} ×</span> <Name>{one.product?.name ?? one.sku}</Name>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Cards({ cards, message }: { cards: Card[]; message: string }) {
  const { t, say, open } = usePhone();
  return (
    <div className="cards" tabIndex={0} role="group" aria-label={t("kind.cards")}>
      {cards.map((card, index) => (
        <div key={index} className="card">
          {card.product ? <ProductCard product={card.product} /> : card.media && <MediaBox media={card.media} />}
          {card.text && (
            <p dir="auto" className="card-text">
              {card.text}
            </p>
          )}
          {card.taps.map((tap, at) =>
            tap.kind === "link" ? (
              <a key={at} className="tap" href={tap.href} target="_blank" rel="noopener noreferrer">
                <Icon name="link" size={16} />
                <span dir="auto">{tap.title}</span>
              </a>
            ) : (
              <button
                key={at}
                type="button"
                className="tap"
                onClick={() => {
                  if (tap.kind === "product") open({ kind: "product", product: tap.product, catalogue: tap.catalogue });
                  if (tap.kind === "reply") void say({ button: tap.id, title: tap.title, message });
                }}
              >
                <span dir="auto">{tap.kind === "reply" ? tap.title : t("phone.view")}</span>
              </button>
            ),
          )}
        </div>
      ))}
    </div>
  );
}

export function Bill({ main }: { main: Extract<MainPart, { kind: "bill" }> }) {
  const { t } = usePhone();
  return (
    <div className="bill">
      <div className="bill-head">
        <Icon name="bag" size={22} />
        <strong>{t("phone.bill", { reference: main.reference })}</strong>
      </div>
      <table>
        <tbody>
          {main.lines.map((line, index) => (
            <tr key={index}>
              <td dir="auto">
                {line.quantity} × {line.name}
              </td>
              <td>
                <bdi>{line.amount}</bdi>
              </td>
            </tr>
          ))}
          {main.sums.map((sum) => (
            <tr key={sum.what} className="quiet">
              <td>{t(`phone.${sum.what}` as Word)}</td>
              <td>
                <bdi>{sum.amount}</bdi>
              </td>
            </tr>
          ))}
          <tr className="bill-total">
            <td>{t("phone.total")}</td>
            <td>
              <bdi>{main.total}</bdi>
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Answers({ answers }: { answers: [string, string][] }) {
  const { t } = usePhone();
  return (
    <details className="answers">
      <summary>
        <Icon name="form" size={18} /> {t("phone.answered")}
      </summary>
      <dl>
        {answers.map(([name, value]) => (
          <div key={name}>
            <dt dir="auto">{name.replaceAll("_", " ")}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
