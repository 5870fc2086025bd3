// One message with what hangs under it.
import { memo, useState } from "react";

import { gist, type Bubble as Shown } from "../chat/bubble";
import { bare, lastRuns, loneEmoji } from "../chat/format";
import { askWhy, useStudio } from "../store";
import { Hidden, Icon, IconButton, timeOf, useWords } from "../ui";
import { direction, type Word } from "../words";
import { failed } from "../words/said";
import { usePhone } from "./context";
import { Main, MediaBox } from "./main";
import { TapRow } from "./tap";
import { Text } from "./text";

const REACTIONS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

type Props = { shown: Shown; first: boolean; quoted?: string; quotedMine: boolean };

export const Bubble = memo(function Bubble({ shown, first, quoted, quotedMine }: Props) {
  const { t, id, shop, answer, language, zone } = usePhone();
  const page = useWords();
  const [reacting, setReacting] = useState(false);
  const isAsked = useStudio((now) => now.asked?.customer === id && now.asked.seq === shown.seq);
  const hasFailed = shown.status === "failed";
  const classes = ["row", shown.mine && "is-mine", first && "is-first", isAsked && "is-asked", hasFailed && "is-failed"];
  const time = timeOf(shown.at, language, zone);
  return (
    <div className={classes.filter(Boolean).join(" ")} data-kind={kindOf(shown)} data-seq={shown.seq}>
      <article className={`bubble ${look(shown)}`} tabIndex={-1} aria-label={`${shown.mine ? t("phone.you") : shop.name}: ${label(shown, t)}`}>
        {shown.forwarded && (
          <div className="forwarded">
            <Icon name="forward" size={14} /> {t("phone.forwarded")}
          </div>
        )}
        {quoted !== undefined && (
          <div className={`quoted ${quotedMine ? "is-mine" : ""}`}>
            <Hidden>{t("phone.quoteOf", { text: "" })}</Hidden>
            <strong>{quotedMine ? t("phone.you") : <ShopName />}</strong>
            <span dir="auto">{quoted}</span>
          </div>
        )}
        {shown.header && <MediaBox media={shown.header} />}
        {shown.main.kind === "cards" && <Words shown={shown} time={time} />}
        <Main shown={shown} />
        {shown.heading && shown.main.kind !== "products" && (
          <div className="heading" dir="auto">
            {shown.heading}
          </div>
        )}
        {shown.main.kind !== "cards" && <Words shown={shown} time={time} />}
        {hasFailed && (
          <p className="failure">
            {t("phone.failed", { why: shown.error ? failed(shown.error, t) : t("status.failed") })}
          </p>
        )}
        <Foot shown={shown} time={time} />
        {shown.taps.map((tap, index) => (
          <TapRow key={index} tap={tap} shown={shown} />
        ))}
        {shown.reactions.length > 0 && (
          <div className="reactions">
            {shown.reactions.map((one) => (
              <span key={`${one.mine}`}>{one.emoji}</span>
            ))}
          </div>
        )}
      </article>
      <div className="bubble-tools" dir="auto">
        {!shown.mine && <IconButton icon="why" size={16} label={page("phone.why")} pressed={isAsked} onClick={() => askWhy(id, shown.seq)} />}
        <IconButton icon="reply" size={16} label={t("phone.reply")} onClick={() => answer(shown.id)} />
        {!shown.mine && <IconButton icon="smile" size={16} label={t("phone.react")} expanded={reacting} onClick={() => setReacting(!reacting)} />}
      </div>
      {reacting && <Reactions shown={shown} done={() => setReacting(false)} />}
    </div>
  );
});

function ShopName() {
  const { shop } = usePhone();
  return <bdi>{shop.name}</bdi>;
}

function Words({ shown, time }: { shown: Shown; time: string }) {
  const { language } = usePhone();
  if (shown.words === undefined || shown.words === "") return null;
  const isPlain = shown.main.kind === "none" && shown.taps.length === 0;
  const emoji = isPlain ? loneEmoji(shown.words) : 0;
  const isShared = isPlain && emoji === 0 && shown.status !== "failed" && lastRuns(shown.words, direction(language)) === direction(language);
  return <Text text={shown.words} className={emoji > 0 ? `is-emoji-${emoji}` : ""} room={isShared ? (shown.mine ? `${time} ✓✓` : time) : undefined} />;
}

function Foot({ shown, time }: { shown: Shown; time: string }) {
  const { t } = usePhone();
  return (
    <div className="foot">
      {shown.footer && (
        <span className="footer" dir="auto">
          {shown.footer}
        </span>
      )}
      <span className="meta">
        <time dateTime={new Date(shown.at).toISOString()}>{time}</time>
        {shown.mine && <Ticks status={shown.status ?? "delivered"} label={t(`status.${shown.status ?? "delivered"}` as Word)} />}
      </span>
    </div>
  );
}

/** One tick: on its way; two: it arrived; two blue ones: it was read. */
export function Ticks({ status, label }: { status: string; label: string }) {
  const isSingle = status === "sent" || status === "accepted";
  return (
    <span className={`ticks is-${status}`} role="img" aria-label={label}>
      <svg width="17" height="11" viewBox="0 0 17 11" aria-hidden="true">
        {status === "failed" ? (
          <path d="M8.500 1v5.500M8.500 9v.2" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
        ) : (
          <>
            <path d="M1 6l3 3.2L10.300 1.5" fill="none" stroke="currentColor" strokeWidth="1.3" />
            {!isSingle && <path d="M7.300 8.4l.9.8L14.600 1.5" fill="none" stroke="currentColor" strokeWidth="1.3" />}
          </>
        )}
      </svg>
    </span>
  );
}

function Reactions({ shown, done }: { shown: Shown; done: () => void }) {
  const { say } = usePhone();
  const mine = shown.reactions.find((one) => one.mine)?.emoji;
  const pick = (emoji: string) => {
    done();
    void say({ reaction: { message: shown.id, emoji: emoji === mine ? "" : emoji } });
  };
  return (
    <div className="reaction-bar" role="toolbar" onKeyDown={(event) => event.key === "Escape" && done()}>
      {REACTIONS.map((emoji, index) => (
        <button key={emoji} type="button" autoFocus={index === 0} aria-pressed={emoji === mine} onClick={() => pick(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  );
}

/** A name for tests and styles: what the bubble mainly is. */
export function kindOf(shown: Shown): string {
  if (shown.template !== undefined) return "template";
  if (shown.main.kind === "media") return shown.main.media.kind;
  if (shown.main.kind !== "none") return shown.main.kind;
  return shown.taps[0]?.kind ?? "text";
}

function look(shown: Shown): string {
  const isWide = shown.header !== undefined || ["media", "location", "product", "products", "catalogue", "cart", "bill", "billed", "cards"].includes(shown.main.kind);
  const isSticker = shown.main.kind === "media" && shown.main.media.kind === "sticker";
  const isBare = shown.main.kind === "none" && shown.taps.length === 0 && shown.words !== undefined && loneEmoji(shown.words) > 0;
  return [isWide && "is-wide", shown.taps.length > 0 && "has-taps", (isSticker || isBare) && "is-bare"].filter(Boolean).join(" ");
}

function label(shown: Shown, t: ReturnType<typeof usePhone>["t"]): string {
  return bare(gist(shown, (kind) => t(`kind.${kind}` as Word))).slice(0, 200);
}
