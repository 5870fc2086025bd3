// Whose phones there are. One click shows a phone instead of the one in hand, another beside it.
import { useEffect, useRef, useState } from "react";

import { Avatar } from "../phone/picture";
import { addCustomer, show, showBeside, useStudio } from "../store";
import { IconButton, Name, useWords } from "../ui";
import { languages } from "../words";

export function Customers() {
  const t = useWords();
  const customers = useStudio((now) => now.customers);
  const active = useStudio((now) => now.active);
  const open = useStudio((now) => now.open);
  const [adding, setAdding] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const [row, mine] = [list.current, list.current?.querySelector(".is-active")].map((one) => one?.getBoundingClientRect());
    // Only the row: `scrollIntoView` would scroll the page with it.
    if (row && mine) list.current?.scrollBy({ left: Math.min(0, mine.left - row.left) || Math.max(0, mine.right - row.right) });
  }, [active]);
  return (
    <nav className="customers" aria-label={t("bench.customers")}>
      <ul ref={list}>
        {customers.map((one) => (
          <li key={one.id} className={one.id === active ? "is-active" : open.includes(one.id) ? "is-open" : ""}>
            <button type="button" aria-current={one.id === active} onClick={() => show(one.id)}>
              <Avatar name={one.name} size={24} />
              <Name>{one.name}</Name>
              {one.channel !== "whatsapp" && <span className="badge">{one.channel}</span>}
              {one.unread > 0 && !open.includes(one.id) && (
                <span className="count" aria-label={t("bench.unread", { count: one.unread })}>
                  {one.unread}
                </span>
              )}
            </button>
            {!open.includes(one.id) && <IconButton icon="beside" size={16} label={`${t("bench.beside")}: ${one.name}`} onClick={() => showBeside(one.id)} />}
          </li>
        ))}
      </ul>
      <IconButton icon="plus" label={t("bench.addCustomer")} expanded={adding} onClick={() => setAdding(!adding)} />
      {adding && <NewCustomer done={() => setAdding(false)} />}
    </nav>
  );
}

function NewCustomer({ done }: { done: () => void }) {
  const t = useWords();
  const shop = useStudio((now) => now.shop);
  const [name, setName] = useState("");
  const [language, setLanguage] = useState("");
  const [number, setNumber] = useState("");
  return (
    <form
      className="new-customer"
      onKeyDown={(event) => event.key === "Escape" && done()}
      onSubmit={(event) => {
        event.preventDefault();
        done();
        void addCustomer({ name: name.trim() || undefined, language: language || undefined, number: number || undefined });
      }}
    >
      <label>
        {t("bench.name")}
        <input value={name} autoFocus maxLength={80} dir="auto" onChange={(event) => setName(event.target.value)} />
      </label>
      <label>
        {t("bench.customerLanguage")}
        <select value={language} onChange={(event) => setLanguage(event.target.value)}>
          <option value="">{t("bench.ownLanguage")}</option>
          {Object.entries(languages).map(([code, words]) => (
            <option key={code} value={code} lang={code}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {(shop?.numbers.length ?? 0) > 1 && (
        <label>
          {t("bench.number")}
          <select value={number} onChange={(event) => setNumber(event.target.value)}>
            {shop?.numbers.map((one) => (
              <option key={one} value={one}>
                +{one}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="submit" className="button">
        {t("bench.add")}
      </button>
    </form>
  );
}
