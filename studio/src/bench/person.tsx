// The shop's person, played: answers the customer in hand when the flow has handed over, and gives the conversation back.
import { useEffect, useRef, useState, type KeyboardEvent } from "react";

import { act, useStudio } from "../store";
import { useWords } from "../ui";
import { draftOf, keepDraft } from "../visit";

export function Person() {
  const t = useWords();
  const customer = useStudio((now) => now.customers.find((one) => one.id === now.active));
  const place = useRef<HTMLDivElement>(null);
  const wasPressed = useRef(false);
  const has = customer?.handed_over === true;
  useEffect(() => {
    // What was pressed is gone with the change: the focus stays here, unless it went elsewhere.
    if (wasPressed.current && document.activeElement === document.body) place.current?.querySelector<HTMLElement>("textarea, button")?.focus();
    wasPressed.current = false;
  }, [has]);
  if (!customer || customer.window_until === null) return <p className="none">{t("person.nobody")}</p>;
  const { id, name } = customer;
  const turn = (action: "open" | "close") => {
    wasPressed.current = true;
    void act(id, { action });
  };
  return (
    <div ref={place} className="person">
      {has ? (
        <Answer key={id} id={id} name={name} giveBack={() => turn("close")} />
      ) : (
        <>
          <p className="quiet">{t("person.flow", { name })}</p>
          <div className="buttons">
            <button type="button" className="button" onClick={() => turn("open")}>
              {t("person.take")}
            </button>
          </div>
        </>
      )}
    </div>
  );
}

/** Enter sends, Shift+Enter is a new line, as in the phone. */
function Answer({ id, name, giveBack }: { id: string; name: string; giveBack: () => void }) {
  const t = useWords();
  const shop = useStudio((now) => now.shop?.slug ?? "");
  const [words, setWords] = useState(() => draftOf(shop, id, "shop"));
  useEffect(() => keepDraft(shop, id, words, "shop"), [shop, id, words]);
  const box = useRef<HTMLTextAreaElement>(null);
  const isWanted = useStudio((now) => now.answering === id);
  useEffect(() => {
    if (!isWanted) return;
    box.current?.focus();
    useStudio.setState({ answering: undefined });
  }, [isWanted]);
  const send = async () => {
    const text = words.trim();
    if (text === "") return;
    setWords("");
    if (!(await act(id, { action: "reply", text }))) setWords(text);
    box.current?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <>
      <label>
        {t("person.write", { name })}
        <textarea ref={box} className="field" rows={3} dir="auto" value={words} maxLength={4096} onChange={(event) => setWords(event.target.value)} onKeyDown={keys} />
      </label>
      <div className="buttons">
        <button type="button" className="button is-strong" disabled={words.trim() === ""} onClick={() => void send()}>
          {t("person.send")}
        </button>
        <button type="button" className="button" onClick={giveBack}>
          {t("person.back")}
        </button>
      </div>
    </>
  );
}
