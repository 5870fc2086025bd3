// Pictures: of the page's own server, or a drawn placeholder. Nothing is ever loaded from another host.
import { useState } from "react";

import { own } from "../chat/bubble";
import { Icon, type Picture as IconName } from "../ui";

export function Picture({ url, label, className = "", icon = "image" }: { url?: string; label: string; className?: string; icon?: IconName }) {
  const [broken, setBroken] = useState(false);
  const source = own(url);
  if (source === undefined || broken) return <Drawn label={label} className={className} icon={icon} />;
  return <img className={`picture ${className}`} src={source} alt={label} loading="lazy" onError={() => setBroken(true)} />;
}

/** Colours and a letter that stay the same for the same words. */
export function Drawn({ label, className = "", icon = "image" }: { label: string; className?: string; icon?: IconName }) {
  return (
    <div className={`picture drawn tint-${tint(label)} ${className}`} role="img" aria-label={label}>
      <Icon name={icon} size={30} />
    </div>
  );
}

export function tint(words: string): number {
  let sum = 0;
  for (const letter of words) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % 6;
}

export function Avatar({ name, size = 36, colour }: { name: string; size?: number; colour?: string }) {
  const own = colour !== undefined && /^#[0-9a-f]{6}$/i.test(colour) ? { background: colour } : undefined;
  const letter = [...name.trim()].find((one) => /\p{L}|\p{N}/u.test(one)) ?? "?";
  return (
    <span className={`avatar avatar-${size} tint-${tint(name)}`} style={own} aria-hidden="true">
      {letter.toUpperCase()}
    </span>
  );
}
