// The conversation: newest at the bottom, read out as it arrives.
import { Component, useEffect, useLayoutEffect, useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";

import { entries, gist, type Bubble as Shown } from "../chat/bubble";
import { bare } from "../chat/format";
import { isNotOpen, useStudio } from "../store";
import { dayOf, useShopNow, useWords } from "../ui";
import type { Word } from "../words";
import { Bubble } from "./bubble";
import { usePhone } from "./context";

const NONE: never[] = [];

export function Thread() {
  const { id, shop, t, zone, say } = usePhone();
  const items = useStudio((now) => now.threads[id] ?? NONE);
  const isTyping = useStudio((now) => now.typing[id] === true);
  const notOpen = useStudio(isNotOpen);
  const page = useWords();
  const shown = useMemo(() => entries(items, zone), [items, zone]);
  const known = useMemo(() => {
    const all = new Map<string, Shown>();
    for (const entry of shown) if (entry.kind === "bubble") all.set(entry.bubble.id, entry.bubble);
    return all;
  }, [shown]);
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);

  useLayoutEffect(() => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, isTyping]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const stick = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    stick.observe(element);
    for (const child of element.children) stick.observe(child);
    return () => stick.disconnect();
  }, [shown.length]);

  const named = (kind: string) => t(`kind.${kind}` as Word);
  return (
    <div
      ref={box}
      className="thread"
      role="log"
      aria-live="polite"
      aria-relevant="additions"
      aria-label={t("phone.thread", { name: shop.name })}
      tabIndex={0}
      onKeyDown={walk}
      onScroll={(event) => {
        const it = event.currentTarget;
        isAtEnd.current = it.scrollHeight - it.scrollTop - it.clientHeight < 60;
      }}
    >
      <div className="thread-rest">
        <p className="notice">{t("phone.encrypted")}</p>
        {notOpen && <p className="notice is-closed">{page("bench.notOpenWhy")}</p>}
        {shown.length === 0 && !notOpen && (
          <button type="button" className="notice is-hello" onClick={() => void say({ text: t("phone.greeting") })}>
            {t("phone.empty", { shop: shop.name })} 👋
          </button>
        )}
        {shown.map((entry) =>
          entry.kind === "day" ? (
            <DayLine key={entry.key} at={entry.at} />
          ) : (
            <Guard key={entry.key}>
              <Bubble
                shown={entry.bubble}
                first={entry.first}
                quoted={quote(known, entry.bubble.quotes, named)}
                quotedMine={known.get(entry.bubble.quotes ?? "")?.mine === true}
              />
            </Guard>
          ),
        )}
        {isTyping && (
          <div className="row is-first">
            <div className="bubble typing" aria-hidden="true">
              <i />
              <i />
              <i />
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

/** Up and down go from message to message, Escape to where one writes; what can be done with a message comes after it. */
function walk(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
  const from = event.target as HTMLElement;
  if (event.key === "Escape") event.currentTarget.closest(".screen")?.querySelector<HTMLElement>(".composer textarea")?.focus();
  if (step === undefined || from.matches("video, audio, .cards")) return;
  const messages = [...event.currentTarget.querySelectorAll<HTMLElement>("article")];
  const own = from.closest(".row")?.querySelector<HTMLElement>("article");
  const at = own ? messages.indexOf(own) : -1;
  const next = at === -1 ? messages.length - 1 : Math.min(Math.max(0, at + step), messages.length - 1);
  if (!messages[next]) return;
  event.preventDefault();
  messages[next].focus();
}

function quote(known: Map<string, Shown>, id: string | undefined, named: (kind: string) => string): string | undefined {
  const target = id === undefined ? undefined : known.get(id);
  return target && bare(gist(target, named)).slice(0, 160);
}

function DayLine({ at }: { at: number }) {
  const { t, language, zone } = usePhone();
  const now = useShopNow(60_000);
  const day = (moment: number) => dayOf(moment, "en", zone);
  const words =
    day(at) === day(now) ? t("phone.today") : day(at) === day(now - 86_400_000) ? t("phone.yesterday") : dayOf(at, language, zone);
  return (
    <div className="day" role="separator" aria-label={words}>
      <span aria-hidden="true">{words}</span>
    </div>
  );
}

/** A message that cannot be drawn costs its own bubble, not the page. */
class Guard extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <p className="notice">?</p> : this.props.children;
  }
}
