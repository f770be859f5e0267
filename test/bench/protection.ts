import { join } from 'node:path'
import type { CmafEncryption, DashEncryption, HlsEncryption, MssEncryption } from '@aws-sdk/client-mediapackage'
import { AES_128, FAIRPLAY, PLAYREADY, WIDEVINE } from '../../src/model/drm-systems.ts'
import type { Nginx } from '../judges/nginx.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { PACKAGER } from '../judges/reference-packager.ts'
import { inRounds, type Measure } from './measure.ts'
import { type Programme, startProgramme } from './programme.ts'
import {
  dashSegments,
  FORMATS,
  type Format,
  LISTED,
  listed,
  PLAYLIST,
  publish,
  push,
  type Served,
  smoothFragments,
} from './served-formats.ts'
import { besideProgram, ROOMY, serving, type Temperature, warmAndCold, warmUp } from './warm-and-cold.ts'

/** Of each of six formats, warm and cold: with more, they alone would take a third of a run. */
const ROUNDS = 3

/** An endpoint that is encrypted, and the name of the one that shows the same in the clear. */
type Protected = Format & { readonly clear: string }

/** What is encrypted, by keys of the server's own key server. */
function protectedFormats(url: string): readonly Protected[] {
  const keys = (ResourceId: string, ...SystemIds: string[]) => ({
    SpekeKeyProvider: {
      ResourceId,
      RoleArn: 'arn:aws:iam::000000000000:role/keys',
      SystemIds,
      Url: `${url}/windrow/v1/keys/speke`,
    },
    KeyRotationIntervalSeconds: 0,
  })
  const hls = (name: string, Encryption: HlsEncryption): Protected => ({
    name,
    clear: 'HLS',
    endpoint: { HlsPackage: { SegmentDurationSeconds: 6, ...PLAYLIST, Encryption } },
    segments: (address) => listed(address, 'index_1'),
  })
  const cmaf = (name: string, Encryption: CmafEncryption): Protected => ({
    name,
    clear: 'CMAF',
    endpoint: { CmafPackage: { SegmentDurationSeconds: 6, HlsManifests: [{ Id: 'main', ...PLAYLIST }], Encryption } },
    segments: (address) => listed(address, 'index_video_1'),
  })
  const presets = {
    EncryptionContractConfiguration: { PresetSpeke20Audio: 'SHARED', PresetSpeke20Video: 'SHARED' },
  } as const
  const cenc = keys('bench-cenc', WIDEVINE)
  const dash: DashEncryption = keys('bench-dash', WIDEVINE)
  const { KeyRotationIntervalSeconds: _, ...mss } = keys('bench-mss', PLAYREADY)
  return [
    hls('AES-128', { EncryptionMethod: 'AES_128', ...keys('bench-aes', AES_128) }),
    hls('SAMPLE-AES', { EncryptionMethod: 'SAMPLE_AES', ...keys('bench-samples', FAIRPLAY) }),
    cmaf('CMAF-cbcs', { EncryptionMethod: 'SAMPLE_AES', ...keys('bench-cbcs', FAIRPLAY, WIDEVINE) }),
    cmaf('CMAF-cenc', {
      EncryptionMethod: 'AES_CTR',
      ...cenc,
      SpekeKeyProvider: { ...cenc.SpekeKeyProvider, ...presets },
    }),
    {
      name: 'DASH-cenc',
      clear: 'DASH',
      endpoint: { DashPackage: { ...LISTED, Encryption: dash } },
      segments: dashSegments,
    },
    {
      name: 'MSS-cenc',
      clear: 'MSS',
      endpoint: { MssPackage: { ...LISTED, Encryption: mss satisfies MssEncryption } },
      segments: smoothFragments,
    },
  ]
}

/**
 * Encryption when a segment is asked for: in each scheme beside the same segment in the clear, and beside nginx serving
 * the same encrypted bytes as files, from memory and from the page cache; and beside shaka-packager, which encrypts the
 * same sources.
 */
export async function benchProtection(): Promise<Measure[]> {
  const programme = await startProgramme({ ...ROOMY, WINDROW_KEY_SERVER: 'true' })
  const root = temporaryFolder('static')
  const { windrow } = programme
  try {
    const source = await push(programme)
    const clear = new Map<string, Served>()
    for (const format of FORMATS) clear.set(format.name, await publish(programme, format, root))
    const pairs: Pair[] = []
    for (const format of protectedFormats(windrow.url)) {
      pairs.push({ encrypted: await publish(programme, format, root), clear: clear.get(format.clear)! })
    }
    const { warm, cold } = await warmAndCold(programme, root, (nginx, temperature) =>
      beside(programme, nginx, pairs, temperature),
    )
    return [...warm, ...cold, ...(await besidePackager(cold, source))]
  } finally {
    await windrow.kill()
  }
}

type Pair = { readonly encrypted: Served; readonly clear: Served }

async function beside(
  { windrow }: Programme,
  nginx: Nginx,
  pairs: readonly Pair[],
  temperature: Temperature,
): Promise<Measure[]> {
  const measures: Measure[] = []
  for (const { encrypted, clear } of pairs) {
    for (const format of [encrypted, clear]) await warmUp(windrow.url, format, 1)
    await warmUp(nginx.url, encrypted, 0.2)
    const [value, peerValue] = await inRounds(ROUNDS, [
      serving(windrow.pid, windrow.url, encrypted),
      serving(windrow.pid, windrow.url, clear),
    ])
    // Once: it is told besides, and nothing is judged by it.
    const files = await serving(nginx.workerPid, nginx.url, encrypted)()
    measures.push({
      name: `${encrypted.name} segment, ${temperature}`,
      value: value!,
      unit: 'GB per CPU second',
      peer: 'in the clear',
      peerValue: peerValue!,
      ratio: value! / peerValue!,
      note: `${(peerValue! / value!).toFixed(2)} times its CPU, ${(value! / files).toFixed(2)}× nginx static`,
    })
  }
  return measures
}

/** The whole programme encrypted by a program that begins once and writes files. */
async function besidePackager(cold: readonly Measure[], source: string): Promise<Measure[]> {
  const made = join(temporaryFolder('made'), 'video.mp4')
  const keys = `--enable_raw_key_encryption --keys label=:key_id=${'1'.repeat(32)}:key=${'2'.repeat(32)}`
  const measures: Measure[] = []
  for (const scheme of ['cbcs', 'cenc']) {
    const options = `${keys} --clear_lead 0 --protection_scheme ${scheme} --fragment_duration 6 --quiet`
    const command = `${PACKAGER} in=${source},stream=video,output=${made} ${options}`
    const ours = cold.find(({ name }) => name === `CMAF-${scheme} segment, cold`)!
    measures.push(await besideProgram(ours, 'shaka-packager', command, source))
  }
  return measures
}
