import { element, writeXml, type XmlElement } from './xml.ts'

/** The client manifest of Smooth Streaming, MS-SSTR §2.2.2. All times are in units of 100 ns. */
export type SmoothManifest = {
  /** Fields of a live presentation; absent when it is finished. */
  readonly live?: {
    /** Length of the part of the past that can be requested. */
    readonly dvrWindow: number
    /** Number of later fragments that each fragment announces. */
    readonly lookAhead: number
  }
  /** Duration of a finished presentation; 0 while it is live. */
  readonly duration: number
  readonly customAttributes: readonly { readonly name: string; readonly value: string }[]
  readonly protection?: {
    /** UUID of the protection system. */
    readonly systemId: string
    /** Header of the protection system, in base64. */
    readonly header: string
  }
  readonly streams: readonly StreamIndex[]
}

/** A StreamIndex, MS-SSTR §2.2.2.3: tracks of one kind and one content, among which a player may choose. */
export type StreamIndex = {
  readonly type: 'video' | 'audio' | 'text'
  /** Name, unique in the manifest. */
  readonly name: string
  readonly language?: string
  /** `CAPT` for subtitles; empty elsewhere. */
  readonly subtype: string
  /** URL template with `{bitrate}` and `{start time}`. */
  readonly url: string
  readonly qualityLevels: readonly QualityLevel[]
  readonly chunks: readonly Chunk[]
}

/** A QualityLevel, MS-SSTR §2.2.2.5. */
export type QualityLevel = {
  readonly bitrate: number
  /** Decoder configuration in hexadecimal. */
  readonly codecPrivateData: string
  readonly fourCC: string
  readonly video?: { readonly maxWidth: number; readonly maxHeight: number }
  readonly audio?: {
    /** wFormatTag of WAVEFORMATEX. */
    readonly audioTag: number
    readonly channels: number
    readonly samplingRate: number
    readonly bitsPerSample: number
    /** nBlockAlign of WAVEFORMATEX, in bytes. */
    readonly packetSize: number
  }
}

/** The interval of one fragment, the same in every quality level. */
export type Chunk = { readonly time: number; readonly duration: number }

/** Units per second. */
const TIMESCALE = 10_000_000

export function writeSmoothManifest(manifest: SmoothManifest): string {
  const { live, duration, customAttributes, protection, streams } = manifest
  const attributes = {
    MajorVersion: 2,
    MinorVersion: 2,
    TimeScale: TIMESCALE,
    CanSeek: 'TRUE',
    CanPause: 'TRUE',
    ...(live && { IsLive: 'TRUE', LookAheadFragmentCount: live.lookAhead, DVRWindowLength: live.dvrWindow }),
    Duration: duration,
  }
  return writeXml(
    element('SmoothStreamingMedia', attributes, [
      ...(customAttributes.length === 0 ? [] : [customAttributesElement(customAttributes)]),
      ...(protection ? [protectionElement(protection)] : []),
      ...streams.map(streamElement),
    ]),
  )
}

function customAttributesElement(attributes: SmoothManifest['customAttributes']): XmlElement {
  return element(
    'CustomAttributes',
    {},
    attributes.map(({ name, value }) => element('Attribute', { Name: name, Value: value })),
  )
}

/** Writes a Protection element, MS-SSTR §2.2.2.2. */
function protectionElement({ systemId, header }: NonNullable<SmoothManifest['protection']>): XmlElement {
  return element('Protection', {}, [element('ProtectionHeader', { SystemID: systemId }, [header])])
}

function streamElement({ type, name, language, subtype, url, qualityLevels, chunks }: StreamIndex): XmlElement {
  const attributes = {
    Type: type,
    Name: name,
    Language: language,
    Subtype: subtype,
    Chunks: chunks.length,
    TimeScale: TIMESCALE,
    Url: url,
    QualityLevels: qualityLevels.length,
  }
  return element('StreamIndex', attributes, [...qualityLevels.map(qualityElement), ...chunkElements(chunks)])
}

function qualityElement({ bitrate, codecPrivateData, fourCC, video, audio }: QualityLevel, index: number): XmlElement {
  return element('QualityLevel', {
    Index: index,
    Bitrate: bitrate,
    CodecPrivateData: codecPrivateData,
    FourCC: fourCC,
    ...(video && { MaxWidth: video.maxWidth, MaxHeight: video.maxHeight }),
    ...(audio && {
      AudioTag: audio.audioTag,
      Channels: audio.channels,
      SamplingRate: audio.samplingRate,
      BitsPerSample: audio.bitsPerSample,
      PacketSize: audio.packetSize,
    }),
  })
}

/**
 * Writes chunks, MS-SSTR §2.2.2.6, with `t` where a chunk does not begin at the end of the one before, and `r` to
 * count equal ones.
 */
function chunkElements(chunks: readonly Chunk[]): XmlElement[] {
  const elements: XmlElement[] = []
  for (let i = 0; i < chunks.length; ) {
    const { time, duration } = chunks[i]!
    const follows = i > 0 && chunks[i - 1]!.time + chunks[i - 1]!.duration === time
    let count = 1
    while (chunks[i + count]?.time === time + count * duration && chunks[i + count]?.duration === duration) count++
    elements.push(element('c', { d: duration, t: follows ? undefined : time, r: count > 1 ? count : undefined }))
    i += count
  }
  return elements
}
