import { MalformedPlaylist } from './playlist-error.ts'
import { decimalFloat, decimalInteger } from './playlist-lines.ts'

// AttributeName=AttributeValue, RFC 8216 §4.2; the value is a quoted string or runs up to the next comma.
const ATTRIBUTE = /\s*([A-Z0-9-]+)=(?:"([^"]*)"\s*|([^",]+))(,|$)/y

/** The attribute list of a tag, RFC 8216 §4.2, with its commas and quotes. */
export class AttributeList {
  private readonly values = new Map<string, { text: string; quotedString: boolean }>()
  private readonly tag: string
  private readonly line: number

  /** Parses the list. Throws MalformedPlaylist. */
  constructor(tag: string, text: string, line: number) {
    this.tag = tag
    this.line = line
    ATTRIBUTE.lastIndex = 0
    let comma = ','
    while (comma === ',') {
      const match = ATTRIBUTE.exec(text)
      if (!match) throw new MalformedPlaylist(line, `the attributes of ${tag} are malformed`)
      const [, name = '', quotedText, plainText = '', after = ''] = match
      if (this.values.has(name)) throw new MalformedPlaylist(line, `${tag} has ${name} twice`)
      this.values.set(name, { text: quotedText ?? plainText.trimEnd(), quotedString: quotedText !== undefined })
      comma = after
    }
  }

  private typed(name: string, quoted: boolean): string | undefined {
    const value = this.values.get(name)
    if (value && value.quotedString !== quoted) {
      throw new MalformedPlaylist(this.line, `${this.tag} ${name} has ${quoted ? 'no' : 'needless'} quotes`)
    }
    return value?.text
  }

  quotedString(name: string): string | undefined {
    return this.typed(name, true)
  }

  enumerated(name: string): string | undefined {
    return this.typed(name, false)
  }

  /** The value of a quoted string or an enumerated string: CLOSED-CAPTIONS may be either. */
  either(name: string): string | undefined {
    return this.values.get(name)?.text
  }

  /** The value of YES or NO as a boolean; false when absent. Throws MalformedPlaylist for other values. */
  yes(name: string): boolean {
    const text = this.typed(name, false)
    if (text === undefined || text === 'NO') return false
    if (text === 'YES') return true
    throw new MalformedPlaylist(this.line, `${this.tag} ${name} is neither YES nor NO`)
  }

  integer(name: string): number | undefined {
    const text = this.typed(name, false)
    return text === undefined ? undefined : decimalInteger(text, this.line, `${this.tag} ${name}`)
  }

  float(name: string): number | undefined {
    const text = this.typed(name, false)
    return text === undefined ? undefined : decimalFloat(text, this.line, `${this.tag} ${name}`)
  }

  resolution(name: string): { readonly width: number; readonly height: number } | undefined {
    const text = this.typed(name, false)
    if (text === undefined) return undefined
    const match = /^(\d{1,5})x(\d{1,5})$/.exec(text)
    if (!match) throw new MalformedPlaylist(this.line, `${this.tag} ${name} is not of the form 1280x720`)
    return { width: Number(match[1]), height: Number(match[2]) }
  }

  required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw new MalformedPlaylist(this.line, `${this.tag} has no ${name}`)
    return value
  }
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
  return text === undefined ? undefined : `"${text.replace(/["\p{Cc}]/gu, "'")}"`
}

export function yesOrNo(value: boolean): string {
  return value ? 'YES' : 'NO'
}
