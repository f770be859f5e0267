const [SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS] = [1000, 60_000, 3_600_000, 86_400_000]

/** How long something lasts, in its two largest units: `480 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–'
  if (milliseconds < 0) return `-${durationText(-milliseconds)}`
  if (milliseconds < SECOND_MS) return `${Math.round(milliseconds)} ms`
  if (milliseconds < MINUTE_MS) return `${Math.floor(milliseconds / 100) / 10} s`
  if (milliseconds < HOUR_MS) return ofTwo(milliseconds, [MINUTE_MS, 'min'], [SECOND_MS, 's'])
  if (milliseconds < DAY_MS) return ofTwo(milliseconds, [HOUR_MS, 'h'], [MINUTE_MS, 'min'])
  return ofTwo(milliseconds, [DAY_MS, 'd'], [HOUR_MS, 'h'])
}

/** How long media run, as players show it: `0:12.480`, `1:02:03`. */
export function runningTimeText(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–'
  const whole = Math.round(Math.abs(milliseconds))
  const [hours, minutes] = [Math.floor(whole / HOUR_MS), Math.floor(whole / MINUTE_MS) % 60]
  const [seconds, rest] = [Math.floor(whole / SECOND_MS) % 60, whole % SECOND_MS]
  const time = hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`
  return `${milliseconds < 0 ? '-' : ''}${time}${rest > 0 ? `.${String(rest).padStart(3, '0')}` : ''}`
}

/** How long ago a moment was, or how far ahead it is: `just now`, `12 s ago`, `in 3 min`. */
export function ageText(at: number, now: number): string {
  const age = now - at
  if (!Number.isFinite(age)) return '–'
  const size = inOneUnit(Math.abs(age))
  if (size === undefined) return 'just now'
  return age < 0 ? `in ${size}` : `${size} ago`
}

function inOneUnit(milliseconds: number): string | undefined {
  if (milliseconds < SECOND_MS) return undefined
  if (milliseconds < MINUTE_MS) return `${Math.floor(milliseconds / SECOND_MS)} s`
  if (milliseconds < HOUR_MS) return `${Math.floor(milliseconds / MINUTE_MS)} min`
  if (milliseconds < 2 * DAY_MS) return `${Math.floor(milliseconds / HOUR_MS)} h`
  return `${Math.floor(milliseconds / DAY_MS)} d`
}

function ofTwo(milliseconds: number, [large, of]: readonly [number, string], [small, unit]: readonly [number, string]) {
  const rest = Math.floor((milliseconds % large) / small)
  return `${Math.floor(milliseconds / large)} ${of}${rest > 0 ? ` ${rest} ${unit}` : ''}`
}

const two = (value: number) => String(value).padStart(2, '0')
