import type { Random } from './mutants.ts'

/** Ways to break text, for readers of headers, queries, paths, JSON, XML, YAML and playlists. */

/** Numbers at which readers count wrongly. */
const NUMBERS = [
  '0',
  '-1',
  '1e9',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '1e999',
  'NaN',
]

/** What stands between the parts of a text, or means something to somebody. */
const MARKS = ['%', '%00', '%2e%2e', '%2F', '%ff', '..', '/', '//', '\\', ';', ',', '&', '=', ':', '?', '#', '"', "'"]
const BRACKETS = ['[', ']', '{', '}', '<', '>', '<!--', ']]>', '<![CDATA[', '&amp;', '&#0;', '&x;', '&a', '*a', '!!js ']
const CHARACTERS = ['\0', '\t', '\n', '\r\n', ' ', '\u00a0', '\u00ff', '\u0085', '\u2028', '\ufeff', '\u202e', '\ud800']
const WORDS = ['__proto__', 'constructor', 'toString', 'null', 'true', '[]', '{}', '""', '$&', '$`', '${', '\u{1f4a9}']
const PIECES = [...NUMBERS, ...MARKS, ...BRACKETS, ...CHARACTERS, ...WORDS]

/** Characters that a mutant may grow to: headers and queries have at most 16 KiB, and most readers a limit below. */
const MOST_CHARACTERS = 20_000

const part = (text: string, random: Random, most: number) => {
  const from = random(text.length + 1)
  return [from, Math.min(text.length, from + random(most))] as const
}

const mutations: readonly ((text: string, random: Random, others: readonly string[]) => string)[] = [
  function putPiece(text, random) {
    const [at, end] = part(text, random, 3)
    return text.slice(0, at) + PIECES[random(PIECES.length)]! + text.slice(end)
  },
  function changeCharacter(text, random) {
    const at = random(text.length + 1)
    return (
      text.slice(0, at) + String.fromCharCode(random(4) === 0 ? random(0x10000) : random(0x100)) + text.slice(at + 1)
    )
  },
  function cutOut(text, random) {
    const [at, end] = part(text, random, 40)
    return text.slice(0, at) + text.slice(end)
  },
  function cutOff(text, random) {
    return text.slice(0, random(text.length + 1))
  },
  function repeat(text, random) {
    const [at, end] = part(text, random, 60)
    const times = random(16) === 0 ? random(400) : 1 + random(3)
    return text.slice(0, end) + text.slice(at, end).repeat(times) + text.slice(end)
  },
  function move(text, random) {
    const [at, end] = part(text, random, 60)
    const rest = text.slice(0, at) + text.slice(end)
    const to = random(rest.length + 1)
    return rest.slice(0, to) + text.slice(at, end) + rest.slice(to)
  },
  /** Another number where one is. */
  function changeNumber(text, random) {
    const start = random(text.length + 1)
    const found = /\d{1,20}/.exec(text.slice(start, start + 200))
    if (!found) return text
    const at = start + found.index
    return text.slice(0, at) + NUMBERS[random(NUMBERS.length)]! + text.slice(at + found[0].length)
  },
  function changeCase(text, random) {
    const [at, end] = part(text, random, 20)
    const [before, middle] = [text.slice(0, at), text.slice(at, end)]
    return before + (random(2) === 0 ? middle.toUpperCase() : middle.toLowerCase()) + text.slice(end)
  },
  function percentEncode(text, random) {
    const [at, end] = part(text, random, 6)
    const encoded = Buffer.from(text.slice(at, end)).toString('hex').replaceAll(/../g, '%$&')
    return text.slice(0, at) + encoded + text.slice(end)
  },
  /** The beginning of one and the end of another. */
  function splice(text, random, others) {
    const other = others[random(others.length)]!
    return text.slice(0, random(text.length + 1)) + other.slice(random(other.length + 1))
  },
]

/** Text broken in one to four ways; of `others`, pieces are put into it. */
export function textMutant(sample: string, random: Random, others: readonly string[]): string {
  let text = sample
  for (let n = 1 + random(4); n > 0; n--) text = mutations[random(mutations.length)]!(text, random, others)
  return text.slice(0, MOST_CHARACTERS)
}
