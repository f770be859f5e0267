/** The Debian package: deb(5), deb-control(5). */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { below, complete, copied, type Entry, file, program, sizeOf } from './entry.ts'
import { ARCHITECTURE, DOCUMENTS, nodeFiles, windrowFiles } from './installed.ts'
import { aboutOf, type Product, textFiles } from './product.ts'
import { ar, gzip, tarGz } from './tar.ts'

const SETTINGS = 'etc/windrow/windrow.yaml'
const MAINTAINER_SCRIPTS = ['postinst', 'prerm', 'postrm']

/** Of the official builds of Node 24, and of the maintainer scripts. */
const DEPENDS = ['adduser', 'init-system-helpers (>= 1.54)', 'libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6 (>= 9)']

const MAINTAINER = 'Windrow <windrow@localhost>'

export const debianName = (version: string): string => `windrow_${version}_${ARCHITECTURE}.deb`

export function debianPackage(product: Product): Buffer {
  const files = packagedFiles(product)
  const options = { date: product.date, prefix: './' }
  return ar(
    [
      ['debian-binary', Buffer.from('2.0\n')],
      ['control.tar.gz', tarGz(controlFiles(product, files), options)],
      ['data.tar.gz', tarGz(files, options)],
    ],
    product.date,
  )
}

function packagedFiles(product: Product): Entry[] {
  const from = (name: string) => join(product.root, 'deploy/debian', name)
  const texts = textFiles(product).filter(({ path }) => path !== 'LICENSE')
  return complete([
    ...nodeFiles(product),
    ...windrowFiles(product),
    ...below(DOCUMENTS, texts),
    copied(`${DOCUMENTS}/copyright`, from('copyright')),
    file(`${DOCUMENTS}/changelog.gz`, gzip(Buffer.from(changelog(product)))),
    copied('usr/share/lintian/overrides/windrow', from('lintian-overrides')),
    copied('usr/lib/systemd/system/windrow.service', from('windrow.service')),
    copied(SETTINGS, from('windrow.yaml')),
  ])
}

function controlFiles(product: Product, files: readonly Entry[]): Entry[] {
  const control = {
    Package: 'windrow',
    Version: product.version,
    Architecture: ARCHITECTURE,
    Maintainer: MAINTAINER,
    'Installed-Size': String(Math.ceil(sizeOf(files) / 1024)),
    Depends: DEPENDS.join(', '),
    Suggests: 'ffmpeg',
    Section: 'video',
    Priority: 'optional',
    Description: `live video origin with the MediaPackage v1 API\n${described(aboutOf(product.source).description)}`,
  }
  const fields = Object.entries(control).map(([name, value]) => `${name}: ${value}\n`)
  const scripts = MAINTAINER_SCRIPTS.map((name) =>
    program(name, readFileSync(join(product.root, 'deploy/debian', name))),
  )
  return [
    file('control', fields.join('')),
    file('conffiles', `/${SETTINGS}\n`),
    file('md5sums', files.map(md5Line).join('')),
    ...scripts,
  ]
}

/** Lines of at most 78 characters, each after a space. */
const described = (text: string) =>
  text
    .match(/.{1,77}(?:\s|$)/g)!
    .map((line) => ` ${line.trimEnd()}`)
    .join('\n')

/** Debian has a form of its own; what has changed is told in CHANGELOG.md. */
function changelog({ version, date }: Product): string {
  const written = new Date(date * 1000).toUTCString().replace('GMT', '+0000')
  return `windrow (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- ${MAINTAINER}  ${written}\n`
}

function md5Line(entry: Entry): string {
  if (entry.kind !== 'file' || entry.path === SETTINGS) return ''
  return `${createHash('md5').update(entry.bytes).digest('hex')}  ${entry.path}\n`
}
