import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import {
  ffmpegCommand,
  gstreamerCommand,
  obsSettings,
  withoutPassword,
} from '../../console/src/channels/encoder-settings.ts'
import { embedSnippet } from '../../console/src/origin-endpoints/embed-snippet.ts'

const INGEST = { url: 'http://origin:8080/in/v2/aa/bb/channel', username: 'c0ffee', password: 'deadbeef' }
const AT = 'http://c0ffee:deadbeef@origin:8080/in/v2/aa/bb/channel'

/** The arguments that a shell gives ffmpeg for a command: functions stand for the programs. */
function argumentsOf(command: string): string[] {
  const script = `gst-launch-1.0() { :; }
    ffmpeg() { printf '%s\\0' "$@"; }
    ${command}`
  const text = execFileSync('bash', ['-c', script], { input: '', encoding: 'utf8' })
  return text.split('\0').slice(0, -1)
}

describe('a command for an encoder', () => {
  it('is for a shell what it should be: the last argument is where the playlist goes', () => {
    for (const source of ['test', 'file'] as const) {
      assert.equal(argumentsOf(ffmpegCommand(INGEST, { source, renditions: 1 })).at(-1), `${AT}-main.m3u8`)
      const two = argumentsOf(ffmpegCommand(INGEST, { source, renditions: 2 }))
      assert.equal(two.at(-1), `${AT}-%v.m3u8`)
      assert.equal(two[two.indexOf('-hls_segment_filename') + 1], `${AT}-%v-%d.ts`)
      assert.equal(two[two.indexOf('-method') + 1], 'PUT')
    }
    assert.equal(argumentsOf(gstreamerCommand(INGEST)).at(-1), `${AT}-main.m3u8`)
  })

  it('cannot run what a user name or password has', () => {
    const hostile = { ...INGEST, username: '$(echo u)`echo v`', password: '"; echo w; "' }
    const last = argumentsOf(ffmpegCommand(hostile, { source: 'test', renditions: 1 })).at(-1) ?? ''
    const url = new URL(last)
    assert.deepEqual([url.username, url.password].map(decodeURIComponent), [hostile.username, hostile.password])
  })

  it('shows no password until it is asked for', () => {
    const [command] = [ffmpegCommand(INGEST, { source: 'test', renditions: 1 })]
    assert.ok(command.includes(INGEST.password))
    assert.ok(!withoutPassword(command, INGEST).includes(INGEST.password))
    const secrets = obsSettings(INGEST).filter(({ value }) => value.includes(INGEST.password))
    assert.ok(secrets.length > 0 && secrets.every(({ isSecret }) => isSecret))
  })
})

describe('a snippet for web pages', () => {
  it('cannot be left by a URL', () => {
    const url = 'http://origin/"</script><script>alert(1)</script>&\u2028'
    for (const format of ['HLS', 'CMAF', 'DASH', 'Smooth Streaming'] as const) {
      const snippet = embedSnippet(format, url)
      assert.ok(!snippet.includes('alert(1)</script>'))
      const [, text = ''] = /("http:\/\/origin.*?[^\\]")/.exec(snippet) ?? []
      assert.equal(JSON.parse(text), url)
    }
  })
})
