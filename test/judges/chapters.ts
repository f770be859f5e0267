import assert from 'node:assert/strict'
import { run } from './processes.ts'

/** Times are in seconds; a chapter without a name has an empty title. */
export type Chapter = readonly [start: number, end: number, title: string]

/** The chapters of a file, as ffprobe reads them. */
export async function chaptersOf(file: string): Promise<readonly Chapter[]> {
  const said = await run('ffprobe', ['-v', 'error', '-show_chapters', '-of', 'json', file])
  type Said = { chapters: { start_time: string; end_time: string; tags?: { title?: string } }[] }
  const { chapters } = JSON.parse(said.toString()) as Said
  return chapters.map(({ start_time, end_time, tags }) => [Number(start_time), Number(end_time), tags?.title ?? ''])
}

/** Fails unless these are the chapters wanted, each at its time but for so many seconds. */
export function assertChapters(
  found: readonly Chapter[],
  wanted: readonly Chapter[],
  what: string,
  within = 0.03,
): void {
  const said = `${what}: ${JSON.stringify(found)}`
  assert.deepEqual(
    found.map(([, , title]) => title),
    wanted.map(([, , title]) => title),
    said,
  )
  for (const [i, [start, end]] of found.entries()) {
    assert.ok(Math.abs(start - wanted[i]![0]) < within && Math.abs(end - wanted[i]![1]) < within, said)
  }
}
