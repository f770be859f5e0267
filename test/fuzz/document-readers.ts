import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FEED_FLAGS, feedPlanOf } from '../../src/cli/feed-flags.ts'
import { parsedFlags } from '../../src/cli/job-flags.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { readChallenge } from '../../src/feed/digest-client.ts'
import { readSpekeRequest } from '../../src/key-server/speke-request.ts'
import { readXml } from '../../src/keys/xml-reader.ts'
import { readCpixAnswer } from '../../src/manifests/cpix/answer.ts'
import { allSteps, type Steps } from '../../src/media/steps.ts'
import { identifierIn } from '../../src/secrets/identifier.ts'
import { fileNamesOf } from '../../src/secrets/secret-name.ts'
import { parseSecrets } from '../../src/secrets/secrets-file.ts'
import { readMediaPlaylist, readMultivariant } from '../../src/self-check/listings/hls-listing.ts'
import { readMpd } from '../../src/self-check/listings/mpd-listing.ts'
import { readSmooth } from '../../src/self-check/listings/smooth-listing.ts'
import type { TimedListing } from '../../src/self-check/listings/timed-entries.ts'
import { readPair } from '../../src/tls/certificate-pair.ts'
import { Authority } from '../judges/certificates.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { corpusBytes } from './corpus.ts'
import { promised, type TextReaders } from './text-reader.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:cdn/tv-AbCdEf'
const MEMBER = 'MediaPackageCDNIdentifier'

const CPIX = `<cpix:CPIX contentId="a" version="2.3" xmlns:cpix="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc">
<cpix:ContentKeyList><cpix:ContentKey kid="98ee5596-cd3e-a20d-163a-e382420c6eff" commonEncryptionScheme="cbcs"/></cpix:ContentKeyList>
<cpix:DRMSystemList><cpix:DRMSystem kid="98ee5596-cd3e-a20d-163a-e382420c6eff" systemId="94ce86fb-07ff-4f43-adb8-93d2fa968ca2">
<cpix:HLSSignalingData playlist="media"/></cpix:DRMSystem></cpix:DRMSystemList>
<cpix:ContentKeyUsageRuleList><cpix:ContentKeyUsageRule kid="98ee5596-cd3e-a20d-163a-e382420c6eff" intendedTrackType="ALL">
<cpix:VideoFilter/><cpix:AudioFilter/></cpix:ContentKeyUsageRule></cpix:ContentKeyUsageRuleList></cpix:CPIX>`

const MEDIA = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:12
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-MAP:URI="header.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-31T20:15:00.000Z
#EXTINF:6.000,
index_1_12.ts?m=1769000000
#EXT-X-GAP
#EXT-X-DISCONTINUITY
#EXTINF:5.960,
../../b/index_1_13.ts
#EXT-X-ENDLIST
`
const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="de",URI="index_2.m3u8"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="index_3.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900000,AUDIO="a",RESOLUTION=320x180
index_1.m3u8
`
const MPD = `<?xml version="1.0" encoding="utf-8"?>
<MPD type="dynamic" availabilityStartTime="2026-01-31T20:00:00Z" minimumUpdatePeriod="PT2S"><Period id="1" start="PT15M2.5S">
<AdaptationSet mimeType="video/mp4"><SegmentTemplate timescale="90000" presentationTimeOffset="5" startNumber="3"
 media="a_$RepresentationID$_$Number$.mp4" initialization="a_$RepresentationID$_init.mp4"><SegmentTimeline>
<S t="5" d="180000" r="4"/><S d="90000"/></SegmentTimeline></SegmentTemplate><Representation id="1" bandwidth="900000"/>
<Representation id="2" bandwidth="1"/></AdaptationSet></Period></MPD>`
const SMOOTH = `<SmoothStreamingMedia MajorVersion="2" TimeScale="10000000" IsLive="TRUE"><StreamIndex Type="video" Name="v"
 Url="QualityLevels({bitrate})/Fragments(v={start time})"><QualityLevel Bitrate="900000"/><QualityLevel Bitrate="1"/>
<c t="0" d="20000000" r="3"/><c d="10000000"/></StreamIndex></SmoothStreamingMedia>`

const SETTINGS = [
  'listen: 127.0.0.1:8080',
  'access-key-id: key',
  'trusted-proxies: [10.0.0.0/8, "::1"]',
  'account-id: 01',
]
const FLAGS = ['--channel=tv', '--past=1h', '--seconds=20', '--speed=2.5', '--ads=10s', '--language=de', '--input=both']

const folder = temporaryFolder('pairs')
const files = { certificate: join(folder, 'a.pem'), key: join(folder, 'a.key') }
const pair = new Authority().issue(['a.example.com', '*.b.example', '127.0.0.1'])

/** A certificate and its key, one behind the other. */
async function readBoth(text: string): Promise<unknown> {
  const key = Math.max(text.indexOf('-----BEGIN PRIVATE'), 0)
  writeFileSync(files.certificate, text.slice(0, key))
  writeFileSync(files.key, text.slice(key), { mode: 0o600 })
  const { names, validFrom, validUntil } = await readPair(files)
  return [names, validFrom, validUntil]
}

const xml = (text: string) => allSteps(readXml(Buffer.from(text)))

/**
 * How much is listed, and the characters of the paths of some segments of each track, made when they are asked for. Of
 * segments that are not asked for, no more is kept than the elements of the text, of four characters at least.
 */
function* summed<T>(text: string, steps: Steps<T>, listingsOf: (read: T) => readonly TimedListing[]): Steps<unknown> {
  const listings = listingsOf(yield* steps)
  for (const { entries } of listings)
    promised([...entries.spans()].length <= text.length / 4, 'a track has no more runs than its text has elements')
  const of = (count: (listing: TimedListing) => number) => listings.reduce((sum, each) => sum + count(each), 0)
  return {
    tracks: listings.length,
    segments: of(({ entries }) => entries.length),
    spans: of(({ entries }) => [...entries.spans()].length),
    characters: of(({ entries }) =>
      [0, Math.floor(entries.length / 2), -1].reduce((sum, place) => sum + (entries.at(place)?.path?.length ?? 0), 0),
    ),
  }
}

/** The readers of documents that are not media: what other servers answer, and what operators write. */
export const DOCUMENT_READERS: TextReaders = {
  'SPEKE request': { samples: [CPIX], read: (text) => [...readSpekeRequest(xml(text), '2.0').schemes], share: 100 },
  'SPEKE 1.0 request': {
    samples: [CPIX.replace('contentId', 'id')],
    read: (text) => [...readSpekeRequest(xml(text), undefined).schemes],
    share: 100,
  },
  'SPEKE answer': {
    samples: [String(corpusBytes('answer.cpix'))],
    read: (text) => readCpixAnswer(xml(text)),
    share: 100,
  },
  'CDN identifier': {
    samples: [
      '0123456789abcdef\n',
      JSON.stringify({ [MEMBER]: 'm\u00fcnchen \u{1f4fa} 0123' }),
      `{"${MEMBER}":"12345678"}`,
    ],
    read(text) {
      const identifier = identifierIn(text)
      promised(identifier.length >= 8 && identifier.length <= 512, 'an identifier has 8 to 128 characters')
      return identifier.length
    },
  },
  'file of secrets': {
    samples: [
      `secrets:\n  ${ARN}:\n    current: 0123456789\n    previous: "abcdefgh"\n`,
      JSON.stringify({ secrets: { [ARN]: { current: { [MEMBER]: '0123456789' } } } }),
    ],
    read: (text) => [...parseSecrets(text, 'secrets.yaml')],
    share: 100,
  },
  'name of a secret': {
    samples: [ARN, `${ARN.slice(0, -6)}/../../x`],
    read(text) {
      const names = fileNamesOf(text)
      promised(
        names.every((name) => !/^\.|\/|^$/.test(name) && name.length < 250),
        'names are those of files',
      )
      return names
    },
  },
  'file of settings': {
    samples: [SETTINGS.join('\n'), 'listen: none\ntls-listen: 0.0.0.0:443\ntls-certificate: a\ntls-key: b\n'],
    read: (text) => readSettings({ args: ['--config', 'windrow.yaml'], env: {}, readFile: () => text }).listen,
    share: 100,
  },
  'flags of settings': {
    samples: SETTINGS.map((line) => `--${line.replace(': ', '=')}`),
    read: (text) => readSettings({ args: text.split('\n'), env: {}, readFile: () => '' }).listen,
    share: 200,
  },
  'flags of the feed': {
    samples: [FLAGS.join('\n'), '--channel\ntv\n--start=-10m\n--live'],
    read: (text) => feedPlanOf(parsedFlags(text.split('\n'), FEED_FLAGS).values, 1_800_000_000_000),
    share: 300,
  },
  'digest challenge': {
    samples: ['Digest realm="a", qop="auth", algorithm=SHA-256, nonce="b", Digest realm="a", algorithm=MD5, nonce="b"'],
    read: readChallenge,
  },
  'certificate and key': { samples: [`${pair.certificate}${pair.key}`], read: readBoth, share: 10 },
  'listed playlists': {
    samples: [MULTIVARIANT],
    read: (text) => readMultivariant(text, 'main/index.m3u8'),
    share: 200,
  },
  'listed media playlist': {
    samples: [MEDIA],
    read: (text) => readMediaPlaylist(text, { path: 'index_1.m3u8', kind: 'video', isTrickPlay: false }),
    share: 200,
  },
  'listed MPD': {
    samples: [MPD],
    read: (text) => summed(text, readMpd(text, 'index.mpd'), ({ listings }) => listings),
    share: 200,
  },
  'listed Smooth manifest': {
    samples: [SMOOTH],
    read: (text) => summed(text, readSmooth(text, 'index.ism/Manifest'), (listings) => listings),
    share: 200,
  },
}
