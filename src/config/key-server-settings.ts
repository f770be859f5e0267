import { preset, type Setting, unset } from './setting.ts'
import { choice, text, url } from './value-kind.ts'

/** The settings of the built-in key server. */
export const KEY_SERVER_SETTINGS = {
  keyServer: preset(
    'key-server',
    choice('false', 'true', 'anywhere'),
    'false',
    'A key server for trying out encryption, below `/windrow/v1/keys/` of the API. It gives every key to whoever asks, so ' +
      'with `true` the API must listen on a loopback address; with `anywhere` it need not.',
  ),
  keyServerUrl: unset(
    'key-server-url',
    url,
    '`public-url`; without it, or with `control-listen`, http:// and the address of the API',
    'URL at which players and `speke` requests reach the API, and so the key server.',
  ),
  keyServerSecret: {
    ...unset(
      'key-server-secret',
      text('HEX', /^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits'),
      'one is created in the data folder; nodes need the same, set by hand',
      'What the keys of the key server follow from: 32 random bytes, in hexadecimal digits.',
    ),
    secret: true,
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>
