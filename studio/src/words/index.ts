// Which words the page speaks. A missing or unknown language falls back to English.
import { ar } from "./ar";
import { en, type Word, type Words } from "./en";
import { fr } from "./fr";
import { hi } from "./hi";
import { sw } from "./sw";

export const languages = { en: "English", ar: "العربية", hi: "हिन्दी", sw: "Kiswahili", fr: "Français" } as const;
export type Language = keyof typeof languages;
export type { Word };

const all: Record<Language, Words> = { en, ar, hi, sw, fr };

export function isLanguage(code: string | undefined): code is Language {
  return code !== undefined && Object.hasOwn(languages, code);
}

/** The first language of the list that the page speaks; `sw-KE` counts as `sw`. */
export function spoken(codes: readonly (string | undefined)[]): Language {
  for (const code of codes) {
    const base = code?.split(/[-_]/)[0]?.toLowerCase();
    if (isLanguage(base)) return base;
  }
  return "en";
}

export function direction(language: Language): "rtl" | "ltr" {
  return language === "ar" ? "rtl" : "ltr";
}

export type Say = (word: Word, gaps?: Record<string, string | number>) => string;

/** The words of a language, with `{gaps}` filled. What fills a gap is isolated, so that it cannot turn the sentence. */
export function speaker(language: Language): Say {
  return (word, gaps) => {
    const sentence = all[language][word] ?? en[word];
    if (!gaps) return sentence;
    return sentence.replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in gaps ? isolated(clean(String(gaps[name])), language) : whole,
    );
  };
}

/** Plain Latin in a sentence that runs the same way needs no isolating. */
function isolated(text: string, language: Language): string {
  return direction(language) === "ltr" && /^[\x20-\x7e]*$/.test(text) ? text : `\u2068${text}\u2069`;
}

/** Without the letters that open or close a direction: they would leave the gap. */
function clean(text: string): string {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
}
