// Where the conversation in hand stands: what it remembers, which timers run for it, which orders it has.
import type { Place } from "../api/types";
import { pull, useStudio } from "../store";
import { Name, lasting, momentOf, useShopNow, useWords } from "../ui";
import type { Word } from "../words";
import { named, timed, valued } from "../words/said";

function usePlace(): Place | undefined {
  return useStudio((now) => now.places[now.active]);
}

/** Letters of a value that stand in two lines. */
const SHORT = 64;

export function Values() {
  const t = useWords();
  const values = usePlace()?.values ?? [];
  if (values.length === 0) return <p className="none">{t("values.empty")}</p>;
  return (
    <dl className="values">
      {values.map((value) => {
        const words = valued(value, t);
        return (
          <div key={value.name}>
            <dt>
              <Name>{value.name}</Name>
            </dt>
            <dd dir="auto">
              {words.length <= SHORT ? (
                words
              ) : (
                <details>
                  <summary>{[...words].slice(0, SHORT - 2).join("")}…</summary>
                  {words}
                </details>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

export function Timers() {
  const t = useWords();
  const language = useStudio((now) => now.language);
  const zone = useStudio((now) => now.shop?.timezone);
  const now = useShopNow(1000);
  const timers = usePlace()?.timers ?? [];
  if (timers.length === 0) return <p className="none">{t("timers.empty")}</p>;
  return (
    <ul className="timers">
      {timers.map((timer) => (
        <li key={`${timer.at}${timer.kind}`}>
          <span>{timed(timer, t)}</span>
          <span className="quiet" title={momentOf(timer.at, language, zone)}>
            {t("time.in", { time: lasting(timer.at - now, t) })}
          </span>
        </li>
      ))}
    </ul>
  );
}

const ACTIONS = ["pay", "fail", "expire", "late", "cancel", "ship", "deliver", "return", "refund"];

export function Orders() {
  const t = useWords();
  const orders = usePlace()?.orders ?? [];
  if (orders.length === 0) return <p className="none">{t("orders.empty")}</p>;
  return (
    <ul className="orders">
      {orders.map((order) => (
        <li key={order.reference}>
          <div className="order-head">
            <strong>
              <Name>{order.reference}</Name>
            </strong>
            <span className="badge">
              <Name>{named(t, "order", order.state)}</Name>
            </span>
            <span className="order-total">
              <Name>{order.total}</Name>
            </span>
          </div>
          {(order.paid || order.tracking) && (
            <div className="quiet">
              {[order.paid && t("orders.paid", { state: named(t, "payment", order.paid) }), order.tracking && t("orders.tracking", { number: order.tracking })].filter(Boolean).join(" · ")}
            </div>
          )}
          <div className="buttons">
            {order.actions
              .filter((action) => ACTIONS.includes(action))
              .map((action) => (
                <button key={action} type="button" className="button is-small" onClick={() => void pull("order", { reference: order.reference, action })}>
                  {t(`orders.${action}` as Word)}
                </button>
              ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
