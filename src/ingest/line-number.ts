const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** The number of the line, counted from 1, that holds the character at `index`. */
export function lineNumberAt(text: string, index: number): number {
  let line = 1
  for (let at = 0; at < index; at++) {
    const code = text.charCodeAt(at)
    if (code === LINE_FEED || (code === CARRIAGE_RETURN && text.charCodeAt(at + 1) !== LINE_FEED)) line++
  }
  return line
}
