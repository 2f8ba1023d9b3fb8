// Writes numbers as catalogue/numbers.py does, with the signs that the page receives from there.

/**
 * A positive number with so many decimals; of two that are equally near, the even one, as Python rounds.
 * @param {number} size
 * @param {number} digits
 */
function rounded(size, digits) {
  const nearest = size.toFixed(digits);
  const exact = size.toFixed(digits + 40);
  const isTie = /^50*$/.test(exact.slice(-40));
  const below = exact.slice(0, -40).replace(/\.$/, "");
  return isTie && /[02468]$/.test(below) ? below : nearest;
}

/**
 * Ways to write a number: each takes null, or what is no number, for one that is not known.
 * @param {Signs} signs
 * @param {string} lang
 */
export function numberFormats(signs, lang) {
  /** @type {(value: number | null | undefined, digits?: number, trim?: boolean) => string} */
  const decimal = (value, digits = 1, trim = false) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return signs.missing;
    const [whole, decimals = ""] = rounded(Math.abs(value), digits).split(".");
    const kept = trim ? decimals.replace(/0+$/, "") : decimals;
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, signs.group);
    const written = kept ? grouped + signs.point + kept : grouped;
    return value < 0 && /[1-9]/.test(written) ? signs.minus + written : written;
  };
  /** @type {(written: string, unit: string) => string} */
  const withUnit = (written, unit) => {
    if (!unit || written === signs.missing) return written;
    return unit === "%" ? written + signs.percent : written + signs.space + unit;
  };
  /** @type {(value: number | null | undefined) => string} */
  const count = (value) => decimal(value, 0);
  /**
   * A share in percent: what is not nil is never written as nothing, nor what is not whole as the whole.
   * @type {(share: number | null | undefined, digits?: number) => string}
   */
  const percent = (share, digits = 0) => {
    const exact = share ?? NaN;
    if (!Number.isFinite(exact)) return signs.missing;
    const [near, least] = [Number(rounded(Math.abs(100 * exact), digits)), 10 ** -digits];
    if (near === 0 && exact > 1e-9) return `<${signs.space}${withUnit(decimal(least, digits), "%")}`;
    if (near === 100 && exact > 0 && exact < 1 - 1e-9) {
      return `>${signs.space}${withUnit(decimal(100 - least, digits), "%")}`;
    }
    return withUnit(decimal(100 * exact, digits), "%");
  };
  /** @type {(metres: number | null | undefined, digits?: number) => string} */
  const distance = (metres, digits = 1) => withUnit(decimal((metres ?? NaN) / 1000, digits), "km");
  /**
   * The least and the greatest possible value, one of them where they are written alike.
   * @type {(low: number | null, high: number | null, write: (value: number | null) => string) => string}
   */
  const between = (low, high, write) => {
    const [first, last] = [write(low), write(high)];
    if (first === last) return first;
    const ends = [signs.percent, `${signs.space}km`].find((end) => first.endsWith(end)) ?? "";
    return `${first.slice(0, first.length - ends.length)} ${signs.to} ${last}`;
  };
  return { decimal, withUnit, count, percent, distance, between, compare: new Intl.Collator(lang, { numeric: true }).compare };
}
