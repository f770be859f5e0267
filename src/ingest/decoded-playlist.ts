import type { FoundHabit } from '../model/input-timeline/habits.ts'
import { decodedText } from './file-name.ts'

const NOT_UTF_8: FoundHabit['habit'] = 'not-utf-8'

/**
 * Decodes a playlist, whose encoding is UTF-8, RFC 8216 §4.1. Lines that are not are taken for Windows-1252, as file
 * names in request targets are.
 */
export function decodedPlaylist(body: Uint8Array): { readonly text: string; readonly habits: readonly FoundHabit[] } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const text = bytes.toString()
  if (Buffer.from(text).equals(bytes)) return { text, habits: [] }
  const lines = bytes.toString('latin1').split('\n')
  const decoded = lines.map((line) => decodedText(Buffer.from(line, 'latin1')))
  const odd = decoded.findIndex((line, i) => !Buffer.from(line).equals(Buffer.from(lines[i]!, 'latin1')))
  return { text: decoded.join('\n'), habits: [{ habit: NOT_UTF_8, example: `line ${odd + 1}: ${decoded[odd]}` }] }
}
