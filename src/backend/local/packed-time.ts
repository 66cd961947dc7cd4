// Times of state as small integers, which need no room of their own where tens of thousands are kept.
// Only for the one form in which Kubernetes writes times; whatever is written otherwise stays the text it is.
import { formatTime } from "../../base/time";

/** Counted from 2020, seconds stay small integers for V8 for decades. */
const sinceMs = Date.UTC(2020, 0);
const maxSeconds = 2 ** 30;
const dayMs = 86_400_000;
const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
/** Times come in few days: the day is most of the work. */
const maxDays = 2000;
const daysByText = new Map<string, number | undefined>();
const textsByDay = new Map<number, string>();

/** A number for RFC 3339 in UTC and whole seconds, else the value itself. */
export function packedTime(value: unknown): unknown {
  if (typeof value !== "string" || value.length !== 20 || !form.test(value)) return value;
  const day = dayOf(value.slice(0, 10));
  const hours = twoDigits(value, 11);
  const minutes = twoDigits(value, 14);
  const seconds = twoDigits(value, 17);
  if (day === undefined || hours > 23 || minutes > 59 || seconds > 59) return value;
  const packed = day * 86_400 + hours * 3600 + minutes * 60 + seconds;
  return Math.abs(packed) < maxSeconds ? packed : value;
}

/** What was packed. */
export function unpackedTime(packed: unknown): unknown {
  if (typeof packed !== "number") return packed;
  const day = Math.floor(packed / 86_400);
  let text = textsByDay.get(day);
  if (text === undefined) {
    text = formatTime(new Date(sinceMs + day * dayMs)).slice(0, 11);
    keep(textsByDay, day, text);
  }
  const seconds = packed - day * 86_400;
  return `${text}${digits(Math.floor(seconds / 3600))}:${digits(Math.floor(seconds / 60) % 60)}:${digits(seconds % 60)}Z`;
}

/** Days since the beginning; undefined for a day that does not exist. */
function dayOf(text: string): number | undefined {
  if (daysByText.has(text)) return daysByText.get(text);
  const ms = Date.parse(`${text}T00:00:00Z`);
  const isDay = !Number.isNaN(ms) && formatTime(new Date(ms)).startsWith(text);
  const day = isDay ? (ms - sinceMs) / dayMs : undefined;
  keep(daysByText, text, day);
  return day;
}

function keep<K, V>(known: Map<K, V>, key: K, value: V): void {
  if (known.size >= maxDays) known.clear();
  known.set(key, value);
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

function digits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
