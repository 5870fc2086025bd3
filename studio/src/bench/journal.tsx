// Why each message was sent: where the conversation stood, which conditions held, how old the shop's data were, what it
// costs. Newest first.
import { useEffect, useRef } from "react";

import type { Item } from "../api/types";
import { bubbleOf, gist } from "../chat/bubble";
import { bare } from "../chat/format";
import { useStudio } from "../store";
import { Name, lasting, LineLink, momentOf, useWords } from "../ui";
import type { Word } from "../words";
import { failed, named } from "../words/said";

const NONE: never[] = [];

export function Journal() {
  const t = useWords();
  const active = useStudio((now) => now.active);
  const items = useStudio((now) => now.threads[active] ?? NONE);
  const asked = useStudio((now) => (now.asked?.customer === active ? now.asked.seq : undefined));
  const told = items.filter((item) => item.way === "out" && item.body?.status !== "read").toReversed();
  if (told.length === 0) return <p className="none">{t("journal.empty")}</p>;
  return (
    <ol className="journal">
      {told.map((item) => (
        <Told key={item.seq} item={item} open={item.seq === asked} />
      ))}
    </ol>
  );
}

function Told({ item, open }: { item: Item; open: boolean }) {
  const t = useWords();
  const language = useStudio((now) => now.language);
  const zone = useStudio((now) => now.shop?.timezone);
  const customer = useStudio((now) => now.active);
  const place = useRef<HTMLDetailsElement>(null);
  const why = item.why;
  const words = bare(gist(bubbleOf(item), (kind) => t(`kind.${kind}` as Word)));
  useEffect(() => {
    if (!open || !place.current) return;
    place.current.open = true;
    place.current.scrollIntoView({ block: "nearest" });
  }, [open]);
  return (
    <li>
      <details ref={place} className={open ? "is-asked" : ""} onToggle={(event) => event.currentTarget.open && useStudio.setState({ asked: { customer, seq: item.seq } })}>
        <summary>
          <span className="journal-state">
            <Name>{why?.person ? t("person.title") : (why?.follow?.name ?? why?.state ?? "–")}</Name>
          </span>
          <span className="journal-words" dir="auto">
            {words}
          </span>
          {item.status && <span className={`badge is-${item.status}`}>{t(`status.${item.status}` as Word)}</span>}
        </summary>
        <dl className="why">
          <Fact name={t("journal.status")}>
            {item.status ? t(`status.${item.status}` as Word) : "–"} · {momentOf(item.at, language, zone)}
            {item.error && ` · ${failed(item.error, t)}`}
          </Fact>
          {!why && <Fact name={t("journal.state")}>{t("journal.unexplained")}</Fact>}
          {why && (
            <>
              <Fact name={t(why.follow ? "journal.beside" : "journal.state")}>
                {why.follow ? (
                  <>
                    <bdi>
                      {why.flow} · {why.follow.name} · {why.follow.on}
                    </bdi>{" "}
                    {why.follow.line && <LineLink line={why.follow.line} />}
                  </>
                ) : why.person ? (
                  t("journal.person")
                ) : (
                  <bdi>
                    {why.flow} · {why.state}
                  </bdi>
                )}
              </Fact>
              {why.line && (
                <Fact name={t("journal.line")}>
                  <LineLink line={why.line} />
                </Fact>
              )}
              {why.guards.length > 0 && (
                <Fact name={t("journal.guards")}>
                  <ul className="guards">
                    {why.guards.map((guard, index) => (
                      <li key={index}>
                        <code>{guard.text}</code> <span className={`badge is-${guard.value}`}>{t(guard.value === "no" ? "journal.no" : "journal.yes")}</span>
                      </li>
                    ))}
                  </ul>
                </Fact>
              )}
              {why.data_age_ms !== undefined && <Fact name={t("journal.age")}>{why.data_age_ms < 1000 ? t("backend.ms", { count: why.data_age_ms }) : lasting(why.data_age_ms, t)}</Fact>}
              <Fact name={t("journal.window")}>{t(`journal.window.${why.window}` as Word)}</Fact>
              {why.category && <Fact name={t("journal.category")}>{named(t, "category", why.category)}</Fact>}
              {why.cost && (
                <Fact name={t("journal.cost")}>
                  <bdi>{named(t, "cost", why.cost)}</bdi>
                </Fact>
              )}
            </>
          )}
        </dl>
        <details className="raw">
          <summary>{t("journal.raw")}</summary>
          <pre dir="ltr">{JSON.stringify(item.body, null, 2)}</pre>
        </details>
      </details>
    </li>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
