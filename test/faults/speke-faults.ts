import type { Fault } from './fault.ts'

const CLIENT = 'src/keys/speke-client.test.ts'

/** In how key servers are requested, and what is believed of their answers. */
export const SPEKE_FAULTS: readonly Fault[] = [
  {
    name: 'mac-not-compared',
    breaks: 'An encrypted key is decrypted whatever its MAC is.',
    file: 'src/keys/encrypted-keys.ts',
    find: '!timingSafeEqual(given, right)',
    replace: '!timingSafeEqual(given, given)',
    caughtBy: { file: CLIENT, cases: 'are refused when one bit of the MAC is wrong' },
    failure: /keys were given/,
  },
  {
    name: 'names-of-internal-hosts',
    breaks: 'A name may resolve to an address of an internal network.',
    file: 'src/keys/key-server-address.ts',
    find: 'isInternalAddress(address) && !allowed.has(address)',
    replace: 'isInternalAddress(address) && address === host && !allowed.has(address)',
    caughtBy: { file: CLIENT, cases: 'is not requested where its name resolves to' },
    failure: /does not answer|AssertionError/,
  },
  {
    name: 'any-key-taken',
    breaks: 'A short key is taken.',
    file: 'src/keys/answered-keys.ts',
    find: 'if (bytes.length !== KEY_BYTES) badAnswer(`the key',
    replace: 'if (bytes.length > KEY_BYTES) badAnswer(`the key',
    caughtBy: { file: CLIENT, cases: 'is named: ' },
    failure: /keys were given/,
  },
  {
    name: 'lines-of-any-kind',
    breaks: 'A key server may write any line into playlists.',
    file: 'src/keys/system-data.ts',
    find: 'if (!line.startsWith(tag))',
    replace: 'if (!line.startsWith(tag) && !lines[0]!.startsWith(tag))',
    caughtBy: { file: 'src/keys/system-data.test.ts', cases: 'is refused: ' },
    failure: /validation function|AssertionError/,
  },
  {
    name: 'elements-without-bound',
    breaks: 'What a key server says in little becomes as much as it likes in manifests.',
    file: 'src/keys/system-data.ts',
    find: 'if (written.length > MOST_DATA)',
    replace: 'if (written.length > 100 * MOST_DATA)',
    caughtBy: { file: 'src/keys/system-data.test.ts', cases: 'a namespace that is written too often' },
    failure: /Missing expected exception/,
  },
  {
    name: 'header-in-the-clear',
    breaks: 'The header of a key server goes to any port of its host without TLS.',
    file: 'src/keys/key-server-auth.ts',
    find: 'if (ofHost && !isSecure)',
    replace: "if (ofHost && !isSecure && host === '')",
    caughtBy: { file: 'src/keys/key-server-auth.test.ts', cases: 'by http:// only where it names one' },
    failure: /Missing expected rejection/,
  },
]
