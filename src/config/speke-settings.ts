import { preset, type Setting, unset } from './setting.ts'
import { choice, flag, hosts, InvalidValue, text, type ValueKind } from './value-kind.ts'

/** A certificate for encrypted keys: files in PEM. */
export type CertificateFiles = { readonly certificateFile: string; readonly keyFile: string }

/** Certificates and their private keys, by ARN. */
const certificates: ValueKind<ReadonlyMap<string, CertificateFiles>> = {
  shape: 'ARN=CERTIFICATE;KEY,…',
  parse(value) {
    const byArn = new Map<string, CertificateFiles>()
    for (const entry of value.split(',').map((each) => each.trim())) {
      const [, arn, certificateFile, keyFile] =
        /^(arn:aws[a-z-]*:acm:[^\s=]{1,300})=([^;]{1,1000});([^;]{1,1000})$/.exec(entry) ?? []
      if (arn === undefined || certificateFile === undefined || keyFile === undefined || byArn.has(arn)) {
        throw new InvalidValue(
          `must be different ARNs of certificates in ACM, each with two files in PEM, such as ` +
            `arn:aws:acm:us-east-1:000000000000:certificate/a=certificate.pem;key.pem, not "${entry}"`,
        )
      }
      byArn.set(arn, { certificateFile, keyFile })
    }
    return byArn
  },
}

/** Headers by host, with its port where one is named. They hold secrets, so errors do not show them. */
const headers: ValueKind<ReadonlyMap<string, { readonly name: string; readonly value: string }>> = {
  shape: 'HOST[:PORT] NAME: VALUE,…',
  parse(value) {
    const byHost = new Map<string, { readonly name: string; readonly value: string }>()
    for (const entry of value.split(',').map((each) => each.trim())) {
      const [, place = '', name = '', secret = ''] =
        /^(\S{1,260}) ([A-Za-z][A-Za-z0-9-]{0,60}): ?([\x21-\x7e](?:[\x20-\x7e]{0,4000}[\x21-\x7e])?)$/.exec(entry) ??
        []
      const host = placeOf(place)
      if (host === undefined || byHost.has(host)) {
        throw new InvalidValue('must be different hosts, each with a header: keys.example.com Authorization: Bearer …')
      }
      byHost.set(host, { name, value: secret })
    }
    return byHost
  },
}

/** A host as URLs have it, without a last dot, with the port that is named; undefined for anything else. */
function placeOf(text: string): string | undefined {
  const [, host = '', port] = /^([^\s/?#@\\:]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?$/.exec(text) ?? []
  const hostname = URL.parse(`http://${host}/`)?.hostname.replace(/\.$/, '')
  return hostname && (port === undefined ? hostname : `${hostname}:${Number(port)}`)
}

/** The settings of key servers. */
export const SPEKE_SETTINGS = {
  spekeAllowHosts: unset(
    'speke-allow-hosts',
    hosts,
    'none',
    'Key servers, by host or address, that may be in an internal network and be requested by http://. Others must be ' +
      'on the Internet, and are requested by https:// alone.',
  ),
  spekeAuth: unset(
    'speke-auth',
    choice('sigv4', 'none'),
    '`sigv4` where there are AWS credentials, otherwise `none`',
    'Whether requests to key servers are signed as Amazon API Gateway demands.',
  ),
  spekeAssumeRole: preset(
    'speke-assume-role',
    flag,
    'false',
    'Sign as the role that an endpoint names, through AssumeRole of AWS STS, instead of with the server’s own credentials.',
  ),
  spekeHeaders: {
    ...unset(
      'speke-headers',
      headers,
      'none is sent',
      'A header for each of these key servers, sent to that host alone and instead of a signature; with a port, to ' +
        'that port alone. By http:// it is sent only where a port is named.',
    ),
    secret: true,
  },
  spekeCertificates: unset(
    'speke-certificates',
    certificates,
    'none',
    'Certificates that endpoints may name in `certificateArn`, each with its private key (RSA), as files in PEM.',
  ),
  spekeCaFile: unset(
    'speke-ca-file',
    text('FILE'),
    'those that Node trusts',
    'Certificates in PEM of more authorities that key servers are trusted by.',
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>
