import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'
import { groupFolder } from '../../src/access-log/log-files.ts'
import { conditionOf } from '../../src/control/entity-tags.ts'
import { acceptsGzip } from '../../src/http/accepts-gzip.ts'
import { ClientNetworks } from '../../src/http/client-networks.ts'
import { matchesNone, requestedRange } from '../../src/http/request-headers.ts'
import { parseTarget } from '../../src/http/target.ts'
import { digestResponse, parseDigestCredentials } from '../../src/ingest/digest.ts'
import { fileName } from '../../src/ingest/file-name.ts'
import { parseIngestPath } from '../../src/ingest/ingest-path.ts'
import { Nonces } from '../../src/ingest/nonces.ts'
import { utcMs } from '../../src/media/time.ts'
import { parseManifestFilter } from '../../src/model/manifest-filter.ts'
import { parseClipPath, segmentNamed } from '../../src/origin/clips/clip-paths.ts'
import { parseManifestQuery } from '../../src/origin/manifests/query.ts'
import { movieTimes, parseMovieQuery } from '../../src/origin/movies/movie-request.ts'
import { splitPath } from '../../src/origin/playback-path.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'
import { headersOf, promised, type TextReaders } from './text-reader.ts'

const NOW = utcMs(Date.parse('2027-01-15T08:00:00Z'))
const GUID = 'c'.repeat(32)

const proxies = new BlockList()
proxies.addSubnet('10.0.0.0', 8, 'ipv4')
proxies.addSubnet('fd00::', 8, 'ipv6')
const networks = new ClientNetworks(proxies)

const nonces = new Nonces(600_000, { key: Buffer.alloc(32, 1) })
const NONCE = nonces.issue(NOW)

const ENDPOINTS = [hlsEndpoint(), cmafEndpoint(), dashEndpoint(), mssEndpoint()]

/** `path?query` below the GUID of an endpoint, of every format. */
function readPlayback(text: string): number {
  const target = parseTarget(text) ?? { path: '', query: '' }
  const { path } = splitPath(target.path)
  if (path === undefined) return 0
  let known = 0
  const refusals: unknown[] = []
  for (const endpoint of ENDPOINTS) {
    try {
      const request = outputFormatOf(endpoint)?.resolve(endpoint, path)
      if (request && parseManifestQuery(request, target.query)) known++
      const times = movieTimes(endpoint, path)
      if (times && parseMovieQuery(times, target.query)) known++
      const clip = parseClipPath(path)
      if (clip && segmentNamed(endpoint, clip)) known++
    } catch (error) {
      refusals.push(error)
    }
  }
  const fault = refusals.find((error) => (error as Error).name !== 'RuleViolation')
  if (fault !== undefined || (known === 0 && refusals.length > 0)) throw fault ?? refusals[0]
  return known
}

const DIGEST =
  'Digest username="u", realm="Windrow", nonce="abc", uri="/in/v2/a", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c", response="0123"'
const FILTER = 'video_height:240-1080;audio_language:de,en;video_codec:h264;video_framerate:25-29.97'
const PATHS = [
  'index.m3u8',
  'main/news.m3u8',
  'index.mpd',
  'index.ism/Manifest',
  'start/2026-01-31T20:15:00Z/index.mpd',
]

/** The readers of requests: their lines, headers, paths, queries and bodies in JSON. */
export const REQUEST_READERS: TextReaders = {
  'client address': {
    isLatin1: true,
    samples: [
      'X-Forwarded-For: 192.0.2.7, 10.0.0.1\nX-Forwarded-Proto: https\nX-Forwarded-Host: tv.example:8080\nHost: a',
      'Forwarded: for="[2001:db8::7]:80";proto=https;host="a.example", for=10.1.2.3\nHost: [::1]:80',
      'X-Forwarded-For: ::ffff:192.0.2.7, fe80::1%eth0, fd00::2\nForwarded: for=_hidden;by=unknown',
    ],
    read(text) {
      const request = { headers: headersOf(text), socket: { remoteAddress: '10.0.0.2' } }
      const { address, host } = networks.originOf(request)
      const network = networks.ofRequest(request)
      promised(address === undefined || isIP(address) > 0, 'an address is one')
      promised(network === undefined || isIP(network.split('/')[0]!) > 0, 'a network is one')
      promised(host === undefined || host.length < 300, 'a host is short')
      return [address, network, host]
    },
  },
  'request target': {
    isLatin1: true,
    samples: ['/out/v1/a/index.m3u8?start=1', 'http://a.example:80/channels?maxResults=1', '*', 'a.example:443'],
    read(text) {
      const target = parseTarget(text)
      promised(target === undefined || target.path.startsWith('/'), 'a path begins with a slash')
      return target
    },
  },
  'Accept-Encoding': { isLatin1: true, samples: ['gzip, deflate;q=0.5, *;q=0', 'x-gzip ; q=0.000'], read: acceptsGzip },
  'If-Match': { isLatin1: true, samples: ['W/"a", "b"', '*'], read: (text) => conditionOf(text)?.('"b"') },
  'If-None-Match': { isLatin1: true, samples: ['W/"a", "b", *'], read: (text) => matchesNone(text, '"b"') },
  Range: {
    isLatin1: true,
    samples: ['bytes=0-99', 'bytes=-500', 'bytes=100-', 'bytes=0-1,5-6'],
    read(range) {
      const found = requestedRange({ range }, 1000, '"a"')
      if (typeof found !== 'object') return found
      const { start, end } = found
      promised(Number.isSafeInteger(start) && start >= 0 && start < end && end <= 1000, 'a range is inside')
      return found
    },
  },
  'digest credentials': {
    isLatin1: true,
    samples: [DIGEST, DIGEST.replace('algorithm=SHA-256, ', '').replace('"u"', '"a\\"b"')],
    read(text) {
      const given = parseDigestCredentials(text)
      return given && digestResponse(given, 'PUT', 'password')
    },
  },
  nonce: {
    isLatin1: true,
    samples: [NONCE],
    read(text) {
      const use = nonces.find(text, NOW)
      promised(use === undefined || text === NONCE, 'nobody else issues nonces')
      return use?.nonce
    },
  },
  'manifest filter': { samples: [FILTER], read: parseManifestFilter },
  'ingest path': {
    isLatin1: true,
    samples: [
      `/in/v2/${GUID}/${GUID}/channel.m3u8`,
      `/in/v2/${GUID}/${GUID}/a%20b/c-1.ts`,
      `/in/v2/${GUID}/${GUID}/a/`,
    ],
    read(text) {
      const { name, folder } = parseIngestPath(text)
      promised(!['', '.', '..'].includes(name?.split('/').at(-1) ?? 'a'), 'a name is that of a file')
      promised(!/(^|\/)\.{0,2}(\/|$)/.test(name ?? 'a'), 'a name stays in its folder')
      return [name, folder]
    },
  },
  'file name': {
    samples: ['../a/b.ts', 'a%2f..%2fb.ts', 'm\u00fcnchen.m3u8'],
    read(text) {
      const name = fileName(text, 'a/b/')
      promised(name === undefined || !/(^|\/)\.{0,2}(\/|$)|\p{Cc}/u.test(name), 'a name stays in its folder')
      return name
    },
  },
  playback: {
    isLatin1: true,
    samples: [
      ...PATHS.map(
        (path) => `/out/v1/${GUID}/${path}?start=2026-01-31T20:15:00Z&end=1769890600&aws.manifestfilter=${FILTER}`,
      ),
      `/out/v1/${GUID}/index_1_12.ts?m=1769000000`,
      `/out/v1/${GUID}/index.mp4?start=1769000000&end=1769000600&cut=frame&chapters=scte35`,
      `/out/v1/${GUID}/clips/a/mss/index.ism/s1e0123abcd/QualityLevels(100)/Fragments(v=0)`,
      `/out/v1/${GUID}/main/news_1.m3u8?aws.drmsettings=excludesessionkeys`,
    ],
    read: readPlayback,
    share: 300,
  },
  'log group': {
    samples: ['/aws/MediaPackage/EgressAccessLogs', 'a/../b', '2026-01-31.jsonl', 'x'.repeat(300)],
    read(text) {
      const folder = groupFolder(text)
      const names = folder.split('/')
      promised(join('/logs', folder).startsWith('/logs/') && !names.includes('..'), 'a folder is below that of logs')
      promised(
        names.every((name) => name.length <= 255 && !name.endsWith('.jsonl')),
        'names are those of folders',
      )
      return folder
    },
  },
}
