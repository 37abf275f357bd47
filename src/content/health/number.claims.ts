// Prices and figures in prose: where one is claimed, and which numbers a text holds. Knows nothing of facts.

export interface NumberClaim {
  /** As it stands in the text. */
  text: string;
  value: number;
}

const words: Readonly<Record<string, number>> = { a: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, ten: 10 };
const scales: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  million: 1e6,
  b: 1e9,
  bn: 1e9,
  billion: 1e9,
  trillion: 1e12,
};

/** Not a part of a word or a longer number, nor a version such as GPT-5.4. Letters are scales only where they touch the digits. */
const numberPattern = new RegExp(
  String.raw`(?<![\w.,]|[A-Za-z]-)(?<currency>(?:US|CA|AU)?[$€£¥]\s?)?` +
    String.raw`(?:(?<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?<letter>k|m|bn?)?|(?<word>${Object.keys(words).join("|")})(?=[ -](?:m|b|tr)illion))` +
    String.raw`(?![\w])(?:[ -](?<scale>thousand|million|billion|trillion)\b)?(?<more>\+)?`,
  "gi",
);
const isMoney = /^\s?(?:(?:US|Canadian|Australian) )?(?:dollars?|euros?|pounds?|USD|EUR|GBP|CHF|JPY)\b/;
const isShare = /^\s?(?:%|percent\b|per cent\b)/;
const counted =
  /^ (?:[\w-]+ ){0,2}(?:users|people|customers|companies|businesses|organi[sz]ations|teams|developers|engineers|professionals|members|subscribers|students|downloads|installs|stars|reviews|integrations|apps|templates|languages|lessons|tokens)\b/i;

interface FoundNumber extends NumberClaim {
  isClaim: boolean;
}

function* findNumbers(text: string): Generator<FoundNumber> {
  for (const match of text.matchAll(numberPattern)) {
    const { currency, digits, letter = "", word = "", scale = "", more } = match.groups ?? {};
    const base = digits === undefined ? (words[word.toLowerCase()] ?? Number.NaN) : Number(digits.replaceAll(",", ""));
    const value = base * (scales[letter.toLowerCase()] ?? 1) * (scales[scale.toLowerCase()] ?? 1);
    const after = text.slice(match.index + match[0].length).slice(0, 60);
    const unit = (isMoney.exec(after) ?? isShare.exec(after))?.[0] ?? "";
    const count = counted.exec(after)?.[0] ?? "";
    const isClaim =
      currency !== undefined ||
      // All and nothing are figures of speech.
      (unit !== "" && !(isShare.test(after) && value === 100)) ||
      /illion/i.test(scale) ||
      (count !== "" && (more !== undefined || value >= 1000));
    yield { text: `${match[0]}${unit === "" ? count : unit}`.trim(), value, isClaim };
  }
}

/** Amounts of money, shares in percent, millions and more, and how many somebody has of something. */
export function numberClaims(text: string): NumberClaim[] {
  return [...findNumbers(text)].filter(({ isClaim, value }) => isClaim && value !== 0);
}

export function numbersIn(text: string): number[] {
  return [...findNumbers(text)].map(({ value }) => value);
}
