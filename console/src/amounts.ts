/** Powers of a thousand, as disks and networks are counted. */
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** A number of bytes in three digits: `999 B`, `1.5 MB`. */
export function bytesText(bytes: number): string {
  return inThreeDigits(bytes, 'B')
}

/** A bit rate in three digits: `5.25 Mbit/s`. */
export function bitRateText(bitsPerSecond: number): string {
  return inThreeDigits(bitsPerSecond, 'bit/s')
}

/** A rate of bytes in three digits: `12.4 MB/s`. */
export function byteRateText(bytesPerSecond: number): string {
  return inThreeDigits(bytesPerSecond, 'B/s')
}

/** A whole number with its thousands apart: `1,234`. */
export function countText(count: number): string {
  return Number.isFinite(count) ? count.toLocaleString('en', { maximumFractionDigits: 3 }) : '–'
}

/** A part of a whole, from 0 to 1, in per cent: `12 %`, and no `100 %` before it is. */
export function shareText(share: number): string {
  return Number.isFinite(share) ? `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %` : '–'
}

function inThreeDigits(amount: number, unit: string): string {
  if (!Number.isFinite(amount)) return '–'
  let [value, power] = [Math.abs(amount), 0]
  // What rounds to four digits is written in the next unit.
  while (value >= 999.5 && power < PREFIXES.length - 1) {
    value /= 1000
    power++
  }
  const digits = value >= 100 || power === 0 ? 0 : value >= 10 ? 1 : 2
  return `${amount < 0 ? '-' : ''}${Number(value.toFixed(digits))} ${PREFIXES[power] ?? ''}${unit}`
}
