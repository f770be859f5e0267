import assert from 'node:assert/strict'
import { MachineWatch } from '../judges/machine.ts'
import { Player } from '../judges/player.ts'
import { needing } from '../programs.ts'
import { judgeEndpoint, type LiveSession, lateSegments, playWithFfmpeg, startLiveSession } from './live-session.ts'

const { after, before, describe, it } = needing('chromium', 'ffmpeg')

/** 19 segments: no multiple of 2 or 3, so that the last output segment is a short one. */
const SECONDS = 38

describe('a ladder that ffmpeg pushes', () => {
  let session: LiveSession
  let player: Player
  let machine: MachineWatch
  before(async () => {
    machine = await MachineWatch.start()
    ;[session, player] = await Promise.all([startLiveSession(SECONDS), Player.start()])
  })
  after(async () => {
    await player?.stop()
    session?.encoder.child.kill('SIGKILL')
    await session?.windrow.stop()
    await machine?.stop()
  })

  it('plays live in hls.js and in ffmpeg, muxed and with an audio group', async () => {
    const [muxed, split, long] = ['1-muxed', '1-split', '2-split'].map((name) => {
      return session.endpoints.find((each) => each.name === name)!
    })
    await session.onAir()
    const ffmpeg = playWithFfmpeg(long!.url)
    await player.playLive('hls.js', muxed!.url, 5)
    await player.playLive('hls.js', split!.url, 5)
    assert.equal(await ffmpeg.ended, 0, ffmpeg.said())
    const streams = Map.groupBy(decoded(ffmpeg.said()), (line) => line.split(',')[0])
    const videos = [...streams.values()].filter((frames) => frames.length === SECONDS * 25)
    assert.equal(videos.length, 3, [...streams].map(([stream, frames]) => `${stream}: ${frames.length}`).join())
  })

  for (const name of ['1-muxed', '1-split', '2-muxed', '2-split', '3-muxed', '3-split']) {
    it(`comes out packet for packet at ${name}`, async () => {
      const endpoint = session.endpoints.find((each) => each.name === name)!
      assert.ok((await judgeEndpoint(session, endpoint)) > 0)
    })
  }

  it('gives every segment before one could have been played', async () => {
    const late = await Promise.all(session.endpoints.map((endpoint) => lateSegments(endpoint, machine)))
    assert.deepEqual(late.flat(), [])
  })

  it('ends when the server does: SIGTERM, exit code 0', async () => {
    assert.equal(await session.windrow.stop(), 0, session.windrow.log)
  })
})

/** The lines of a framehash, one a frame. */
function decoded(framehash: string): string[] {
  return framehash.split('\n').filter((line) => /^\d+,/.test(line))
}
