// Where the customer writes. Enter sends, Shift+Enter is a new line; up, with nothing written, goes to the last message.
import { useEffect, useRef, useState } from "react";

import { bubble, gist } from "../chat/bubble";
import { bare } from "../chat/format";
import { note, useStudio } from "../store";
import { Icon, IconButton, useWords, type Picture } from "../ui";
import { draftOf, keepDraft } from "../visit";
import type { Word } from "../words";
import { usePhone } from "./context";
import { useCatalogue } from "./phone";
import { Recorder } from "./recorder";
import { listen, tone, type Recording } from "./voice";

const EMOJI = "😀 😂 😍 🥰 😎 🤔 😢 😡 👍 👎 🙏 👏 💪 🎉 ❤️ 🔥 ⭐ ✅ ❌ 🛍️ 👗 👟 🎁 📦 🚚 💳 📍 🏠 ☎️ ⏰ 🌍 🇰🇪".split(" ");

export function Composer({ answered }: { answered: string | undefined }) {
  const { t, say, give, answer, open, id, shop } = usePhone();
  const [words, setWords] = useState(() => draftOf(shop.slug, id));
  const [shown, show] = useState<"attach" | "emoji">();
  const [recording, record] = useState<Recording>();
  const [isListening, listenNow] = useState(false);
  const page = useWords();
  const box = useRef<HTMLTextAreaElement>(null);
  const isActive = useStudio((now) => now.active === id);
  const catalogue = useCatalogue();
  const hasCatalogue = useStudio((now) => (now.backend?.products.length ?? 0) > 0);

  useEffect(() => {
    if (answered !== undefined) box.current?.focus();
  }, [answered]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 116)}px`;
  }, [words]);

  useEffect(() => keepDraft(shop.slug, id, words), [shop.slug, id, words]);
  useEffect(() => {
    if (!recording) return;
    return () => {
      // A phone that is closed listens no more.
      recording.cancel();
      box.current?.focus();
    };
  }, [recording]);

  const speak = async () => {
    listenNow(true);
    const heard = await listen();
    if (heard) record(heard);
    else if (await give("audio", await tone())) note(page("phone.voiceNone"));
    listenNow(false);
  };
  const send = async () => {
    const text = words;
    if (text.trim() === "") return;
    setWords("");
    show(undefined);
    answer(undefined);
    const taken = await say({ text, reply_to: answered });
    if (!taken) setWords(text);
    box.current?.focus();
  };
  const put = (icon: Picture, word: Word, press: () => void) => (
    <button
      type="button"
      className={`give is-${icon}`}
      onClick={() => {
        show(undefined);
        press();
      }}
    >
      <span>
        <Icon name={icon} size={22} />
      </span>
      {t(word)}
    </button>
  );

  return (
    <div className="composer" onKeyDown={(event) => event.key === "Escape" && show(undefined)}>
      {shown === "attach" && (
        <div className="gives">
          {put("image", "phone.photo", () => open({ kind: "file", of: "image" }))}
          {put("video", "phone.video", () => open({ kind: "file", of: "video" }))}
          {put("file", "phone.document", () => open({ kind: "file", of: "document" }))}
          {put("pin", "phone.location", () => open({ kind: "place" }))}
          {hasCatalogue && put("shop", "phone.cart", () => open({ kind: "catalogue", catalogue }))}
          {put("person", "phone.contact", () => void say({ contact: true }))}
        </div>
      )}
      {shown === "emoji" && (
        <div className="emoji">
          {EMOJI.map((one) => (
            <button key={one} type="button" onClick={() => setWords(words + one)}>
              {one}
            </button>
          ))}
        </div>
      )}
      {answered !== undefined && <Answered message={answered} />}
      {recording && <Recorder recording={recording} done={() => record(undefined)} />}
      <div className="composer-line" hidden={recording !== undefined}>
        <div className="composer-box">
          <IconButton icon="smile" size={23} label={t("phone.emoji")} expanded={shown === "emoji"} onClick={() => show(shown === "emoji" ? undefined : "emoji")} />
          <textarea
            ref={box}
            id={isActive ? "write" : undefined}
            rows={1}
            dir="auto"
            value={words}
            maxLength={4096}
            placeholder={t("phone.write")}
            aria-label={t("phone.write")}
            onChange={(event) => setWords(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
                event.preventDefault();
                void send();
              } else if (event.key === "ArrowUp" && words === "") {
                event.preventDefault();
                const messages = event.currentTarget.closest(".screen")?.querySelectorAll<HTMLElement>("article");
                messages?.[messages.length - 1]?.focus();
              }
            }}
          />
          <IconButton icon="clip" size={22} label={t("phone.attach")} expanded={shown === "attach"} onClick={() => show(shown === "attach" ? undefined : "attach")} />
          {words === "" && <IconButton icon="camera" size={22} label={t("phone.camera")} onClick={() => open({ kind: "file", of: "image" })} />}
        </div>
        {words.trim() === "" ? (
          <button type="button" className="round-send" aria-label={t("phone.voice")} title={t("phone.voice")} aria-busy={isListening} disabled={isListening} onClick={() => void speak()}>
            <Icon name="mic" size={22} />
          </button>
        ) : (
          <button type="button" className="round-send" aria-label={t("phone.send")} title={t("phone.send")} onClick={() => void send()}>
            <Icon name="send" size={20} filled />
          </button>
        )}
      </div>
    </div>
  );
}

function Answered({ message }: { message: string }) {
  const { t, id, shop, answer } = usePhone();
  const item = useStudio((now) => now.threads[id]?.find((one) => one.id === message));
  if (!item) return null;
  const words = bare(gist(bubble(item), (kind) => t(`kind.${kind}` as Word)));
  return (
    <div className="answering">
      <div className="quoted">
        <strong>{item.way === "in" ? t("phone.you") : <bdi>{shop.name}</bdi>}</strong>
        <span dir="auto">{words}</span>
      </div>
      <IconButton icon="close" size={16} label={t("phone.cancelReply")} onClick={() => answer(undefined)} />
    </div>
  );
}
