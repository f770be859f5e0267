/**
 * The container image: an archive of an OCI image layout (OCI Image Format 1.1), which `docker load` reads as well,
 * made without a container engine. It holds what Node needs of Debian, Node, and Windrow.
 */
import { createHash } from 'node:crypto'
import { below, type Entry, file, folder } from './entry.ts'
import { baseFiles } from './image-base.ts'
import { ARCHITECTURE, DOCUMENTS, nodeFiles, windrowFiles } from './installed.ts'
import { aboutOf, type Product, textFiles } from './product.ts'
import { gzip, tar } from './tar.ts'

/** Windrow's user, as in deploy/Dockerfile. */
const USER = 10_001
const SECOND = 1_000_000_000
const HEALTH = ['CMD', '/usr/bin/windrow', 'health', '--alive']

export const imageName = (version: string): string => `windrow-${version}-image-${ARCHITECTURE}.tar`

/** Asks Debian's archive for what Node needs, with apt-get. */
export function image(product: Product): Buffer {
  const { version, date } = product
  const blobs = new Map<string, Entry>()
  const blob = (bytes: Uint8Array) => {
    const digest = sha256(bytes)
    const path = `blobs/sha256/${digest}`
    blobs.set(path, file(path, bytes))
    return { path, descriptor: { digest: `sha256:${digest}`, size: bytes.length } }
  }
  const layers = layersOf(product).map(({ entries, what }) => {
    const bytes = tar(entries, { date })
    return { what, id: `sha256:${sha256(bytes)}`, ...blob(gzip(bytes)) }
  })
  const config = blob(json(imageConfig(product, layers)))
  const manifest = blob(
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config.descriptor },
      layers: layers.map(({ descriptor }) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        ...descriptor,
      })),
    }),
  )
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        ...manifest.descriptor,
        platform: { architecture: ARCHITECTURE, os: 'linux' },
        annotations: {
          'io.containerd.image.name': `docker.io/library/windrow:${version}`,
          'org.opencontainers.image.ref.name': version,
        },
      },
    ],
  }
  // Of older engines, which read no image layout.
  const legacy = [{ Config: config.path, RepoTags: [`windrow:${version}`], Layers: layers.map(({ path }) => path) }]
  return tar(
    [
      ...blobs.values(),
      file('index.json', json(index)),
      file('manifest.json', json(legacy)),
      file('oci-layout', json({ imageLayoutVersion: '1.0.0' })),
    ],
    { date },
  )
}

type Layer = { readonly what: string; readonly entries: readonly Entry[] }

/** What changes least comes first: an engine keeps a layer that it has. */
function layersOf(product: Product): Layer[] {
  const texts = textFiles(product).filter(({ path }) => !path.startsWith('docs/'))
  return [
    { what: 'libraries of Debian', entries: [...baseFiles(), ...systemFiles()] },
    { what: 'Node', entries: nodeFiles(product) },
    { what: 'Windrow', entries: [...windrowFiles(product), ...below(DOCUMENTS, texts)] },
  ]
}

function systemFiles(): Entry[] {
  return [
    file('etc/passwd', `root:x:0:0:root:/root:/sbin/nologin\nwindrow:x:${USER}:${USER}:windrow:/data:/sbin/nologin\n`),
    file('etc/group', `root:x:0:\nwindrow:x:${USER}:\n`),
    file('etc/nsswitch.conf', 'hosts: files dns\n'),
    folder('data', 0o755, USER),
    folder('tmp', 0o1777),
  ]
}

function imageConfig(
  { source, version, date }: Product,
  layers: readonly { readonly id: string; readonly what: string }[],
): object {
  const created = new Date(date * 1000).toISOString()
  const { description, license } = aboutOf(source)
  return {
    architecture: ARCHITECTURE,
    os: 'linux',
    created,
    config: {
      User: `${USER}:${USER}`,
      Env: [
        'PATH=/usr/bin:/usr/lib/windrow/bin',
        'NODE_ENV=production',
        'WINDROW_DATA=/data',
        'WINDROW_LISTEN=0.0.0.0:8080',
        'WINDROW_LOG_FORMAT=json',
      ],
      Entrypoint: ['/usr/bin/windrow'],
      Cmd: ['serve'],
      ExposedPorts: { '8080/tcp': {} },
      Volumes: { '/data': {} },
      WorkingDir: '/data',
      StopSignal: 'SIGTERM',
      // Not of OCI's specification: engines that know no such thing leave it out.
      Healthcheck: { Test: HEALTH, Interval: 10 * SECOND, Timeout: 5 * SECOND, StartPeriod: 30 * SECOND, Retries: 3 },
      Labels: {
        'org.opencontainers.image.title': 'windrow',
        'org.opencontainers.image.description': description,
        'org.opencontainers.image.licenses': license,
        'org.opencontainers.image.version': version,
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ id }) => id) },
    history: layers.map(({ what }) => ({ created, created_by: 'npm run package', comment: what })),
  }
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
