import { TICKS_PER_MS } from '../time.ts'
import type { Cue, WebVtt } from './document.ts'

/** Writes a file that `readWebVtt` reads back as `document`; times are rounded to the millisecond. */
export function writeWebVtt({ map, regions, styles, cues }: WebVtt): Uint8Array<ArrayBuffer> {
  const header = `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${map.mpegts},LOCAL:${timestamp(map.local)}`
  const blocks = [header, ...writeDefinitions({ regions, styles }), ...cues.map(writeCue)]
  return new TextEncoder().encode(`${blocks.join('\n\n')}\n`)
}

/** Writes the blocks that cues refer to, which come before all of them. */
export function writeDefinitions({ regions, styles }: Pick<WebVtt, 'regions' | 'styles'>): readonly string[] {
  return [...regions.map((region) => `REGION\n${region}`), ...styles.map((style) => `STYLE\n${style}`)]
}

/** Writes a cue as a block of lines. */
export function writeCue({ id, start, end, settings, text }: Cue): string {
  const timing = `${timestamp(start)} --> ${timestamp(end)}${settings === '' ? '' : ` ${settings}`}`
  return [...(id === undefined ? [] : [id]), timing, ...(text === '' ? [] : [text])].join('\n')
}

/** `hh:mm:ss.mmm` for a time in 90 kHz ticks, with as many digits of hours as needed. */
export function timestamp(time: number): string {
  const ms = Math.round(time / TICKS_PER_MS)
  const digits = (value: number, count = 2) => String(Math.floor(value)).padStart(count, '0')
  const [hours, minutes, seconds] = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60]
  return `${digits(hours)}:${digits(minutes)}:${digits(seconds)}.${digits(ms % 1000, 3)}`
}
