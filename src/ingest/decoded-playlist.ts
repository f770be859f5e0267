import { isUtf8 } from 'node:buffer'
import { allSteps, StepMeter, type Steps } from '../media/steps.ts'
import type { FoundHabit } from '../model/input-timeline/habits.ts'
import { decodedText } from './file-name.ts'
import { lineNumberAt } from './line-number.ts'

const NOT_UTF_8: FoundHabit['habit'] = 'not-utf-8'
/** Lines that are not UTF-8, after which a playlist is taken to have no other. */
const MOST_ODD_LINES = 10_000
const BEYOND_ASCII = /[\x80-\xff]/g

export type DecodedPlaylist = { readonly text: string; readonly habits: readonly FoundHabit[] }

/**
 * Decodes a playlist, whose encoding is UTF-8, RFC 8216 §4.1. Lines that are not are taken for Windows-1252, as file
 * names in request targets are.
 */
export function decodedPlaylist(body: Uint8Array): DecodedPlaylist {
  return allSteps(decodedPlaylistInSteps(body))
}

/** As `decodedPlaylist`, in steps. */
export function* decodedPlaylistInSteps(body: Uint8Array): Steps<DecodedPlaylist> {
  const meter = new StepMeter()
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (isUtf8(bytes)) return { text: bytes.toString(), habits: [] }
  // One character for each byte.
  const latin1 = bytes.toString('latin1')
  let text = ''
  let example: string | undefined
  let decoded = 0
  let odd = 0
  BEYOND_ASCII.lastIndex = 0
  for (let found = BEYOND_ASCII.exec(latin1); found; found = BEYOND_ASCII.exec(latin1)) {
    const start = latin1.lastIndexOf('\n', found.index) + 1
    const newline = odd < MOST_ODD_LINES ? latin1.indexOf('\n', found.index) : -1
    const line = bytes.subarray(start, newline === -1 ? bytes.length : newline)
    text += latin1.slice(decoded, start) + decodedText(line)
    decoded = start + line.length
    BEYOND_ASCII.lastIndex = decoded
    if (meter.ends(line.length)) yield
    if (isUtf8(line)) continue
    odd++
    example ??= `line ${lineNumberAt(latin1, start)}: ${decodedText(line)}`
  }
  text += latin1.slice(decoded)
  return { text, habits: [{ habit: NOT_UTF_8, example: example! }] }
}
