// How a flow file is coloured. Not a parser: what a line means is the checker's to say.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const BLOCKS = new Set("duka flow start languages currency use rules remember words consent phrase form anywhere group state follow template tests test texts for given".split(" "));
const LINES = new Set(
  "ask say image video audio document list button row pick link answer fill call do set send if else on after quiet hears failed lost alert title field submit body header footer sample one two few many zero other customer shop tap choices wait event state start called not template".split(" "),
);

type Place = { inText: boolean; inHead: boolean };

const duka = StreamLanguage.define<Place>({
  name: "duka",
  startState: () => ({ inText: false, inHead: false }),
  token(stream, place) {
    if (stream.sol()) {
      place.inText = false;
      stream.eatSpace();
      if (stream.peek() === "#") {
        stream.skipToEnd();
        return "comment";
      }
      if (stream.match(/\|/)) {
        place.inText = true;
        return "operator";
      }
      const word = stream.match(/[A-Za-z_]+/) as RegExpMatchArray | null;
      if (!word) {
        stream.next();
        return null;
      }
      const isBlock = BLOCKS.has(word[0]) && stream.indentation() === 0;
      place.inHead = isBlock;
      return isBlock ? "heading" : LINES.has(word[0]) ? "keyword" : null;
    }
    if (stream.match(/<->|->/)) {
      place.inHead = true;
      return "operator";
    }
    if (stream.match(/\{[^}]*\}/)) return "variableName";
    if (place.inText) {
      if (stream.match(/[^{<-]+/)) return "string";
      stream.next();
      return "string";
    }
    if (stream.match(/:\s*/)) {
      place.inText = true;
      return "punctuation";
    }
    if (stream.match(/\b(if|else|within|from|to|in|into|with|and|or|not|optional|keep|about|times|is|none)\b/)) return "keyword";
    if (stream.match(/\d[\d,.]*/)) return "number";
    if (stream.match(/[A-Za-z_][\w.]*/)) return place.inHead ? "labelName" : null;
    stream.next();
    return null;
  },
});

const look = HighlightStyle.define([
  { tag: tags.comment, class: "tok-comment" },
  { tag: tags.heading, class: "tok-heading" },
  { tag: tags.keyword, class: "tok-keyword" },
  { tag: tags.operator, class: "tok-arrow" },
  { tag: tags.variableName, class: "tok-hole" },
  { tag: tags.string, class: "tok-text" },
  { tag: tags.number, class: "tok-number" },
  { tag: tags.labelName, class: "tok-name" },
]);

export const flowFile = [duka, syntaxHighlighting(look)];
