import { element, writeXml, type XmlElement } from './xml.ts'

/** The client manifest of Smooth Streaming, MS-SSTR §2.2.2. All times are in units of 100 ns. */
export type SmoothManifest = {
  /** Absent when the presentation is finished. */
  readonly live?: {
    /** How much of the past can be asked for. */
    readonly dvrWindow: number
    /** How many fragments ahead each fragment tells of. */
    readonly lookAhead: number
  }
  /** Of the finished presentation; 0 while it is live. */
  readonly duration: number
  readonly customAttributes: readonly { readonly name: string; readonly value: string }[]
  readonly protection?: {
    /** A UUID. */
    readonly systemId: string
    /** In base64. */
    readonly header: string
  }
  readonly streams: readonly StreamIndex[]
}

/** MS-SSTR §2.2.2.3: tracks of one kind and one content, between which a player may choose. */
export type StreamIndex = {
  readonly type: 'video' | 'audio' | 'text'
  /** Unique in the manifest. */
  readonly name: string
  readonly language?: string
  /** `CAPT` for subtitles; empty elsewhere. */
  readonly subtype: string
  /** With `{bitrate}` and `{start time}` to be filled in. */
  readonly url: string
  readonly qualityLevels: readonly QualityLevel[]
  readonly chunks: readonly Chunk[]
}

/** MS-SSTR §2.2.2.5. */
export type QualityLevel = {
  readonly bitrate: number
  /** In hexadecimal. */
  readonly codecPrivateData: string
  readonly fourCC: string
  readonly video?: { readonly maxWidth: number; readonly maxHeight: number }
  readonly audio?: {
    /** wFormatTag of WAVEFORMATEX. */
    readonly audioTag: number
    readonly channels: number
    readonly samplingRate: number
    readonly bitsPerSample: number
    /** nBlockAlign of WAVEFORMATEX, bytes. */
    readonly packetSize: number
  }
}

/** Where a fragment of every quality level stands. */
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

/** MS-SSTR §2.2.2.2. */
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
 * MS-SSTR §2.2.2.6: `t` where a chunk does not begin where the one before it ends, `r` for how many there are alike.
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
