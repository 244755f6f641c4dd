/** Decimal text counted exactly: whole units of the last place, never floating point. */

/** Places that a quotient or average is rounded to. */
const MOST_PLACES = 12;
const DECIMAL = /^-?\d+(\.\d+)?$/;
const TYPED = /^\d{1,30}(\.\d{0,30})?$/;

export class Exact {
  private constructor(
    private readonly units: bigint,
    private readonly places: number,
  ) {}

  static readonly zero = new Exact(0n, 0);
  static readonly one = new Exact(1n, 0);

  /** Read decimal text as the node writes it: `-0.050`. */
  static of(text: string): Exact {
    if (!DECIMAL.test(text)) throw new RangeError(`not a decimal: ${text}`);
    const [whole = "0", fraction = ""] = text.split(".");
    return new Exact(BigInt(whole + fraction), fraction.length);
  }

  /** Read what somebody typed, `1,250.5` or `.5`; null when it is no number that can be sent. */
  static typed(text: string): Exact | null {
    const plain = text.trim().replace(/^\./, "0.").replace(/(?<=\d),(?=\d{3}(\D|$))/g, "");
    return TYPED.test(plain) ? Exact.of(plain.replace(/\.$/, "")) : null;
  }

  /** Read a number of the screen, such as a height on a chart, to so many places. */
  static near(value: number, places: number): Exact {
    return Exact.of(value.toFixed(places));
  }

  plus(other: Exact): Exact {
    const places = Math.max(this.places, other.places);
    return new Exact(this.at(places) + other.at(places), places);
  }

  minus(other: Exact): Exact {
    return this.plus(other.negated);
  }

  times(other: Exact): Exact {
    return new Exact(this.units * other.units, this.places + other.places);
  }

  /** This by `other`, cut off after so many places; nothing by zero is zero. */
  over(other: Exact, places = MOST_PLACES): Exact {
    if (other.units === 0n) return Exact.zero;
    const up = places + other.places - this.places;
    return up >= 0
      ? new Exact((this.units * 10n ** BigInt(up)) / other.units, places)
      : new Exact(this.units / (other.units * 10n ** BigInt(-up)), places);
  }

  /** The greatest whole multiple of `step` that is not above this; of what is not negative. */
  floor(step: Exact): Exact {
    const places = Math.max(this.places, step.places);
    const size = step.at(places);
    const units = this.at(places);
    return size === 0n ? this : new Exact(units - (units % size), places).trimmed(step.places);
  }

  /** The nearest whole multiple of `step`. */
  round(step: Exact): Exact {
    return this.plus(step.over(new Exact(2n, 0), step.places + 1)).floor(step);
  }

  /** Rounded to so many places, halves away from zero. */
  to(places: number): Exact {
    if (this.places <= places) return new Exact(this.at(places), places);
    const size = 10n ** BigInt(this.places - places);
    const half = this.units < 0n ? -size / 2n : size / 2n;
    return new Exact((this.units + half) / size, places);
  }

  get negated(): Exact {
    return new Exact(-this.units, this.places);
  }

  get sign(): -1 | 0 | 1 {
    return this.units > 0n ? 1 : this.units < 0n ? -1 : 0;
  }

  compare(other: Exact): -1 | 0 | 1 {
    return this.minus(other).sign;
  }

  least(other: Exact): Exact {
    return this.compare(other) <= 0 ? this : other;
  }

  /** With all its places: `0.050`. */
  get text(): string {
    const digits = (this.units < 0n ? -this.units : this.units).toString().padStart(this.places + 1, "0");
    const sign = this.units < 0n ? "-" : "";
    if (this.places === 0) return sign + digits;
    return `${sign}${digits.slice(0, -this.places)}.${digits.slice(-this.places)}`;
  }

  /** Without zeros at its end: `0.05`. */
  get short(): string {
    return this.places === 0 ? this.text : this.text.replace(/\.?0+$/, "");
  }

  /** For drawing only. */
  get approximate(): number {
    return Number(this.text);
  }

  private at(places: number): bigint {
    return this.units * 10n ** BigInt(places - this.places);
  }

  private trimmed(places: number): Exact {
    return this.places <= places ? this : new Exact(this.units / 10n ** BigInt(this.places - places), places);
  }
}
