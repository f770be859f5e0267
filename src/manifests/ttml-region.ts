import { parseCueSettings } from '../media/webvtt/cue-settings.ts'
import { element, type XmlElement } from './xml.ts'

/** A region for paragraphs. Equal regions have equal identifiers. */
export type CueRegion = {
  readonly id: string
  readonly row: Row
  readonly align: string
  /** Left edge in tenths of the width; `right` is in the same unit. */
  readonly left: number
  readonly right: number
}

type Row = (typeof ROWS)[number]
/** Thirds of the height between the margins, so that regions in different rows never overlap. */
const ROWS = ['top', 'middle', 'bottom'] as const
const ROW_HEIGHT = 30
const MARGIN = 5
const DISPLAY_ALIGN: Readonly<Record<Row, string>> = { top: 'before', middle: 'center', bottom: 'after' }

/** The safe area, in tenths of the width. */
const [LEFTMOST, RIGHTMOST] = [1, 9]

/**
 * The region for a cue's settings: `line` is mapped to thirds of the height, `position` and `size` to tenths of the
 * width.
 */
export function regionOf(settings: string): CueRegion {
  const { align, line = 1, position, size } = parseCueSettings(settings)
  const row = ROWS[Math.min(Math.floor(line * ROWS.length), ROWS.length - 1)]!
  const [from, to] = extent(align, position, size)
  const [left, right] = [Math.max(Math.round(from * 10), LEFTMOST), Math.min(Math.round(to * 10), RIGHTMOST)]
  const place = right > left ? { left, right } : { left: LEFTMOST, right: RIGHTMOST }
  return { id: `${row}-${align}-${place.left}-${place.right}`, row, align, ...place }
}

/** Horizontal extent of a cue around its position, W3C WebVTT §7.2: `size`, limited by the picture's edges. */
function extent(align: string, position: number, size: number): [from: number, to: number] {
  if (align === 'start' || align === 'left') return [position, Math.min(position + size, 1)]
  if (align === 'end' || align === 'right') return [Math.max(position - size, 0), position]
  const half = Math.min(size / 2, position, 1 - position)
  return [position - half, position + half]
}

export function regionElement({ id, row, align, left, right }: CueRegion): XmlElement {
  return element('region', {
    'xml:id': id,
    'tts:origin': `${left * 10}% ${MARGIN + ROWS.indexOf(row) * ROW_HEIGHT}%`,
    'tts:extent': `${(right - left) * 10}% ${ROW_HEIGHT}%`,
    'tts:displayAlign': DISPLAY_ALIGN[row],
    'tts:textAlign': align,
  })
}
