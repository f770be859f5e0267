/** The position of a cue, W3C WebVTT §4.4: its settings, with defaults for those absent. */
export type CueSettings = {
  readonly align: Alignment
  /** Distance from the top as a share of the height, 0 to 1; absent at the bottom. */
  readonly line?: number
  /** Distance from the left, as a share of the width, 0 to 1, of the edge or middle that `align` names. */
  readonly position: number
  /** Width as a share of the picture, 0 to 1. */
  readonly size: number
}

export type Alignment = (typeof ALIGNMENTS)[number]
const ALIGNMENTS = ['start', 'center', 'end', 'left', 'right'] as const

/** Rows of a picture where lines are counted, from a line height of 5.33 %. */
const ROWS = 15
const PERCENTAGE = /^(\d{1,3}(?:\.\d{1,9})?)%/

/** Reads cue settings. Those not understood count as absent; writing direction and regions are not read. */
export function parseCueSettings(settings: string): CueSettings {
  const values = new Map(settings.split(/[ \t]+/).map((each) => each.split(/:(.*)/, 2) as [string, string | undefined]))
  const align = ALIGNMENTS.find((each) => each === values.get('align')) ?? 'center'
  const line = lineOf(values.get('line') ?? '')
  const position = shareOf(values.get('position') ?? '') ?? DEFAULT_POSITION[align]
  const size = shareOf(values.get('size') ?? '') ?? 1
  return { align, position, size, ...(line !== undefined && { line }) }
}

const DEFAULT_POSITION: Readonly<Record<Alignment, number>> = { start: 0, left: 0, center: 0.5, end: 1, right: 1 }

/** Reads `line`; lines count from 0 at the top, or from -1 at the bottom. */
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
