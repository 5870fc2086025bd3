// Small pieces that phone and workbench share: words, icons, times. No state of its own.
import { useEffect, useMemo, useState, type ReactNode } from "react";

import { goTo, shopNow, useStudio } from "./store";
import { speaker, type Language, type Say } from "./words";

export { lasting } from "./words/said";

export function useWords(): Say {
  const language = useStudio((now) => now.language);
  return useMemo(() => speaker(language), [language]);
}

/** A name or text of the shop or a customer: shown as it is, and unable to turn its neighbours around. */
export function Name({ children }: { children: string | undefined }) {
  return <bdi>{children}</bdi>;
}

const PATHS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  chevron: "M7 10l5 5 5-5",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.2 16.2L21 21",
  clip: "M20 11.5l-8.2 8.2a5 5 0 0 1-7-7L13 4.4a3.4 3.4 0 0 1 4.8 4.8l-8.3 8.3a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6",
  camera: "M4 8h3.2L9 5.5h6L16.8 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM12 10a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8z",
  mic: "M12 4a3 3 0 0 1 3 3v4.5a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  send: "M4 4.5l17 7.5-17 7.5 2.5-7.5zM6.5 12H21",
  smile: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM8.5 14a4.2 4.2 0 0 0 7 0M9 9.8v.1M15 9.8v.1",
  pin: "M12 21s-6.5-6.2-6.5-11a6.5 6.5 0 0 1 13 0c0 4.8-6.5 11-6.5 11zM12 7.8a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6z",
  shop: "M4 10l1.500-5.5h13L20 10M4 10a2.700 2.7 0 0 0 5.3 0 2.7 2.7 0 0 0 5.4 0A2.700 2.7 0 0 0 20 10M5.500 13v6.500h13V13M10 19.5V15h4v4.500",
  bag: "M5.500 9h13l-.9 10.5H6.400zM9 9V7.500a3 3 0 0 1 6 0V9",
  person: "M12 4.5a3.800 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6zM4.500 20a7.500 7.5 0 0 1 15 0",
  phone: "M6 3.5h3l1.500 4.5-2 1.5a12 12 0 0 0 6 6l1.500-2 4.5 1.5v3a2 2 0 0 1-2.2 2A16.500 16.5 0 0 1 4 5.7 2 2 0 0 1 6 3.5z",
  more: "M12 5.5v.1M12 12v.1M12 18.5v.1",
  list: "M9 7h11M9 12h11M9 17h11M4.500 7v.1M4.500 12v.1M4.500 17v.1",
  reply: "M9.500 6L4 11.5 9.5 17M4 11.5h9a7 7 0 0 1 7 7",
  link: "M13 5h6v6M19 5l-9 9M17 14v5H5V7h5",
  copy: "M9 9h10v10H9zM5 15V5h10",
  form: "M6 3.5h12v17H6zM9 8h6M9 12h6M9 16h3",
  file: "M6.500 3.5h7.500l4.500 4.5v12.500h-12zM14 3.5V8h4.500",
  play: "M8 5.5l11 6.5-11 6.5z",
  pause: "M8.500 5.5v13M15.500 5.5v13",
  video: "M4 6.500h11v11H4zM15 10.800l5-3v8.400l-5-3",
  why: "M12 3.5a8.500 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM9.600 9.5a2.500 2.5 0 1 1 3.7 2.2c-.9.5-1.3 1-1.3 2M12 16.6v.1",
  clock: "M12 3.5a8.500 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7.5V12l3 2",
  beside: "M4 5h7v14H4zM14 5h6v14h-6z",
  target: "M12 4v4M12 16v4M4 12h4M16 12h4M12 9.5a2.500 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
  pay: "M3.500 6h17v12h-17zM3.500 10h17M7 14.5h4",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.500 8.8v.1",
  forward: "M14.500 6L20 11.5 14.5 17M20 11.5h-9a7 7 0 0 0-7 7",
  language: "M12 3.5a8.500 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM3.500 12h17M12 3.5c5 5.5 5 11.5 0 17M12 3.5c-5 5.5-5 11.5 0 17",
  theme: "M12 3.5a8.500 8.5 0 1 0 0 17zM12 3.5a8.500 8.5 0 0 1 0 17",
} as const;

export type Picture = keyof typeof PATHS;

export function Icon({ name, size = 20, filled = false }: { name: Picture; size?: number; filled?: boolean }) {
  return (
    <svg className={`icon icon-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill={filled ? "currentColor" : "none"}
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** A button that is only a picture; its label is read out and shown as a hint. */
export function IconButton(props: {
  icon: Picture;
  label: string;
  onClick: () => void;
  size?: number;
  className?: string;
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      className={`icon-button ${props.className ?? ""}`}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} size={props.size} />
    </button>
  );
}

/** The shop's time, told again every `every` milliseconds. */
export function useShopNow(every: number): number {
  const heard = useStudio((now) => now.clockHeard);
  const [at, tell] = useState(shopNow);
  useEffect(() => {
    tell(shopNow());
    const timer = setInterval(() => tell(shopNow()), every);
    return () => clearInterval(timer);
  }, [every, heard]);
  return at;
}

export function timeOf(at: number, language: Language, zone?: string): string {
  return new Intl.DateTimeFormat(locale(language), { timeStyle: "short", timeZone: zone }).format(at);
}

export function dayOf(at: number, language: Language, zone?: string): string {
  return new Intl.DateTimeFormat(locale(language), { weekday: "long", day: "numeric", month: "long", timeZone: zone }).format(at);
}

export function momentOf(at: number, language: Language, zone?: string): string {
  return new Intl.DateTimeFormat(locale(language), { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone }).format(at);
}

function locale(language: Language): string {
  return language === "en" ? "en-GB" : language;
}

/** `12 kB`, as the language writes it. */
export function sizeOf(bytes: number, language: Language): string {
  const [unit, size] = bytes < 1_000_000 ? (["kilobyte", Math.max(1, Math.round(bytes / 1000))] as const) : (["megabyte", bytes / 1_000_000] as const);
  return new Intl.NumberFormat(locale(language), { style: "unit", unit, maximumFractionDigits: 1 }).format(size);
}

/** Where something is written. Files of Duka's own flows are not the shop's to open: they are only named. */
export function LineLink({ line, children }: { line: { file: string; line: number }; children?: ReactNode }) {
  const isOwn = useStudio((now) => now.shop?.files.includes(line.file) === true);
  const words = (
    <bdi>
      {isOwn && children ? "" : line.file}:{line.line}
    </bdi>
  );
  if (!isOwn) return <span className="quiet">{words}</span>;
  return (
    <button type="button" className="link" onClick={() => goTo(line.file, line.line)}>
      {children} {words}
    </button>
  );
}

/** Words that are only for those who listen to the page. */
export function Hidden({ children }: { children: ReactNode }) {
  return <span className="hidden-words">{children}</span>;
}
