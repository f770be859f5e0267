import { quoteValue, refuse } from './rules.ts'

/** A range of values that includes both ends. */
export type FilterRange = { readonly min: number; readonly max: number }

/** The rules of `aws.manifestfilter`; a member that is absent excludes nothing. Texts are in lower case. */
export type ManifestFilter = {
  /** Bits per second. */
  readonly audioBitrate?: FilterRange
  readonly audioChannels?: FilterRange
  readonly audioCodec?: readonly string[]
  readonly audioLanguage?: readonly string[]
  /** Hz. */
  readonly audioSampleRate?: FilterRange
  readonly subtitleLanguage?: readonly string[]
  readonly trickplayHeight?: FilterRange
  readonly trickplayType?: readonly string[]
  readonly videoBitrate?: FilterRange
  readonly videoCodec?: readonly string[]
  readonly videoDynamicRange?: readonly string[]
  /** Frames per second, to three decimals. */
  readonly videoFramerate?: FilterRange
  readonly videoHeight?: FilterRange
}

const PARAMETER = 'aws.manifestfilter'
const MOST_CHARACTERS = 1024
const MOST = 2 ** 31 - 1

type Rule =
  | {
      readonly member: keyof ManifestFilter
      readonly range: readonly [min: number, max: number]
      readonly decimals: number
    }
  /** `values` are the texts allowed; undefined allows any. */
  | { readonly member: keyof ManifestFilter; readonly values: readonly string[] | undefined }

const RULES: Readonly<Record<string, Rule>> = {
  audio_bitrate: { member: 'audioBitrate', range: [0, MOST], decimals: 0 },
  audio_channels: { member: 'audioChannels', range: [1, 32_767], decimals: 0 },
  audio_codec: { member: 'audioCodec', values: ['aacl', 'aach', 'ac-3', 'ec-3'] },
  audio_language: { member: 'audioLanguage', values: undefined },
  audio_sample_rate: { member: 'audioSampleRate', range: [0, MOST], decimals: 0 },
  subtitle_language: { member: 'subtitleLanguage', values: undefined },
  trickplay_height: { member: 'trickplayHeight', range: [1, MOST], decimals: 0 },
  trickplay_type: { member: 'trickplayType', values: ['iframe', 'image', 'none'] },
  video_bitrate: { member: 'videoBitrate', range: [0, MOST], decimals: 0 },
  video_codec: { member: 'videoCodec', values: ['h264', 'h265'] },
  video_dynamic_range: { member: 'videoDynamicRange', values: ['hdr10', 'hlg', 'sdr'] },
  video_framerate: { member: 'videoFramerate', range: [1, 999.999], decimals: 3 },
  video_height: { member: 'videoHeight', range: [1, 32_767], decimals: 0 },
}

/** Reads `NAME:VALUES(;NAME:VALUES)*`. Throws RuleViolation, with a message for the author of the filter. */
export function parseManifestFilter(text: string): ManifestFilter {
  if (text.length > MOST_CHARACTERS)
    refuse(PARAMETER, `must be at most ${MOST_CHARACTERS} characters, got ${text.length}`)
  const filter: Partial<Record<keyof ManifestFilter, FilterRange | readonly string[]>> = {}
  for (const part of text.toLowerCase().split(';')) {
    const colon = part.indexOf(':')
    if (colon === -1) refuse(PARAMETER, `must be NAME:VALUES, separated by ";", got ${quoteValue(part)}`)
    const name = part.slice(0, colon)
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
    if (!rule) refuse(PARAMETER, `there is no filter ${quoteValue(name)}`)
    if (filter[rule.member] !== undefined) refuse(PARAMETER, `${name} occurs more than once`)
    const values = part.slice(colon + 1)
    filter[rule.member] = 'range' in rule ? parseRange(name, values, rule) : parseList(name, values, rule.values)
  }
  return filter as ManifestFilter
}

function parseRange(name: string, text: string, rule: Extract<Rule, { range: unknown }>): FilterRange {
  const [least, most] = rule.range
  const number = rule.decimals === 0 ? '(\\d{1,10})' : `(\\d{1,10}(?:\\.\\d{1,${rule.decimals}})?)`
  const [, from, to] = new RegExp(`^${number}-${number}$`).exec(text) ?? []
  if (from === undefined || to === undefined) refuse(PARAMETER, `${name} must be a range such as ${least}-${most}`)
  const [min, max] = [Number(from), Number(to)]
  if (min < least || max > most) refuse(PARAMETER, `${name} must be between ${least} and ${most}, got ${text}`)
  if (min > max) refuse(PARAMETER, `${name} must be a range from the smaller to the larger, got ${text}`)
  return { min, max }
}

function parseList(name: string, text: string, known: readonly string[] | undefined): readonly string[] {
  const values = text.split(',')
  for (const value of values) {
    if (value === '') refuse(PARAMETER, `${name} must be a list of values, separated by ","`)
    if (known && !known.includes(value))
      refuse(PARAMETER, `${name} must be one of ${known.join(', ')}, got ${quoteValue(value)}`)
  }
  return values
}
