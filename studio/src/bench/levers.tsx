// What can be done to the shop's world: its clock, its server, its webhooks, its systems.
import { useEffect, useState } from "react";

import type { Backend as World, Explored, Product } from "../api/types";
import { server } from "../api/client";
import { attempt, goTo, lookAt, note, pull, readBackend, readShop, turnClock, useStudio } from "../store";
import { Name, lasting, momentOf, useShopNow, useWords } from "../ui";
import { named, untaken } from "../words/said";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function Levers() {
  const t = useWords();
  const language = useStudio((now) => now.language);
  const clock = useStudio((now) => now.clock);
  const zone = useStudio((now) => now.shop?.timezone);
  const reads = useStudio((now) => now.backend?.reads);
  const now = useShopNow(1000);
  return (
    <div className="levers">
      <div className="clock-line">
        <time dateTime={new Date(now).toISOString()}>{momentOf(now, language, zone)}</time>
        {clock.shifted_by > 1000 && <span className="quiet">{t("levers.shifted", { time: lasting(clock.shifted_by, t) })}</span>}
      </div>
      <div className="buttons" role="group" aria-label={t("levers.clock")}>
        <Lever words={t("levers.ten")} pull={() => turnClock({ advance: 10 * MINUTE })} />
        <Lever words={t("levers.day")} pull={() => turnClock({ advance: 23 * HOUR })} />
        <Lever words={t("levers.past")} pull={() => turnClock({ advance: 26 * HOUR })} />
        <Lever
          words={t("levers.next")}
          hint={clock.next_timer === null ? t("timers.empty") : t("time.in", { time: lasting(clock.next_timer - now, t) })}
          off={clock.next_timer === null}
          pull={() => turnClock({ to: "next_timer" })}
        />
        <Lever words={t("levers.reset")} off={clock.shifted_by === 0} pull={() => turnClock({ reset: true })} />
      </div>
      <h3>{t("levers.trouble")}</h3>
      <div className="buttons" role="group" aria-label={t("levers.trouble")}>
        <Lever words={t("levers.restart")} pull={() => pull("restart")} />
        <Lever words={t("levers.duplicate")} pull={() => pull("duplicate")} />
        <Lever words={t("levers.swap")} pull={() => pull("swap")} />
      </div>
      {reads !== undefined && (
        <label className="switch is-good">
          <input type="checkbox" role="switch" checked={reads} onChange={(event) => void pull("statuses", { read: event.target.checked })} />
          {t("levers.statuses")}
        </label>
      )}
      <h3 id="tests-of">{t("levers.testing")}</h3>
      <Record />
    </div>
  );
}

/** A button that rests until what it did is done. */
function Lever(props: { words: string; pull: () => Promise<unknown>; hint?: string; off?: boolean }) {
  const [busy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await props.pull();
    setBusy(false);
  };
  return (
    <button type="button" className="button" title={props.hint} disabled={props.off || busy} aria-busy={busy} onClick={() => void press()}>
      {props.words}
    </button>
  );
}

function Record() {
  const t = useWords();
  const shop = useStudio((now) => now.shop?.slug ?? "");
  const active = useStudio((now) => now.active);
  const [name, setName] = useState("");
  const record = async () => {
    const written = await attempt(() => server.record(shop, active, name.trim()));
    if (!written) return;
    setName("");
    await readShop();
    note(t("levers.recorded", { file: written.file }));
    goTo(written.file, 1);
  };
  const [found, setFound] = useState<Explored>();
  const [searching, setSearching] = useState(false);
  const explore = async (write: boolean) => {
    setSearching(true);
    const found = await attempt(() => server.explore(shop, write));
    setSearching(false);
    if (!found) return;
    setFound(found);
    useStudio.setState((now) => ({ map: now.map && { ...now.map, uncovered: found.uncovered } }));
    if (found.tests_written) await readShop();
    if (found.tests_written) note(t("levers.recorded", { file: found.tests_written }));
    else if (write) note(t("levers.notWritten"));
  };
  return (
    <form
      className="record"
      aria-labelledby="tests-of"
      onSubmit={(event) => {
        event.preventDefault();
        void record();
      }}
    >
      <input className="field" value={name} maxLength={120} dir="auto" placeholder={t("levers.recordName")} aria-label={t("levers.recordName")} onChange={(event) => setName(event.target.value)} />
      <button type="submit" className="button" disabled={name.trim() === "" || active === ""}>
        {t("levers.record")}
      </button>
      <Lever words={t("levers.explore")} pull={() => explore(false)} />
      <div className="left" role="status">
        {searching && <p className="quiet">{t("levers.searching")}</p>}
        {found && !searching && <Untaken found={found} write={() => explore(true)} />}
      </div>
    </form>
  );
}

/** What the last search has found. */
function Untaken({ found: { left, failing }, write }: { found: Explored; write: () => Promise<void> }) {
  const t = useWords();
  return (
    <>
      {failing > 0 && <p className="is-bad">{t("levers.failing", { count: failing })}</p>}
      <p className="quiet">{left.length === 0 ? t("levers.allCovered") : t("levers.explored", { count: left.length })}</p>
      {left.length > 0 && (
        <>
          <ul>
            {left.map((one, index) => (
              <li key={index}>
                <button type="button" className="link" onClick={() => lookAt(one.owner.replace(/^group /, ""))}>
                  <Name>{untaken(one, t)}</Name>
                </button>
              </li>
            ))}
          </ul>
          <Lever words={t("levers.write")} pull={write} />
        </>
      )}
    </>
  );
}

const DELAYS = [0, 500, 2000, 8000];

export function Backend() {
  const t = useWords();
  const backend = useStudio((now) => now.backend);
  if (!backend) return <p className="none">{t("backend.noProducts")}</p>;
  return (
    <div className="backend">
      <label className="switch">
        <input type="checkbox" role="switch" checked={backend.down} onChange={(event) => void pull("backend", { down: event.target.checked })} />
        {t("backend.down")}
      </label>
      <label className="backend-delay">
        {t("backend.delay")}
        <select value={backend.delay_ms} onChange={(event) => void pull("backend", { delay_ms: Number(event.target.value) })}>
          {[...new Set([...DELAYS, backend.delay_ms])].sort((a, b) => a - b).map((count) => (
            <option key={count} value={count}>
              {t("backend.ms", { count })}
            </option>
          ))}
        </select>
      </label>
      {backend.products.length > 0 ? (
        <table className="products">
          <thead>
            <tr>
              <th scope="col">{t("backend.product")}</th>
              <th scope="col">{t("backend.priceShort")}</th>
              <th scope="col">{t("backend.stockShort")}</th>
            </tr>
          </thead>
          <tbody>
            {backend.products.map((product) => (
              <ProductLine key={product.sku} product={product} />
            ))}
          </tbody>
        </table>
      ) : (
        <p className="none">{t("backend.noProducts")}</p>
      )}
      {backend.templates.length > 0 && (
        <>
          <h3>{t("backend.templates")}</h3>
          <ul className="templates">
            {oneOfEach(backend.templates).map((template) => (
              <li key={template.name}>
                <label className="switch">
                  <input
                    type="checkbox"
                    role="switch"
                    aria-label={t("backend.paused", { name: template.name })}
                    checked={template.status !== "APPROVED"}
                    onChange={(event) => void pull("template", { name: template.name, status: event.target.checked ? "PAUSED" : "APPROVED" })}
                  />
                  <Name>{template.name}</Name>
                </label>
                <span className="quiet">
                  {[template.languages.join(", "), named(t, "category", template.category.toLowerCase()), named(t, "template", template.status.toLowerCase())].join(" · ")}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** A template is paused in all of its languages at once. */
function oneOfEach(templates: World["templates"]) {
  const names = [...new Set(templates.map((one) => one.name))];
  return names.map((name) => {
    const same = templates.filter((one) => one.name === name);
    return { ...same[0]!, languages: same.map((one) => one.language) };
  });
}

const inStock = ({ stock }: Product) => (stock === null ? "" : `${stock}`);

function ProductLine({ product }: { product: Product }) {
  const t = useWords();
  const [price, setPrice] = useState(product.price);
  const [stock, setStock] = useState(inStock(product));
  useEffect(() => setPrice(product.price), [product.price]);
  useEffect(() => setStock(inStock(product)), [product.stock]);
  /** What does not fit is refused by the server; either way the field then says what the shop has. */
  const save = async () => {
    const changed: [object, () => void][] = [];
    if (price !== product.price) changed.push([{ price: price.trim() }, () => setPrice((now) => (now === price ? fresh().price : now))]);
    if (stock !== inStock(product)) changed.push([{ stock: stock.trim() }, () => setStock((now) => (now === stock ? inStock(fresh()) : now))]);
    const fresh = () => useStudio.getState().backend?.products.find((one) => one.sku === product.sku) ?? product;
    for (const [change, show] of changed) {
      await pull("product", { sku: product.sku, ...change });
      await readBackend();
      show();
    }
  };
  const keys = (event: React.KeyboardEvent) => event.key === "Enter" && void save();
  return (
    <tr>
      <th scope="row">
        <Name>{product.name}</Name>
      </th>
      <td>
        <input value={price} dir="ltr" aria-label={t("backend.price", { name: product.name })} onChange={(event) => setPrice(event.target.value)} onBlur={() => void save()} onKeyDown={keys} />
      </td>
      <td>
        <input value={stock} dir="ltr" inputMode="numeric" aria-label={t("backend.stock", { name: product.name })} onChange={(event) => setStock(event.target.value)} onBlur={() => void save()} onKeyDown={keys} />
      </td>
    </tr>
  );
}
