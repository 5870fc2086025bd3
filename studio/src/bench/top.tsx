// The bar over the page: which shop, whether its server runs, the page's own language and colours.
import { enter, isNotOpen, prefer, useStudio, type Theme } from "../store";
import { Icon, Name, momentOf, useShopNow, useWords } from "../ui";
import { languages, type Language } from "../words";

export function Top() {
  const t = useWords();
  const home = useStudio((now) => now.home);
  const shop = useStudio((now) => now.shop);
  const language = useStudio((now) => now.language);
  const theme = useStudio((now) => now.theme);
  const running = useStudio((now) => now.running);
  const notOpen = useStudio(isNotOpen);
  const connected = useStudio((now) => now.connected);
  const shops = home?.shops ?? [];
  return (
    <header className="top">
      <h1 className="brand">
        <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="currentColor" />
          <path d="M8 13h16l-1.4 10.2a2 2 0 0 1-2 1.8h-9.200a2 2 0 0 1-2-1.8z" className="brand-bag" />
          <path d="M12 14v-3a4 4 0 0 1 8 0v3" className="brand-handle" />
        </svg>
        <span>Duka</span>
      </h1>
      {shops.length > 1 ? (
        <label className="pick">
          <span className="hidden-words">{t("bench.shop")}</span>
          <select value={shop?.slug} onChange={(event) => {
            const next = shops.find((one) => one.slug === event.target.value);
            if (next) void enter(next);
          }}>
            {shops.map((one) => (
              <option key={one.slug} value={one.slug}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        shop && (
          <span className="top-shop">
            <Name>{shop.name}</Name>
          </span>
        )
      )}
      {shop && shop.revision !== "" && <span className="top-revision quiet" title={t("bench.revision", { revision: shop.revision })}><bdi>{shop.revision.slice(0, 12)}</bdi></span>}
      <span className={`lamp ${!connected ? "is-lost" : running ? "is-on" : "is-off"}`} role="status">
        {t(!connected ? "bench.lost" : running ? "bench.running" : notOpen ? "bench.notOpen" : "bench.stopped")}
      </span>
      <span className="top-space" />
      {shop && <ShopClock zone={shop.timezone} />}
      <label className="pick">
        <Icon name="language" size={17} />
        <span className="hidden-words">{t("bench.language")}</span>
        <select value={language} onChange={(event) => prefer({ language: event.target.value as Language })}>
          {Object.entries(languages).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="pick">
        <Icon name="theme" size={17} />
        <span className="hidden-words">{t("bench.theme")}</span>
        <select value={theme} onChange={(event) => prefer({ theme: event.target.value as Theme })}>
          <option value="auto">{t("bench.theme.auto")}</option>
          <option value="light">{t("bench.theme.light")}</option>
          <option value="dark">{t("bench.theme.dark")}</option>
        </select>
      </label>
    </header>
  );
}

function ShopClock({ zone }: { zone?: string }) {
  const t = useWords();
  const language = useStudio((now) => now.language);
  const now = useShopNow(1000);
  return (
    <span className="top-clock" title={t("levers.clock")}>
      <Icon name="clock" size={16} />
      <time dateTime={new Date(now).toISOString()}>{momentOf(now, language, zone)}</time>
    </span>
  );
}
