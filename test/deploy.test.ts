import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { readSettings } from '../src/config/read-settings.ts'
import { environmentName, type Settings, settingList } from '../src/config/settings.ts'

/** What a supervisor waits for beyond the drain, so that the stores can be closed. */
const TO_CLOSE_MS = 10_000
/** With an archive bucket. */
const DEFAULT_DRAIN_DELAY_MS = 5000

const read = (name: string) => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8')
const nginx = read('nginx.conf')

const KNOWN = new Set(settingList.map(([, setting]) => environmentName(setting)))

/** What a process makes of these variables; fails for unknown ones and wrong values. */
function settingsOf(env: Readonly<Record<string, string>>): Settings {
  assert.deepEqual(
    Object.keys(env).filter((name) => !KNOWN.has(name)),
    [],
  )
  return readSettings({ args: [], env, readFile: () => assert.fail('no file is named') })
}

const drainMs = ({ drainDelayMs = DEFAULT_DRAIN_DELAY_MS, drainTimeoutMs }: Settings) => drainDelayMs + drainTimeoutMs

type Service = {
  readonly environment: Readonly<Record<string, string>>
  readonly stop_grace_period: string
  readonly networks: { readonly default: { readonly ipv4_address: string } }
  readonly volumes: readonly string[]
}

describe('deploy/compose.yaml', () => {
  // Variables of the shell, with a default or without.
  const text = read('compose.yaml').replaceAll(/\$\{\w+(?::-([^}]*)|:\?)\}/g, (_, otherwise = 'aValueOf16OrMore') =>
    String(otherwise),
  )
  const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, Service>> }
  const { nginx: front } = services
  const nodes = Object.entries(services).filter(([name]) => /^windrow-\d$/.test(name))

  it('gives its nodes settings that they take, and time to stop', () => {
    assert.equal(nodes.length, 3)
    for (const [name, { environment, stop_grace_period: grace }] of nodes) {
      const settings = settingsOf(environment)
      assert.equal(settings.archiveBucket, 'windrow/archive')
      assert.ok(Number.parseInt(grace, 10) * 1000 >= drainMs(settings) + TO_CLOSE_MS, name)
      assert.ok(settings.trustedProxies?.check(front!.networks.default.ipv4_address))
    }
  })

  it('has nodes with an address and a volume of their own, and nginx names each of them', () => {
    const addresses = nodes.map(([, { networks }]) => networks.default.ipv4_address)
    assert.equal(new Set(addresses).size, nodes.length)
    assert.equal(new Set(nodes.flatMap(([, { volumes }]) => volumes)).size, nodes.length)
    for (const upstream of nginx.matchAll(/upstream \w+ \{(.*?)\n {2}\}/gs)) {
      const named = [...upstream[1]!.matchAll(/server (\S+):8080 /g)].map(([, name]) => name)
      assert.deepEqual(
        named,
        nodes.map(([name]) => name),
      )
    }
  })
})

describe('deploy/nginx.conf', () => {
  it('takes the largest segment that a node takes', () => {
    const [, mebibytes] = /client_max_body_size (\d+)m;/.exec(nginx) ?? []
    assert.equal(Number(mebibytes) << 20, settingsOf({}).maxSegmentBytes)
  })
})

type Manifest = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: object }
  readonly data?: Readonly<Record<string, string>>
  readonly spec: {
    readonly selector?: { readonly matchLabels?: object }
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec }
  }
}
type PodSpec = {
  readonly terminationGracePeriodSeconds: number
  readonly topologySpreadConstraints: readonly { readonly labelSelector: { readonly matchLabels: object } }[]
  readonly volumes: readonly { readonly name: string }[]
  readonly containers: readonly {
    readonly image: string
    readonly envFrom: readonly object[]
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
  }[]
}

describe('deploy/nginx-accel.conf', () => {
  const accel = read('nginx-accel.conf')

  it('passes requests on to where Windrow is by default, and takes the largest segment that it takes', () => {
    const { listen, maxSegmentBytes } = settingsOf({})
    assert.ok(listen !== 'none' && accel.includes(`server ${listen.host}:${listen.port} `))
    const [, mebibytes] = /client_max_body_size (\d+)m;/.exec(accel) ?? []
    assert.equal(Number(mebibytes) << 20, maxSegmentBytes)
  })

  it('goes with the settings that its section of the README has', () => {
    const [, yaml = ''] = /## nginx that sends files.*?```\n(.*?)```/s.exec(read('README.md')) ?? []
    const { accel: by } = readSettings({ args: ['--config', 'windrow.yaml'], env: {}, readFile: () => yaml })
    assert.notEqual(by, undefined)
  })
})

describe('deploy/kubernetes', () => {
  const names = readdirSync(new URL('../deploy/kubernetes', import.meta.url)).filter((name) => name.endsWith('.yaml'))
  const kustomization = parse(read('kubernetes/kustomization.yaml')) as {
    readonly resources: readonly string[]
    readonly images: readonly { readonly name: string }[]
  }
  const manifests = kustomization.resources.flatMap((name) =>
    parseAllDocuments(read(`kubernetes/${name}`)).map((document) => document.toJS() as Manifest),
  )
  const of = (kind: string) => manifests.find((manifest) => manifest.kind === kind)!
  const { spec } = of('Deployment')
  const pod = spec.template.spec
  const [container] = pod.containers

  it('applies every file', () => {
    assert.deepEqual([...kustomization.resources, 'kustomization.yaml'].toSorted(), names.toSorted())
  })

  it('gives nodes settings that they take, once the Secret is there, and time to stop', () => {
    const literals = [...read('README.md').matchAll(/--from-literal=(\w+)='?([^'\s]+)/g)]
    const secrets = Object.fromEntries(literals.map(([, name, value]) => [name, value]))
    const settings = settingsOf({ ...of('ConfigMap').data, ...secrets })
    assert.ok(settings.databaseUrl !== undefined && settings.secretAccessKey !== undefined)
    assert.ok(pod.terminationGracePeriodSeconds * 1000 >= drainMs(settings) + TO_CLOSE_MS)
    const from = { name: 'windrow' }
    assert.deepEqual(container?.envFrom, [{ configMapRef: from }, { secretRef: from }])
  })

  it('means the same pods and volumes everywhere', () => {
    const { labels } = spec.template.metadata
    for (const selector of [
      spec.selector?.matchLabels,
      of('Service').spec.selector,
      of('PodDisruptionBudget').spec.selector?.matchLabels,
      ...pod.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels),
    ]) {
      assert.deepEqual(selector, labels)
    }
    assert.deepEqual(
      container?.volumeMounts.map(({ name }) => name),
      pod.volumes.map(({ name }) => name),
    )
    assert.deepEqual(
      kustomization.images.map(({ name }) => name),
      [container?.image],
    )
  })
})
