// Time zones: what offset and which abbreviation hold at a moment (Go time.Location).
// Offsets come from Intl; abbreviations from the table beside, since Intl has none that match Go's.
import { secondsFromCivil } from "./go-calendar";
import { zoneNamesByAbbreviation } from "./time-zone-names";

/** What holds in a zone at a moment. */
export interface ZoneState {
  /** Abbreviation; empty when there is none. */
  readonly name: string;
  /** Seconds east of UTC. */
  readonly offset: number;
}

/** A zone. */
export interface Location {
  readonly name: string;
  /** State at seconds since 1970. */
  lookup(seconds: number): ZoneState;
  /** Offset of an abbreviation of this zone around a time of day given as if it were UTC. */
  lookupName(name: string, seconds: number): number | undefined;
}

class FixedLocation implements Location {
  readonly name: string;
  private readonly state: ZoneState;

  constructor(name: string, offset: number, abbreviation = name) {
    this.name = name;
    this.state = { name: abbreviation, offset };
  }

  lookup(): ZoneState {
    return this.state;
  }

  lookupName(name: string): number | undefined {
    return name === this.state.name ? this.state.offset : undefined;
  }
}

class NamedLocation implements Location {
  readonly name: string;
  private readonly format: Intl.DateTimeFormat;
  private readonly standard: string;
  private readonly summer: string;
  private lastHour = Number.NaN;
  private lastState: ZoneState = { name: "", offset: 0 };

  constructor(name: string, abbreviations: string) {
    this.name = name;
    const [standard = "", summer = ""] = abbreviations.split("/");
    this.standard = standard;
    this.summer = summer;
    this.format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  lookup(seconds: number): ZoneState {
    // Zones change on the quarter of an hour at the finest.
    const quarter = Math.floor(seconds / 900);
    if (quarter !== this.lastHour) {
      this.lastState = this.stateAt(quarter * 900);
      this.lastHour = quarter;
    }
    return this.lastState;
  }

  lookupName(name: string, seconds: number): number | undefined {
    const states = [-43_200, 0, 43_200].map((shift) => this.lookup(seconds + shift));
    const year = [0, 1, 2, 3].map((quarter) => this.lookup(seconds + quarter * 7_889_400));
    return [...states, ...year].find((state) => state.name === name)?.offset;
  }

  private stateAt(seconds: number): ZoneState {
    const offset = this.offsetAt(seconds);
    return { name: this.abbreviation(offset), offset };
  }

  private offsetAt(seconds: number): number {
    const limit = 8.64e12;
    const at = Math.max(-limit, Math.min(limit, seconds));
    const parts: Record<string, string> = {};
    for (const { type, value } of this.format.formatToParts(at * 1000)) parts[type] = value;
    const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
    const [month, day, hour] = [Number(parts.month), Number(parts.day), Number(parts.hour)];
    return secondsFromCivil(year, month, day, hour, Number(parts.minute), Number(parts.second)) - at;
  }

  private abbreviation(offset: number): string {
    if (offset % 900 !== 0) return "LMT";
    if (this.standard === "#") return numericName(offset);
    if (this.summer === "") return this.standard;
    // Ireland's standard time is its summer one.
    if (this.summer === "GMT") return offset === 0 ? "GMT" : this.standard;
    const modern = Math.min(this.offsetAt(winterAndSummer[0]), this.offsetAt(winterAndSummer[1]));
    return offset > modern ? this.summer : this.standard;
  }
}

/** A day of January and one of July 2025. */
const winterAndSummer = [1_736_899_200, 1_752_537_600] as const;

/** The name zones without abbreviation have: `+03`, `+0530`. */
function numericName(offset: number): string {
  const size = Math.abs(offset);
  const minutes = Math.floor(size / 60) % 60;
  const hours = String(Math.floor(size / 3600)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${hours}${minutes === 0 ? "" : String(minutes).padStart(2, "0")}`;
}

/** UTC. */
export const utc: Location = new FixedLocation("UTC", 0);

/** The zone of the machine; UTC on a Kargo server, and here too, so that expressions give the same everywhere. */
export const local: Location = new FixedLocation("UTC", 0);

/** A zone that is the same all year. */
export function fixedZone(name: string, offset: number): Location {
  return new FixedLocation(name, offset);
}

const loaded = new Map<string, Location>();

/** time.LoadLocation; names are case-sensitive. A sentence where Go gives an error. */
export function loadLocation(name: string): Location | string {
  if (name === "" || name === "UTC") return utc;
  if (name === "Local") return local;
  if (name.includes("..") || /^[/\\]/.test(name)) return "time: invalid location name";
  let location = loaded.get(name);
  if (location === undefined) {
    const group = Object.entries(zoneNamesByAbbreviation).find(([, names]) =>
      names.split(" ").includes(name),
    );
    if (group === undefined) return `unknown time zone ${name}`;
    try {
      location = new NamedLocation(name, group[0]);
    } catch {
      return `unknown time zone ${name}`;
    }
    loaded.set(name, location);
  }
  return location;
}
