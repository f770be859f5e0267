import { preset, unset } from './setting.ts'
import { address, choice, fileNames } from './value-kind.ts'

/** Settings of TLS. */
export const TLS_SETTINGS = {
  tlsListen: unset(
    'tls-listen',
    address,
    'nothing listens with TLS',
    'Address of the same with TLS (HTTPS), beside `listen`; with `tls-certificate` and `tls-key`.',
  ),
  controlTlsListen: unset(
    'control-tls-listen',
    address,
    'the same as `tls-listen`',
    'A separate address for the API with TLS; beside `control-listen` or without it.',
  ),
  tlsCertificate: unset(
    'tls-certificate',
    fileNames,
    'nothing listens with TLS',
    'Files of certificates in PEM, each with those of its issuers behind it. Clients get the one that is for the name ' +
      'they ask for, or else the first. Changed files are taken within 10 seconds.',
  ),
  tlsKey: unset(
    'tls-key',
    fileNames,
    'nothing listens with TLS',
    'Files of their private keys in PEM, in the same order. Others than the owner and the group may not read them.',
  ),
  tlsMinVersion: preset('tls-min-version', choice('1.2', '1.3'), '1.2', 'The least version of TLS.'),
}
