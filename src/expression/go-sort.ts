// Sorting in the very order of Go's sort.Sort, ties included: pattern-defeating quicksort, not stable.
// Up to twelve elements it is an insertion sort, which keeps the order of ties.

/** Sorts in place. `less` may throw; then the order is undefined. */
export function sortWith<T>(items: T[], less: (a: T, b: T) => boolean): void {
  new Sorter(items, less).sort(0, items.length, 32 - Math.clz32(items.length));
}

type Hint = "increasing" | "decreasing" | "unknown";

class Sorter<T> {
  private readonly items: T[];
  private readonly lessThan: (a: T, b: T) => boolean;

  constructor(items: T[], less: (a: T, b: T) => boolean) {
    this.items = items;
    this.lessThan = less;
  }

  private less(i: number, j: number): boolean {
    return this.lessThan(this.items[i] as T, this.items[j] as T);
  }

  private swap(i: number, j: number): void {
    const kept = this.items[i] as T;
    this.items[i] = this.items[j] as T;
    this.items[j] = kept;
  }

  /** Sorts [from, to); `limit` bad pivots are borne before heap sort takes over. */
  sort(start: number, stop: number, allowed: number): void {
    let [from, to, limit] = [start, stop, allowed];
    let balanced = true;
    let partitioned = true;
    for (;;) {
      const length = to - from;
      if (length <= 12 || limit === 0) {
        if (length <= 12) this.insertionSort(from, to);
        else this.heapSort(from, to);
        return;
      }
      if (!balanced) {
        this.breakPatterns(from, to);
        limit--;
      }
      let { pivot, hint } = this.choosePivot(from, to);
      if (hint === "decreasing") {
        this.reverse(from, to);
        pivot = to - 1 - (pivot - from);
        hint = "increasing";
      }
      if (balanced && partitioned && hint === "increasing" && this.almostSorted(from, to)) return;
      if (from > 0 && !this.less(from - 1, pivot)) {
        from = this.partitionEqual(from, to, pivot);
        continue;
      }
      const { middle, untouched } = this.partition(from, to, pivot);
      partitioned = untouched;
      const [left, right] = [middle - from, to - middle];
      const threshold = Math.floor(length / 8);
      if (left < right) {
        balanced = left >= threshold;
        this.sort(from, middle, limit);
        from = middle + 1;
      } else {
        balanced = right >= threshold;
        this.sort(middle + 1, to, limit);
        to = middle;
      }
    }
  }

  private insertionSort(from: number, to: number): void {
    for (let i = from + 1; i < to; i++) {
      for (let j = i; j > from && this.less(j, j - 1); j--) this.swap(j, j - 1);
    }
  }

  private heapSort(from: number, to: number): void {
    const length = to - from;
    for (let i = Math.floor((length - 1) / 2); i >= 0; i--) this.siftDown(i, length, from);
    for (let i = length - 1; i >= 0; i--) {
      this.swap(from, from + i);
      this.siftDown(0, i, from);
    }
  }

  private siftDown(start: number, length: number, first: number): void {
    for (let root = start; ; ) {
      let child = 2 * root + 1;
      if (child >= length) return;
      if (child + 1 < length && this.less(first + child, first + child + 1)) child++;
      if (!this.less(first + root, first + child)) return;
      this.swap(first + root, first + child);
      root = child;
    }
  }

  /** Moves smaller elements in front of the pivot; `untouched` when they were there already. */
  private partition(from: number, to: number, pivot: number): { middle: number; untouched: boolean } {
    this.swap(from, pivot);
    let i = from + 1;
    let j = to - 1;
    let untouched = true;
    for (;;) {
      while (i <= j && this.less(i, from)) i++;
      while (i <= j && !this.less(j, from)) j--;
      if (i > j) break;
      untouched = false;
      this.swap(i++, j--);
    }
    this.swap(j, from);
    return { middle: j, untouched };
  }

  /** Moves elements equal to the pivot to the front, there being no smaller ones; gives where the others begin. */
  private partitionEqual(from: number, to: number, pivot: number): number {
    this.swap(from, pivot);
    let i = from + 1;
    let j = to - 1;
    for (;;) {
      while (i <= j && !this.less(from, i)) i++;
      while (i <= j && this.less(from, j)) j--;
      if (i > j) return i;
      this.swap(i++, j--);
    }
  }

  /** Repairs a few out-of-order pairs; true when that sorted the range. */
  private almostSorted(from: number, to: number): boolean {
    let i = from + 1;
    for (let step = 0; step < 5; step++) {
      while (i < to && !this.less(i, i - 1)) i++;
      if (i === to) return true;
      if (to - from < 50) return false;
      this.swap(i, i - 1);
      if (i - from >= 2) for (let j = i - 1; j >= 1 && this.less(j, j - 1); j--) this.swap(j, j - 1);
      if (to - i >= 2) for (let j = i + 1; j < to && this.less(j, j - 1); j++) this.swap(j, j - 1);
    }
    return false;
  }

  /** Scatters three elements with Go's generator, seeded by the length. */
  private breakPatterns(from: number, to: number): void {
    const length = to - from;
    if (length < 8) return;
    let random = BigInt(length);
    const mask = (1n << BigInt(32 - Math.clz32(length))) - 1n;
    const middle = from + Math.floor(length / 4) * 2;
    for (let index = middle - 1; index <= middle + 1; index++) {
      random ^= BigInt.asUintN(64, random << 13n);
      random ^= random >> 7n;
      random ^= BigInt.asUintN(64, random << 17n);
      const other = Number(random & mask);
      this.swap(index, from + (other >= length ? other - length : other));
    }
  }

  private choosePivot(from: number, to: number): { pivot: number; hint: Hint } {
    const length = to - from;
    const quarter = Math.floor(length / 4);
    const count = { swaps: 0 };
    let [i, j, k] = [from + quarter, from + quarter * 2, from + quarter * 3];
    if (length >= 8) {
      if (length >= 50) {
        i = this.median(i - 1, i, i + 1, count);
        j = this.median(j - 1, j, j + 1, count);
        k = this.median(k - 1, k, k + 1, count);
      }
      j = this.median(i, j, k, count);
    }
    const hint = count.swaps === 0 ? "increasing" : count.swaps === 12 ? "decreasing" : "unknown";
    return { pivot: j, hint };
  }

  private median(a: number, b: number, c: number, count: { swaps: number }): number {
    let [x, y, z] = [a, b, c];
    if (this.less(y, x)) {
      count.swaps++;
      [x, y] = [y, x];
    }
    if (this.less(z, y)) {
      count.swaps++;
      [y, z] = [z, y];
    }
    if (this.less(y, x)) {
      count.swaps++;
      [x, y] = [y, x];
    }
    return y;
  }

  private reverse(from: number, to: number): void {
    for (let i = from, j = to - 1; i < j; i++, j--) this.swap(i, j);
  }
}
