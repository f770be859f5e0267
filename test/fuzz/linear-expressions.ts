/**
 * Every regular expression on text from outside that repeats something as often as it likes, by file: a text it
 * matches, and why its work grows no faster than the text. One that is put together from others has no example: the
 * worst inputs of its reader try it.
 */
export type LinearExpression = readonly [source: string, example: string | undefined, why: Why]

const WHY = {
  run: 'It is tried from one place, and each repetition ends at a character that it cannot take.',
  rest: 'Its last repetition takes all that is left, at once.',
  place: 'At each place it can only begin at one character, which its repetition cannot take.',
  blanks:
    'Two repetitions of blanks meet where what stands between them may be absent; the second then has nothing to take.',
  digits: 'Repetitions of digits are short, or end at a character that is no digit.',
  union: 'What its alternatives begin with differs, so there is one way to match.',
} as const
export type Why = keyof typeof WHY

export const LINEAR_EXPRESSIONS: Readonly<Record<string, readonly LinearExpression[]>> = {
  'src/control/json.ts': [
    [
      String.raw`([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`,
      String.raw`"a\nb"`,
      'union',
    ],
  ],
  'src/control/sigv4.ts': [
    [
      '^AWS4-HMAC-SHA256 +Credential=([^, ]+), *SignedHeaders=([^, ]+), *Signature=([^, ]+)$',
      'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c',
      'run',
    ],
    [' +', 'a  b', 'place'],
  ],
  'src/control/wire.ts': [[String.raw`^-?\d+$`, '-1', 'run']],
  'src/feed/digest-client.ts': [['`(?:^|[ ,])<name>="?([^",]*)`', undefined, 'place']],
  'src/http/accepts-coding.ts': [[String.raw`^\s*q\s*=\s*0(\.0*)?\s*$`, ' q = 0.0 ', 'run']],
  'src/http/simple/request-head.ts': [
    ["^\\/[A-Za-z0-9/._~%?=&:;,@!$'()*+-]*$", '/a?b=c', 'run'],
    ["^([!#$%&'*+.^`|~0-9A-Za-z-]+):([\\t\\x20-\\x7e]*)$", 'a: b', 'run'],
  ],
  'src/http/simple/field-lines.ts': [
    [String.raw`^[\t\x20-\x7e\x80-\xff]*$`, 'a b', 'run'],
    ["^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", 'a', 'run'],
  ],
  'src/http/target.ts': [[String.raw`^https?:\/\/[^/?#]*\/?`, 'http://a/b', 'run']],
  'src/ingest/digest.ts': [
    [
      String.raw`\s*([A-Za-z][A-Za-z0-9*-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)`,
      String.raw`username = "a\"b" ,`,
      'union',
    ],
    [String.raw`^Digest\s+`, 'Digest  a', 'run'],
  ],
  'src/ingest/file-name.ts': [[String.raw`^[\w~-]+(?:\.[\w~-]+)*$`, 'a.b.ts', 'run']],
  'src/ingest/ingest-path.ts': [
    [
      String.raw`^\/in\/v2\/([0-9a-f]{32})\/([0-9a-f]{32})(?:\/(.*))?$`,
      `/in/v2/${'a'.repeat(32)}/${'b'.repeat(32)}/c.ts`,
      'rest',
    ],
  ],
  'src/ingest/refusal.ts': [[String.raw`\{(\w+)\}`, 'the {limit} of it', 'place']],
  'src/ingest/source-playlist.ts': [
    [String.raw`^https?:\/\/[^/]*(?=\/)`, 'http://a/b.ts', 'run'],
    [String.raw`\?.*$`, 'a.ts?b', 'rest'],
    [String.raw`(?<=\.[A-Za-z0-9]+)#.*$`, 'a.ts#b', 'place'],
    [String.raw`^(?:[a-z][a-z0-9+.-]*:\/\/|(?:about|blob|data|file|https?):)`, 'about://a', 'run'],
  ],
  'src/internal-addresses.ts': [[String.raw`^\[(.*)\]$`, '[::1]', 'rest']],
  'src/keys/base64.ts': [['^[A-Za-z0-9+/]+={0,2}$', 'AAAA', 'run']],
  'src/keys/key-server-auth.ts': [
    [
      String.raw`^[a-z0-9-]+\.execute-api(?:-fips)?\.([a-z0-9-]{1,32})\.amazonaws\.com(?:\.cn)?$`,
      'a.execute-api.eu-west-1.amazonaws.com',
      'run',
    ],
  ],
  'src/keys/speke-client.ts': [
    [String.raw`[\p{C}\p{Z}\uFFFD]+`, 'a\n b', 'place'],
    [String.raw`^(?:application|text)\/(?:[\w.-]{1,50}\+)?xml\s*(?:;|$)`, 'application/xml ; charset=utf-8', 'run'],
  ],
  'src/keys/system-data.ts': [[String.raw`(?:"[^"]*"|[^,"])+`, 'URI="a,b"', 'union']],
  'src/manifests/hls/ad-tags.ts': [[String.raw`^#EXT[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff]*$`, '#EXT-X-CUE-OUT:30', 'run']],
  'src/manifests/hls/attribute-list.ts': [
    ['(?:"[^"]*"|[^,])+', 'A="b,c",D', 'union'],
    [String.raw`^(\s*)([A-Za-z0-9_.-]+)(\s*)=(\s*)(.*)$`, ' A = b', 'rest'],
    ['^"([^"]*)"(.*)$', '"a"b', 'rest'],
    [String.raw`^(\d{1,5}(?:\.\d{1,9})?)\s*[xX×*]\s*(\d{1,5}(?:\.\d{1,9})?)$`, '1.5 x 2.5', 'digits'],
    [String.raw`^(\d{1,9})\s*[/:]\s*([1-9]\d{0,8})$`, '30 / 1', 'digits'],
  ],
  'src/manifests/hls/date-time.ts': [
    [String.raw`(?:\s*(?<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?`, ' +01:00', 'blanks'],
    ['`^["\']?\\\\s*<DATE>(?:T|\\\\s+|_)<TIME><ZONE>\\\\s*["\']?$`', undefined, 'blanks'],
  ],
  'src/manifests/hls/extinf.ts': [
    [String.raw`^["']?\+?(\d{1,9}),(\d{1,20})["']?\s*,`, '"+2,5" ,', 'digits'],
    [
      String.raw`^["']?\s*\+?((?:\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,2})?)\s*(?:s|sec|seconds)?["']?\s*(?:,|;|\s|$)`,
      '" +2.5e1 sec" ,',
      'blanks',
    ],
  ],
  'src/manifests/hls/playlist-lines.ts': [
    ['^#EXT[A-Z0-9-]*$', '#EXT-X-A', 'run'],
    [String.raw`^#(EXT[A-Z0-9-]*)(\s*)(:?)(\s*)(.*)$`, '#EXT-X-A : b', 'rest'],
    ['^EXT(INF|M3U|-X-.*|-OATCLS-SCTE35)$', 'EXT-X-A', 'rest'],
    [String.raw`^["']?\s*\+?0*(\d{1,16})(?:\.0*)?\s*["']?$`, '" +007.00 "', 'digits'],
    [String.raw`^["']?\s*\+?(\d{1,16}(?:[.,]\d{0,20})?|[.,]\d{1,20})\s*["']?$`, '" +7,5 "', 'digits'],
    ['FORBIDDEN', undefined, 'place'],
  ],
  'src/manifests/xml.ts': [['SPECIAL', undefined, 'place']],
  'src/media/id3.ts': [[String.raw`[\s\p{Cc}]+`, 'a  b', 'place']],
  'src/media/webvtt/cue-settings.ts': [
    [String.raw`[ \t]+`, 'a  b', 'place'],
    [':(.*)', 'line:1', 'rest'],
  ],
  'src/media/webvtt/cue-text.ts': [
    ['<([^>]*)>?|([^<]+)', 'a<b>c', 'union'],
    [String.raw`^([^\s.]*)([^\s]*)\s*([\s\S]*)$`, 'c.a b', 'rest'],
  ],
  'src/media/webvtt/reader.ts': [
    [String.raw`^STYLE[ \t]*$`, 'STYLE ', 'run'],
    [String.raw`^REGION[ \t]*$`, 'REGION ', 'run'],
    ['`^[ \\\\t]*<TIMESTAMP>[ \\\\t]*-->[ \\\\t]*<TIMESTAMP>(?:[ \\\\t](.*))?$`', undefined, 'rest'],
  ],
  'src/media/webvtt/timestamp-map.ts': [
    [String.raw`^[ \t]*X-TIMESTAMP-MAP[ \t]*[=:]`, ' X-TIMESTAMP-MAP =', 'run'],
    [
      String.raw`^X-TIMESTAMP-MAP=(?:MPEGTS:\d+,LOCAL:[\d:]+\.\d{3}|LOCAL:[\d:]+\.\d{3},MPEGTS:\d+)[ \t]*$`,
      'X-TIMESTAMP-MAP=MPEGTS:9,LOCAL:00:00:00.000 ',
      'digits',
    ],
    [
      String.raw`[=:,][ \t]*MPEGTS[ \t]*[:=][ \t]*([+-]?\d{1,30})(?:\.\d{0,9})?[ \t]*(?:,|$)`,
      '= MPEGTS : 9.0 ,',
      'place',
    ],
    [
      String.raw`[=:,][ \t]*LOCAL[ \t]*[:=][ \t]*(?:(\d{1,6}):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,3})\d{0,6})?[ \t]*(?:,|$)`,
      '= LOCAL : 00:00:00.000 ,',
      'place',
    ],
  ],
  'src/model/arn.ts': [
    [
      String.raw`^arn:aws:mediapackage:([a-z0-9-]+):(\d{12}):(channels|origin_endpoints|harvest_jobs)\/([0-9A-Za-z_-]+)$`,
      'arn:aws:mediapackage:eu:000000000000:channels/a',
      'run',
    ],
  ],
  'src/model/destination-pattern.ts': [
    [String.raw`\{([^{}]*)\}`, '{start:yyyy/MM/dd}', 'place'],
    [String.raw`^(yyyy|MM|dd|HH|mm|ss|SSS|[TZ/_.-])+$`, 'yyyy-MM-ddTHH', 'union'],
  ],
  'src/model/encryption-rules.ts': [
    [String.raw`^arn:aws[a-z-]*:acm:\S+:certificate\/\S+$`, 'arn:aws:acm:a:certificate/b', 'run'],
  ],
  'src/model/endpoint-rules.ts': [
    [
      String.raw`^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:[\w/+=.@-]+$`,
      'arn:aws:secretsmanager:a:000000000000:secret:b',
      'run',
    ],
    ['`^<OCTET>(\\\\.<OCTET>){3}/(3[0-2]|[12]?[0-9])$`', undefined, 'digits'],
  ],
  'src/model/event-selection.ts': [['^[ -~]*$', 'EP012345678912*', 'run']],
  'src/model/event.ts': [[String.raw`\.\d+Z$`, '2026-01-31T20:15:00.000Z', 'place']],
  'src/model/harvest-request.ts': [
    [
      String.raw`^(\d{4}-\d\d-(\d\d)T\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d:?\d\d)$`,
      '2026-01-31T20:15:00.5+01:00',
      'run',
    ],
    [String.raw`^(\d{1,11})(?:\.(\d+))?$`, '1.5', 'run'],
    [String.raw`^\d+\.\d+\.\d+\.\d+$`, '10.0.0.1', 'run'],
    [String.raw`^(_\d+)+\.m3u8$`, '_1_2.m3u8', 'run'],
  ],
  'src/model/manifest-filter.ts': [['`^<number>-<number>$`', undefined, 'digits']],
  'src/model/rules.ts': [
    [String.raw`^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$`, 'arn:aws:iam::000000000000:role/a', 'run'],
  ],
  'src/model/tags.ts': [[String.raw`^[\p{L}\p{N} _.:/=+\-@]*$`, 'a b', 'run']],
  'src/origin/access.ts': [[String.raw`^([\d.]+)(?:\/(\d{1,2}))?$`, '10.0.0.0/8', 'run']],
  'src/origin/clips/clip-paths.ts': [
    [String.raw`^clips\/([\w-]{1,256})\/([a-z0-9]{3,4})\/(.+)$`, 'clips/goal/hls/index.m3u8', 'rest'],
  ],
  'src/origin/manifests/query.ts': [[String.raw`^m=\d*$`, 'm=1', 'run']],
  'src/origin/playback-path.ts': [
    [String.raw`^\/out\/v1\/([0-9a-f]{32})\/(.+)$`, `/out/v1/${'a'.repeat(32)}/b`, 'rest'],
  ],
  'src/http/request-headers.ts': [[String.raw`^bytes=\s*(\d*)-(\d*)\s*$`, 'bytes= 1-2 ', 'digits']],
  'src/packaging/cmaf/names.ts': [
    ['`^(?:<TRACK>|_(image)_<INTEGER>)?\\\\.m3u8$`', undefined, 'digits'],
    ['`^<TRACK>_<INTEGER>\\\\.(mp4|vtt)$`', undefined, 'digits'],
    ['`^<TRACK>_track_1_csid_<INTEGER>(?:_<INTEGER>)?_init\\\\.mp4$`', undefined, 'digits'],
    ['`^_image_<INTEGER>_<INTEGER>_<INTEGER>\\\\.jpg$`', undefined, 'digits'],
  ],
  'src/packaging/dash/names.ts': [
    ['`^_(video|audio|subtitles|iframe)_<INTEGER>_<INTEGER>_(?:<INTEGER>|init)\\\\.mp4$`', undefined, 'digits'],
    ['`^_image_<INTEGER>_<INTEGER>_<INTEGER>_<INTEGER>\\\\.jpg$`', undefined, 'digits'],
  ],
  'src/packaging/hls-ts/names.ts': [
    ['`^(?:<STREAM>|_<INTEGER>_image)?\\\\.m3u8$`', undefined, 'digits'],
    ['`^<STREAM>_<INTEGER>\\\\.(ts|aac|ac3|ec3|vtt)$`', undefined, 'digits'],
    ['`^_<INTEGER>_image_<INTEGER>_<INTEGER>\\\\.jpg$`', undefined, 'digits'],
  ],
  'src/packaging/mss/names.ts': [
    [
      '`^Events\\\\(<INTEGER>_0\\\\)/QualityLevels\\\\(<INTEGER>\\\\)/(Fragments|FragmentInfo)\\\\((?:v|([as])_<INTEGER>_0)=<INTEGER>\\\\)$`',
      undefined,
      'digits',
    ],
  ],
  'src/packaging/time-shift.ts': [[String.raw`^(?:start\/([^/]+)\/)?(?:end\/([^/]+)\/)?`, 'start/1/end/2/', 'run']],
  'src/stores/object-key.ts': [
    [String.raw`^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$`, 'a/b/c', 'run'],
  ],
  'src/stores/postgres/content-versions.ts': [[String.raw`^[io]\d+:\d+(?: [io]\d+:\d+)*$`, 'i5:7 o3:9', 'run']],
  'src/tls/certificate-pair.ts': [[String.raw`^[\w*.-]+$`, '*.example.com', 'run']],
  'src/web-console/content-policy.ts': [
    [String.raw`^https?:\/\/(\*\.)?[\w.-]+(:\d+)?$`, 'https://*.example.com:8443', 'run'],
  ],
}
