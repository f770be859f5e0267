import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ffmpegCommand, gstreamerCommand, obsSettings } from '../../console/src/channels/encoder-settings.ts'
import type { WindrowOutputs } from '../../src/control/windrow-operations.ts'
import { apiOf, createChannel, mediaPackage } from '../judges/aws.ts'
import { eventually, type Running, start, temporaryFolder } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import type { ConsolePath, ConsolePathContext } from './console-path.ts'

/**
 * The commands that the console has for encoders, run by a shell, and the options of OBS, given to the same muxer: each
 * is live with the renditions it should have, and nothing of it has to be corrected.
 */
export const ENCODERS_PATH: ConsolePath = { name: 'encoders', run }

type Encoder = { readonly name: string; readonly command: string; readonly sizes: readonly string[] }

/** In a session of its own, so that all programs of a pipe can be ended. */
const shell = (command: string, cwd: string): Running =>
  start('setsid', ['bash', '-c', command], { cwd, env: { PATH: process.env['PATH'] } })

function end({ child }: Running): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, 'SIGKILL')
}

async function run({ log }: ConsolePathContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start()
  const folder = temporaryFolder('encoders')
  const running: Running[] = []
  try {
    const file = join(folder, 'FILE.mp4')
    const source =
      '-f lavfi -i testsrc=size=640x360:rate=30 -f lavfi -i sine -t 5 -c:v libx264 -preset ultrafast -c:a aac'
    await shell(`exec ffmpeg -v error -y ${source} ${file}`, folder).ended
    for (const [n, { name, command, sizes }] of (await encoders(windrow)).entries()) {
      const encoder = shell(command, folder)
      running.push(encoder)
      await eventually(`${name} to be live`, async () => isLiveWith(windrow, `channel-${n}`, sizes))
      end(encoder)
      log(`${name} is live`)
    }
    return { encoders: running.length }
  } finally {
    for (const each of running) end(each)
    await windrow.stop()
  }
}

async function encoders(windrow: Windrow): Promise<readonly Encoder[]> {
  const client = mediaPackage(windrow)
  const ingest = (n: number) => createChannel(client, `channel-${n}`)
  const hasGstreamer = spawnSync('bash', ['-c', 'command -v gst-launch-1.0']).status === 0
  const found: readonly Encoder[] = [
    {
      name: 'ffmpeg with a file',
      command: `exec ${ffmpegCommand(await ingest(0), { source: 'file', renditions: 1 })}`,
      sizes: ['640x360'],
    },
    {
      name: 'ffmpeg with two renditions',
      command: `exec ${ffmpegCommand(await ingest(1), { source: 'test', renditions: 2 })}`,
      sizes: ['1280x720', '640x360'],
    },
    { name: 'what OBS is set to', command: commandOfObs(await ingest(2)), sizes: ['320x240'] },
    { name: 'GStreamer', command: gstreamerCommand(await ingest(3)), sizes: ['1280x720'] },
  ]
  return hasGstreamer ? found : found.slice(0, -1)
}

/** OBS gives these options to the HLS muxer of FFmpeg's libraries, as this does. */
function commandOfObs(ingest: Parameters<typeof obsSettings>[0]): string {
  const settingOf = (name: string) => obsSettings(ingest).find((setting) => setting.name === name)?.value ?? ''
  const options = settingOf('Muxer Settings')
    .split(' ')
    .map((option) => `-${option.replace('=', ' ')}`)
  const source = '-re -f lavfi -i testsrc2=rate=25 -f lavfi -i sine -c:v libx264 -preset ultrafast -g 50 -c:a aac'
  return `exec ffmpeg ${source} -f ${settingOf('Container Format')} ${options.join(' ')} "${settingOf('File path or URL')}"`
}

async function isLiveWith(windrow: Windrow, id: string, sizes: readonly string[]): Promise<true | undefined> {
  const { inputs } = (await apiOf(windrow).ask('GET', `channels/${id}/inputs`)) as WindrowOutputs['DescribeInputs']
  const [input] = inputs
  const tracks = (input?.streams ?? []).flatMap(({ tracks = [] }) => tracks)
  const found = tracks.flatMap(({ width, height }) => (width === undefined ? [] : [`${width}x${height}`]))
  if (input?.state !== 'LIVE' || found.length < sizes.length) return undefined
  assert.deepEqual(found, sizes)
  assert.ok(tracks.some(({ kind }) => kind === 'audio'))
  assert.deepEqual(input.habits, [])
  return true
}
