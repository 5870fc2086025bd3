// What stands in the middle of a bubble besides its words: files, places, products, carts, bills.
import { useRef, useState } from "react";

import type { Product } from "../api/types";
import type { Bubble as Shown, Card, Main as MainPart, Media } from "../chat/bubble";
import { Icon, Name, sizeOf } from "../ui";
import type { Word } from "../words";
import { named } from "../words/said";
import { usePhone } from "./context";
import { Avatar, Drawn, Picture } from "./picture";
import { TapRow } from "./tap";

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
      return <Cards cards={main.cards} shown={shown} />;
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
            <span dir="auto">{[named(t, "billed", main.state), main.note].filter(Boolean).join(" · ")}</span>
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
  const { t, language } = usePhone();
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
        <a className="document" href={media.url} download={media.name ?? true} aria-disabled={!media.url}>
          <span className="document-icon">
            <Icon name="file" size={24} />
          </span>
          <span className="document-words">
            <span dir="auto">{label}</span>
            {media.bytes !== undefined && <span className="document-size">{sizeOf(media.bytes, language)}</span>}
          </span>
        </a>
      );
  }
}

/** The shape of a voice, always the same: what was said is not looked at. */
const WAVE = [4, 7, 11, 6, 14, 18, 10, 6, 13, 20, 16, 9, 5, 12, 17, 8, 14, 19, 11, 6, 9, 15, 7, 4, 8, 5];

function Voice({ url, label }: { url?: string; label: string }) {
  const [playing, play] = useState(false);
  const audio = useRef<HTMLAudioElement>(null);
  const toggle = () => {
    const it = audio.current;
    if (playing) it?.pause();
    else void it?.play().catch(() => play(false));
  };
  return (
    <div className="voice">
      {url && <audio ref={audio} src={url} preload="metadata" onPlay={() => play(true)} onPause={() => play(false)} onEnded={() => play(false)} />}
      <button type="button" className="voice-play" aria-label={label} aria-pressed={playing} disabled={!url} onClick={toggle}>
        <Icon name={playing ? "pause" : "play"} size={22} filled={!playing} />
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

function Cards({ cards, shown }: { cards: Card[]; shown: Shown }) {
  const { t } = usePhone();
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
          {card.taps.map((tap, at) => (
            <TapRow key={at} tap={tap} shown={shown} />
          ))}
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
