import type { NotedLine, PlaylistHabit, PlaylistHabits } from './playlist-habits.ts'
import { decimalFloat, decimalInteger, looseDecimal } from './playlist-lines.ts'

/** What stands between commas that are in no quoted string. */
const PARTS = /(?:"[^"]*"|[^,])+/g
const ATTRIBUTE = /^(\s*)([A-Za-z0-9_.-]+)(\s*)=(\s*)(.*)$/s
const QUOTED = /^"([^"]*)"(.*)$/s
const RESOLUTION = /^(\d{1,5}(?:\.\d{1,9})?)\s*[xX×*]\s*(\d{1,5}(?:\.\d{1,9})?)$/
const RATIO = /^(\d{1,9})\s*[/:]\s*([1-9]\d{0,8})$/

/** Marks around a value that are no quotes to RFC 8216. */
const OTHER_QUOTES = /^['‘’“”]|['‘’“”]$/g

/** Characters: what a stream is called is kept with each of its eras, and for each variant. */
const LONGEST_STRING = 1024

type Value = { text: string; readonly isQuoted: boolean }

/**
 * The attribute list of a tag, RFC 8216 §4.2, with its commas and quotes. What is not as it should be is read as what
 * it seems to mean, else left out, and noted.
 */
export class AttributeList {
  private readonly values = new Map<string, Value>()
  private readonly where: NotedLine
  private readonly habits: PlaylistHabits

  constructor(text: string, where: NotedLine, habits: PlaylistHabits) {
    this.where = where
    this.habits = habits
    const parts = text.match(PARTS) ?? []
    if (parts.join(',') !== text || parts.length === 0) this.note('attribute-list-malformed')
    let last: Value | undefined
    for (const part of parts) {
      const match = ATTRIBUTE.exec(part)
      if (match) last = this.add(match)
      // CODECS=avc1.4d401f,mp4a.40.2 without its quotes.
      else if (last && !last.isQuoted) last.text += `,${part.replaceAll('"', '').trim()}`
      else this.note('attribute-list-malformed')
    }
  }

  /** Returns a quoted string, unless it is too long. An empty one says nothing, as if the attribute were absent. */
  quotedString(name: string, longest = LONGEST_STRING): string | undefined {
    const value = this.values.get(name)
    if (value && !value.isQuoted) this.note('attribute-quotes-wrong')
    return this.ofLength(value?.isQuoted ? value.text : value?.text.replaceAll(OTHER_QUOTES, ''), longest) || undefined
  }

  enumerated(name: string): string | undefined {
    return this.unquoted(name)?.toUpperCase()
  }

  /** Returns a quoted string or an enumerated string, as CLOSED-CAPTIONS allows. */
  either(name: string): string | undefined {
    return this.ofLength(this.values.get(name)?.text, LONGEST_STRING)
  }

  /** Returns whether the value is YES; false when the attribute is absent. */
  yes(name: string): boolean {
    const text = this.unquoted(name) ?? 'NO'
    if (text !== 'YES' && text !== 'NO') this.note('attribute-unreadable')
    return /^(yes|true)$/i.test(text)
  }

  integer(name: string): number | undefined {
    return this.read(name, decimalInteger, (text) => roundedUp(looseDecimal(text)))
  }

  /** Returns a decimal number above 0. */
  float(name: string): number | undefined {
    const positive = (value: number | undefined) => value || undefined
    return this.read(
      name,
      (text) => positive(decimalFloat(text)),
      (text) => positive(ratio(text) ?? looseDecimal(text)),
    )
  }

  resolution(name: string): Resolution | undefined {
    const exact = (text: string) => (/^\d{1,5}x\d{1,5}$/.test(text) ? looseResolution(text) : undefined)
    return this.read(name, exact, looseResolution)
  }

  /** Returns a value of one form, else what one of another form seems to mean. */
  private read<T>(name: string, exact: Reader<T>, loose: Reader<T>): T | undefined {
    const text = this.unquoted(name)
    if (text === undefined) return undefined
    const value = exact(text)
    if (value !== undefined) return value
    this.note('attribute-unreadable')
    return loose(text.trim())
  }

  private ofLength(text: string | undefined, longest: number): string | undefined {
    if (text === undefined || text.length <= longest) return text
    this.note('attribute-unreadable')
    return undefined
  }

  private unquoted(name: string): string | undefined {
    const value = this.values.get(name)
    if (value?.isQuoted) this.note('attribute-quotes-wrong')
    return value?.text
  }

  private add([, before, written = '', ...rest]: RegExpExecArray): Value {
    const [blank = '', after = '', right = ''] = rest
    const name = written.toUpperCase()
    if (name !== written) this.note('attribute-list-malformed')
    if (before + blank + after !== '' || right !== right.trimEnd()) this.note('needless-blank')
    const value = this.valueOf(right.trimEnd())
    if (this.values.has(name)) this.note('attribute-twice')
    else this.values.set(name, value)
    return value
  }

  private valueOf(text: string): Value {
    const [, quotedText, remainder] = QUOTED.exec(text) ?? []
    if (quotedText === undefined) {
      if (text.includes('"')) this.note('attribute-quotes-wrong')
      return { text: text.replaceAll('"', '').trim(), isQuoted: false }
    }
    if (remainder !== '') this.note('attribute-list-malformed')
    return { text: quotedText, isQuoted: true }
  }

  private note(habit: PlaylistHabit): void {
    this.habits.note(habit, this.where)
  }
}

export type Resolution = { readonly width: number; readonly height: number }

type Reader<T> = (text: string) => T | undefined

function looseResolution(text: string): Resolution | undefined {
  const [, width, height] = RESOLUTION.exec(text) ?? []
  const resolution = { width: Math.round(Number(width)), height: Math.round(Number(height)) }
  // NaN where it cannot be read.
  return resolution.width * resolution.height > 0 ? resolution : undefined
}

function roundedUp(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.ceil(value)
}

/** Reads a frame rate such as 30000/1001. */
function ratio(text: string): number | undefined {
  const [, dividend, divisor] = RATIO.exec(text) ?? []
  return dividend === undefined ? undefined : Number(dividend) / Number(divisor)
}

/** An attribute with its value as it will be written; one whose value is undefined is left out. */
export type WrittenAttribute = readonly [name: string, value: string | number | undefined]

export function writeAttributeList(attributes: readonly WrittenAttribute[]): string {
  let text = ''
  for (const [name, value] of attributes) {
    if (value !== undefined) text += `${text === '' ? '' : ','}${name}=${value}`
  }
  return text
}

/** Writes a quoted-string. Characters it cannot hold (quotes, line breaks, control characters) become apostrophes. */
export function quoted(text: string): string
export function quoted(text: string | undefined): string | undefined
export function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `"${text.replace(/["\p{Cc}\p{Zl}\p{Zp}]/gu, "'")}"`
}

export function yesOrNo(value: boolean): string {
  return value ? 'YES' : 'NO'
}
