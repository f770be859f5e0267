import type { QualityLevel } from '../../manifests/mss.ts'
import { hexOf } from '../../media/bytes.ts'
import type { AudioDescription, VideoDescription } from '../../media/track.ts'
import { waveFormatOf } from '../../media/wave-format.ts'
import { parameterSetsOf } from '../tracks/parameter-sets.ts'
import type { MssLevel } from './tracks.ts'

const START_CODE = '00000001'
/** PacketSize of AAC by convention: its frames have no fixed size. */
const AAC_PACKET_SIZE = 4

/** The manifest's description of a track, MS-SSTR §2.2.2.5. */
export function qualityLevelOf({ track: { description }, bitrate }: MssLevel): QualityLevel {
  if (description.kind === 'video') return { bitrate, ...videoQuality(description) }
  if (description.kind === 'audio') return { bitrate, ...audioQuality(description, bitrate) }
  return { bitrate, codecPrivateData: '', fourCC: 'TTML' }
}

/** Video quality, with parameter sets as a byte stream: SPS and PPS of H.264; VPS, SPS and PPS of H.265. */
function videoQuality(description: VideoDescription): Omit<QualityLevel, 'bitrate'> {
  const sets = parameterSetsOf(description).map((set) => `${START_CODE}${hexOf(set)}`)
  return {
    codecPrivateData: sets.join('').toUpperCase(),
    fourCC: description.codec.startsWith('avc1') ? 'H264' : 'HVC1',
    video: { maxWidth: description.width, maxHeight: description.height },
  }
}

const AUDIO_FOURCC: Readonly<Record<string, string>> = {
  'mp4a.40.2': 'AACL',
  'mp4a.40.5': 'AACH',
  'mp4a.40.29': 'AACP',
  'ac-3': 'AC-3',
  'ec-3': 'EC-3',
}

function audioQuality(description: AudioDescription, bitrate: number): Omit<QualityLevel, 'bitrate'> {
  const { codec, channels, sampleRate, samplesPerFrame } = description
  const { formatTag, extra } = waveFormatOf(description)
  const fourCC = AUDIO_FOURCC[codec] ?? 'AACL'
  return {
    codecPrivateData: extra.toUpperCase(),
    fourCC,
    audio: {
      audioTag: formatTag,
      channels,
      samplingRate: sampleRate,
      bitsPerSample: 16,
      // Frames of AC-3 and E-AC-3 all have the same size.
      packetSize: fourCC.startsWith('AAC') ? AAC_PACKET_SIZE : Math.round((bitrate * samplesPerFrame) / sampleRate / 8),
    },
  }
}
