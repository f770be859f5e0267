import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { Authority, CertificateFiles } from '../test/judges/certificates.ts'
import { temporaryFolder } from '../test/judges/processes.ts'
import type { SettingSources } from './config/read-settings.ts'
import { checkConfiguration } from './configured-check.ts'
import { utcMs } from './media/time.ts'

const NOW = Date.UTC(2026, 5)
const authority = new Authority()

async function check(args: readonly string[], more: Partial<SettingSources> = {}): Promise<string> {
  let text = ''
  const sources = { args, env: {}, readFile: () => '', ...more }
  await checkConfiguration(
    sources,
    () => utcMs(NOW),
    (line) => {
      text += line
    },
  )
  return text
}

const tlsFlags = ({ certificate, key }: Pick<CertificateFiles, 'certificate' | 'key'>) =>
  ['--tls-listen', '[::]:443', '--tls-certificate', certificate, '--tls-key', key] as const

describe('windrow config check', () => {
  it('writes what is in effect as a file of settings, and where each is from, but no secret', async () => {
    const folder = temporaryFolder('check')
    const readFile = () => `data: ${folder}\nlog-level: warn\nsecret-access-key: hidden-hidden-hidden\n`
    const env = { WINDROW_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE00', WINDROW_LISTEN: '[::]:80' }
    const text = await check(['--config', 'windrow.yaml', '--region', 'eu-west-1'], { env, readFile })
    assert.doesNotMatch(text, /hidden|AKIA/)
    const written = parse(text) as Record<string, string>
    assert.deepEqual(
      ['data', 'log-level', 'listen', 'region', 'drain-timeout', 'secret-access-key'].map((name) => written[name]),
      [folder, 'warn', '[::]:80', 'eu-west-1', '30s', undefined],
    )
    for (const line of [
      `data: "${folder}"  # windrow.yaml:1`,
      'listen: "[::]:80"  # WINDROW_LISTEN',
      'region: "eu-west-1"  # --region',
      'drain-timeout: "30s"  # default',
      '# secret-access-key: a secret that is not shown (windrow.yaml:3)',
      '# This can be used.',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line}\n${text}`)
    }
  })

  it('changes nothing: folders that are not there yet are told of', async () => {
    const folder = join(temporaryFolder('check'), 'new', 'data')
    assert.match(await check(['--data', folder]), /# note: \S+ is not there yet, and will be made\n# This can be used/)
    assert.ok(!existsSync(folder))
  })

  it('refuses what serve would refuse, each in a sentence', async () => {
    const folder = temporaryFolder('check')
    const files = new CertificateFiles(authority.issue(['a.example.com']))
    const other = new CertificateFiles(authority.issue(['b.example.com']))
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const open = join(folder, 'open')
    mkdirSync(open)
    writeFileSync(join(open, 'credentials'), 'aws_access_key_id = a\naws_secret_access_key = b\n', { mode: 0o644 })
    chmodSync(join(open, 'credentials'), 0o644)
    const data = ['--data', folder]
    for (const [args, message] of [
      [['--listen', 'here'], /^--listen must be HOST:PORT/],
      [['--listen', 'none'], /^listen is none without tls-listen/],
      [[...data, ...tlsFlags({ certificate: files.certificate, key: other.key })], /is not the private key of/],
      [
        [...data, ...tlsFlags({ certificate: files.certificate, key: '/nowhere' })],
        /^\/nowhere cannot be read \(ENOENT\)/,
      ],
      [['--data', file], /^data: \S+ is no folder$/],
      [['--data', open], /credentials can be read by others: run chmod 600/],
      [[...data, '--key-server', 'true', '--listen', '0.0.0.0:80'], /key-server is true, but listen is no loopback/],
      [[...data, '--speke-ca-file', '/nowhere'], /\/nowhere/],
      [[...data, '--secrets-file', '/nowhere'], /^secrets-file: \/nowhere does not exist$/],
    ] as const) {
      await assert.rejects(check(args), { name: 'ConfigurationError', message }, args.join(' '))
    }
  })

  it('notes certificates that expire soon', async () => {
    const until = new Date(NOW + 5 * 86_400_000)
    const files = new CertificateFiles(authority.issue(['a.example.com'], { until }))
    const text = await check(['--data', temporaryFolder('check'), ...tlsFlags(files)])
    assert.match(text, /# note: the certificate of a\.example\.com expires at 2026-06-06T00:00:00\.000Z\n/)
  })
})
