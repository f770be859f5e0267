import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { TsClock } from '../demo/ts-clock.ts'
import { needing } from './programs.ts'

const { describe, it } = needing('ffmpeg')

const LOOP_TICKS = 8 * 90_000

for (const rendition of ['high', 'low']) {
  describe(`the demo's ${rendition} rendition, looped three times across the 33-bit wrap`, () => {
    const clock = new TsClock()
    const segments = [0, 1, 2].flatMap((turn) =>
      [0, 1, 2, 3].map((n) => {
        const recorded = readFileSync(new URL(`../demo/stream/${rendition}-${n}.m2t`, import.meta.url))
        return clock.move(recorded, 2 ** 33 - 2 * LOOP_TICKS + turn * LOOP_TICKS)
      }),
    )
    const stream = Buffer.concat(segments)

    it('has one picture each 40 ms and one AAC frame each 1024 samples, without a seam', () => {
      const { packets, complaints } = ffprobe(stream)
      assert.equal(complaints, '')
      assert.deepEqual(steps(packets, 'video'), { count: 600, steps: [3600] })
      assert.deepEqual(steps(packets, 'audio'), { count: 1125, steps: [1920] })
    })

    it('numbers the packets of each PID on', () => {
      const next = new Map<number, number>()
      for (let at = 0; at < stream.length; at += 188) {
        const pid = stream.readUInt16BE(at + 1) & 0x1fff
        if ((stream[at + 3]! & 0x10) === 0) continue
        const counter = stream[at + 3]! & 0x0f
        assert.equal(counter, next.get(pid) ?? counter, `packet at ${at}`)
        next.set(pid, (counter + 1) & 0x0f)
      }
    })
  })
}

type Packet = { readonly codec_type: string; readonly pts: number; readonly duration: number }

function ffprobe(stream: Uint8Array): { packets: Packet[]; complaints: string } {
  const args = ['-v', 'warning', '-of', 'json', '-show_entries', 'packet=codec_type,pts,duration', '-']
  const { stdout, stderr } = spawnSync('ffprobe', args, { input: stream, encoding: 'utf8', maxBuffer: 2 ** 26 })
  return { packets: (JSON.parse(stdout) as { packets: Packet[] }).packets, complaints: stderr }
}

/** How many packets of a kind there are, and every distance that occurs between neighbours in presentation order. */
function steps(packets: readonly Packet[], kind: string): { count: number; steps: number[] } {
  const pts = packets.filter(({ codec_type }) => codec_type === kind).map((packet) => packet.pts)
  pts.sort((a, b) => a - b)
  return { count: pts.length, steps: [...new Set(pts.slice(1).map((each, n) => each - pts[n]!))] }
}
