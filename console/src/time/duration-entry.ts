/** Milliseconds, and the names of the unit. */
const UNITS: ReadonlyMap<string, number> = new Map(
  [
    { size: 1, names: ['ms'] },
    { size: 1000, names: ['s', 'sec', 'secs', 'second', 'seconds'] },
    { size: 60_000, names: ['m', 'min', 'mins', 'minute', 'minutes'] },
    { size: 3_600_000, names: ['h', 'hour', 'hours'] },
    { size: 86_400_000, names: ['d', 'day', 'days'] },
    { size: 604_800_000, names: ['week', 'weeks'] },
  ].flatMap(({ size, names }) => names.map((name) => [name, size] as const)),
)

/** Longer text is no duration. */
const MOST_CHARACTERS = 60

/** Pictures in a second; without them, frames cannot be entered. */
export type FrameRate = { readonly frameRate?: number | undefined }

/**
 * The milliseconds of a duration that somebody typed: `90`, which are seconds, `1h30m`, `1 h 30 min`, `500 ms`, `12f`,
 * `5:00`, `1:02:03.5`. Undefined for any other text.
 */
export function enteredDuration(text: string, { frameRate }: FrameRate = {}): number | undefined {
  const given = text.trim().toLowerCase().replace(',', '.')
  if (given === '' || given.length > MOST_CHARACTERS) return undefined
  return given.includes(':') ? ofClock(given) : ofUnits(given, frameRate)
}

/** `m:ss`, `h:mm:ss`, with parts of a second. */
function ofClock(given: string): number | undefined {
  const parts = given.split(':')
  if (parts.length > 3 || !parts.every((part, n) => (n === parts.length - 1 ? isNumber(part) : isWhole(part)))) {
    return undefined
  }
  const [seconds = 0, minutes = 0, hours = 0] = parts.toReversed().map(Number)
  if (seconds >= 60 || (parts.length === 3 && minutes >= 60)) return undefined
  return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000)
}

function ofUnits(given: string, frameRate: number | undefined): number | undefined {
  if (isNumber(given)) return Math.round(Number(given) * 1000)
  const tokens = given.match(/[0-9.]+|[a-z]+/g) ?? []
  if (tokens.join('') !== given.replaceAll(' ', '') || tokens.length % 2 === 1) return undefined
  let sum = 0
  for (let n = 0; n < tokens.length; n += 2) {
    const [count = '', unit = ''] = tokens.slice(n)
    const isFrames = frameRate !== undefined && /^f(rames?)?$/.test(unit)
    const size = isFrames ? 1000 / frameRate : UNITS.get(unit)
    if (size === undefined || !isNumber(count)) return undefined
    sum += Number(count) * size
  }
  return Math.round(sum)
}

const isWhole = (text: string) => /^\d{1,9}$/.test(text)
const isNumber = (text: string) => /^\d{1,9}(\.\d{1,9})?$/.test(text)
