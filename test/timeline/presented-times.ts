/** What a viewer of DASH or Smooth Streaming is told of time, manifest after manifest. */
import assert from 'node:assert/strict'
import type { ArchiveWindow } from '../../src/model/output-segment.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { dashEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'

const DASH = dashEndpoint({ segmentTemplateFormat: 'TIME_WITH_TIMELINE' })
const MSS = mssEndpoint()
/** What is remembered of fragments. */
const REMEMBERED = 2000

export class PresentedTimes {
  private readonly starts = new Map<string, number>()
  private readonly ends = new Map<string, number>()

  /** A presentation that has ended begins at zero. */
  look(window: ArchiveWindow): void {
    if (window.ended) return
    this.lookAtPeriods(window)
    this.lookAtFragments(window)
  }

  /** Periods follow one another, and each begins where it always did. */
  private lookAtPeriods(window: ArchiveWindow): void {
    let before = -1
    for (const [, id = '', start = ''] of manifest(DASH, 'index.mpd', window).matchAll(
      /<Period id="(\d+)" start="PT([\d.]+)S"/g,
    )) {
      assert.ok(Number(start) > before, `Period ${id} begins at ${start}, after one at ${before}`)
      before = Number(start)
      assert.equal(this.starts.get(id) ?? before, before, `Period ${id} has moved`)
      this.starts.set(id, before)
    }
  }

  /** Fragments of a stream follow one another, and each ends where it always did. */
  private lookAtFragments(window: ArchiveWindow): void {
    const text = manifest(MSS, 'index.ism/Manifest', window)
    for (const [, stream = ''] of text.matchAll(/(<StreamIndex[\s\S]*?<\/StreamIndex>)/g)) {
      const name = /Name="([^"]*)"/.exec(stream)?.[1] ?? ''
      let next = 0
      for (const [chunk] of stream.matchAll(/<c [^>]*>/g)) {
        const of = (attribute: string) => /\d+/.exec(new RegExp(` ${attribute}="\\d+"`).exec(chunk)?.[0] ?? '')?.[0]
        const duration = Number(of('d'))
        const start = Number(of('t') ?? next)
        assert.ok(start >= next, `a fragment of ${name} begins at ${start}, before ${next}`)
        next = start + duration * Number(of('r') ?? 1)
        const key = `${name} ${start} ${of('r') ?? 1}`
        assert.equal(this.ends.get(key) ?? duration, duration, `the fragment at ${key} has another duration`)
        this.ends.set(key, duration)
      }
    }
    for (const key of [...this.ends.keys()].slice(0, -REMEMBERED)) this.ends.delete(key)
    for (const key of [...this.starts.keys()].slice(0, -REMEMBERED)) this.starts.delete(key)
  }
}

function manifest(endpoint: typeof DASH, path: string, window: ArchiveWindow): string {
  const request = outputFormatOf(endpoint)?.resolve(endpoint, path)
  const body = request?.kind === 'manifest' ? request.write(window, { kind: 'live' }) : undefined
  return typeof body === 'object' ? body.text : ''
}
