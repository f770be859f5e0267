/** Where a cue stands, W3C WebVTT §4.4: its settings, with the defaults for what they do not say. */
export type CueSettings = {
  readonly align: Alignment
  /** From the top: a share of the height, 0 to 1. Absent: at the bottom. */
  readonly line?: number
  /** From the left: a share of the width, 0 to 1, of the edge or middle that `align` names. */
  readonly position: number
  /** A share of the width, 0 to 1. */
  readonly size: number
}

export type Alignment = (typeof ALIGNMENTS)[number]
const ALIGNMENTS = ['start', 'center', 'end', 'left', 'right'] as const

/** Rows a picture has when lines are counted, as the line height of 5.33 % of it gives. */
const ROWS = 15
const PERCENTAGE = /^(\d{1,3}(?:\.\d{1,9})?)%/

/** Settings that cannot be understood are as if absent; writing direction and regions are not read. */
export function parseCueSettings(settings: string): CueSettings {
  const values = new Map(settings.split(/[ \t]+/).map((each) => each.split(/:(.*)/, 2) as [string, string | undefined]))
  const align = ALIGNMENTS.find((each) => each === values.get('align')) ?? 'center'
  const line = lineOf(values.get('line') ?? '')
  const position = shareOf(values.get('position') ?? '') ?? DEFAULT_POSITION[align]
  const size = shareOf(values.get('size') ?? '') ?? 1
  return { align, position, size, ...(line !== undefined && { line }) }
}

const DEFAULT_POSITION: Readonly<Record<Alignment, number>> = { start: 0, left: 0, center: 0.5, end: 1, right: 1 }

/** Lines are counted from the top from 0, or from the bottom from -1. */
function lineOf(value: string): number | undefined {
  const number = /^-?\d{1,4}(?=,|$)/.exec(value)?.[0]
  if (number === undefined) return shareOf(value)
  const row = Number(number)
  return Math.min(Math.max(number.startsWith('-') ? ROWS + row : row, 0), ROWS - 1) / (ROWS - 1)
}

function shareOf(value: string): number | undefined {
  const percent = PERCENTAGE.exec(value)?.[1]
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent) / 100
}
