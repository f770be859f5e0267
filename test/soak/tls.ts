import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TlsServer as Server, TlsServer } from '../e2e/tls-server.ts'
import { encodeLadder, startPush } from '../judges/encoder.ts'
import { Player } from '../judges/player.ts'
import { eventually, run as runProgram, spawnOwned, temporaryFolder } from '../judges/processes.ts'
import { programPath } from '../programs.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'tls'

const [CLIENTS, SESSIONS, LOOP_SECONDS] = [20, 200, 32]

const BOTO3 = `
import boto3, json, sys
url, authority, key, secret = sys.argv[1:]
client = boto3.client('mediapackage', endpoint_url=url, verify=authority, region_name='us-east-1',
                      aws_access_key_id=key, aws_secret_access_key=secret)
ingest = client.create_channel(Id='live')['HlsIngest']['IngestEndpoints'][0]
played = client.create_origin_endpoint(ChannelId='live', Id='hls', HlsPackage={'SegmentDurationSeconds': 2})['Url']
print(json.dumps({'url': ingest['Url'], 'username': ingest['Username'], 'password': ingest['Password'], 'played': played}))
`

type Live = { readonly url: string; readonly username: string; readonly password: string; readonly played: string }

/**
 * boto3, ffmpeg and hls.js over TLS with an authority of its own, while certificates are replaced, half of one at a
 * time too; then what scanners find.
 */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const server = await TlsServer.start()
  const { windrow, authorityFile } = server
  const asked = [server.url, authorityFile, windrow.accessKeyId, windrow.secretAccessKey]
  const made = await runProgram(programPath('boto3'), ['-c', BOTO3, ...asked])
  const live = JSON.parse(made.toString()) as Live
  assert.ok(live.url.startsWith(server.url) && live.played.startsWith(server.url), `${live.url} ${live.played}`)
  log('boto3 has made a channel and an endpoint')

  const encoded = await encodeLadder(LOOP_SECONDS)
  const encoder = startPush({ ingest: live, copy: temporaryFolder('tls'), seconds: 600, encoded, times: 20 })
  const player = await Player.start({ trusted: [server.trusted] })
  try {
    const { pathname } = new URL(live.played)
    await eventually('the manifest', async () => (await server.get(pathname)).status === 200 || undefined)
    const { frames } = await player.playLive('hls.js', live.played, 10)
    log(`hls.js has shown ${frames} frames of what ffmpeg sends`)
    const requests = await swaps(server, pathname, log)
    const resumed = await sessions(server)
    assert.equal(encoder.child.exitCode, null, encoder.said())
    assert.doesNotMatch(encoder.said(), /error|fail/i)
    const found = await scanned(server)
    log('scanners have found nothing')
    return {
      'frames played': frames,
      'requests during 4 replacements': requests,
      'sessions taken up': resumed,
      ...found,
    }
  } finally {
    encoder.child.kill('SIGKILL')
    await player.stop()
    await windrow.stop()
  }
}

/** Certificates are replaced under load, by SIGHUP and without; gives the number of requests, none of which fails. */
async function swaps(server: Server, pathname: string, log: (line: string) => void): Promise<number> {
  let over = false
  let requests = 0
  const clients = Array.from({ length: CLIENTS }, async (_, i) => {
    const agent = i % 2 === 0 ? server.agent() : undefined
    for (; !over; requests++) assert.equal((await server.get(pathname, agent)).status, 200)
    agent?.destroy()
  })
  const all = Promise.all(clients)
  const replaced = async (before: string) =>
    eventually('the new certificate', async () => {
      await Promise.race([all, Promise.resolve()])
      return (await server.serial()) !== before || undefined
    })
  for (const signal of [true, false]) {
    const before = await server.serial()
    server.renew()
    const began = performance.now()
    if (signal) process.kill(server.windrow.pid, 'SIGHUP')
    await replaced(before)
    log(`replaced after ${((performance.now() - began) / 1000).toFixed(1)} s ${signal ? 'by SIGHUP' : 'by itself'}`)
  }
  for (const first of ['certificate', 'key'] as const) {
    const before = await server.serial()
    const issued = server.authority.issue(['localhost'])
    server.files.write({ [first]: issued[first] })
    process.kill(server.windrow.pid, 'SIGHUP')
    const refusals = () => server.windrow.log.split('"tls-certificate-refused"').length
    const seen = refusals()
    if (first === 'certificate') await eventually('a refusal', () => refusals() > seen || undefined)
    assert.equal(await server.serial(), before)
    server.files.write(issued)
    process.kill(server.windrow.pid, 'SIGHUP')
    await replaced(before)
    log(`replaced in two parts, first the ${first}`)
  }
  over = true
  await all
  return requests
}

/** Of sessions that were begun before a replacement, those that are taken up after it. */
async function sessions(server: Server): Promise<number> {
  const begun: Buffer[] = []
  for (let n = 0; n < SESSIONS; n++) begun.push(await server.session())
  const before = await server.serial()
  server.renew()
  process.kill(server.windrow.pid, 'SIGHUP')
  await eventually('the new certificate', async () => (await server.serial()) !== before || undefined)
  let taken = 0
  for (const session of begun) if (await server.takesUp(session)) taken++
  assert.ok(taken >= SESSIONS * 0.99, `${taken} of ${SESSIONS} sessions were taken up`)
  return taken
}

type Finding = { readonly id: string; readonly severity: string; readonly finding: string }

/** What belongs to a certificate that no public authority has signed, or cannot be otherwise for any server. */
const OF_THE_TEST =
  /^cert|chain_of_trust|^overall_grade|^grade|^scanTime|^engine|DNS_CAArecord|OCSP|^HSTS|^security_headers|^ipv4_in_header|^banner|trust/i

async function scanned({ port }: Server): Promise<Record<string, string>> {
  const address = `127.0.0.1:${port}`
  const scan = (await runProgram(programPath('sslscan'), ['--no-colour', address])).toString()
  for (const old of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) assert.match(scan, new RegExp(`${old} +disabled`))
  const ciphers = [...scan.matchAll(/^(?:Accepted|Preferred) +(TLSv1\.\d) +\d+ bits +(\S+)/gm)]
  assert.ok(ciphers.length >= 6, scan)
  for (const [line, version, cipher] of ciphers) {
    assert.ok(version === 'TLSv1.3' || /^ECDHE-.*(GCM|CHACHA20)/.test(cipher ?? ''), line)
  }
  const file = join(temporaryFolder('testssl'), 'found.json')
  const args = ['--quiet', '--warnings', 'batch', '--color', '0', '--jsonfile', file, '--protocols', '--std', '--fs']
  // It ends with the number of what it has found.
  const ended = spawnOwned(programPath('testssl'), [...args, '--server-preference', '--vulnerable', address], {
    stdio: 'ignore',
  })
  await new Promise((resolve) => ended.once('close', resolve))
  const found = JSON.parse(readFileSync(file, 'utf8')) as readonly Finding[]
  const bad = found.filter(
    ({ id, severity }) => /LOW|MEDIUM|HIGH|CRITICAL|FATAL/.test(severity) && !OF_THE_TEST.test(id),
  )
  assert.deepEqual(bad, [])
  assert.ok(found.some(({ id, finding }) => id === 'TLS1_1' && /not offered/.test(finding)))
  return { 'cipher suites': ciphers.map(([, version, cipher]) => `${version} ${cipher}`).join(', ') }
}
