/** The licences of what a package holds beside Windrow, with their texts, which most of them want passed on. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shipped } from './bundled.ts'
import { type Dependency, licenceFiles } from './dependencies.ts'

const RULE = '-'.repeat(78)

/** Of all that packages of Windrow hold. */
export const thirdPartyLicences = (product: { readonly root: string; readonly source: string }): string =>
  licencePage(product.root, shipped(product))

/** One page: what there is under which licence, then each text once, under the names of all that it is for. */
export function licencePage(root: string, all: readonly Dependency[]): string {
  const wearers = new Map<string, string[]>()
  for (const dependency of all) {
    for (const text of textsOf(root, dependency)) {
      const names = wearers.get(text) ?? []
      wearers.set(text, names)
      names.push(nameOf(dependency))
    }
  }
  return [
    'Windrow is under the Apache License 2.0 (LICENSE). With it come these packages of npm, each under its own licence.\n',
    ...all.map((dependency) => `${nameOf(dependency)}: ${dependency.licence}`),
    ...[...wearers].map(([text, names]) => `\n${RULE}\n${names.join('\n')}\n${RULE}\n\n${text}`),
    '',
  ].join('\n')
}

/** Some packages hold no text, but name their licence; of the Apache License there is one text for all. */
function textsOf(root: string, dependency: Dependency): readonly string[] {
  const texts = licenceFiles(root, dependency).map(([, text]) => text)
  if (texts.length > 0) return texts
  if (dependency.licence === 'Apache-2.0') return [readFileSync(join(root, 'LICENSE'), 'utf8').trimEnd()]
  return [`(This package names the licence ${dependency.licence} and holds no text of it.)`]
}

const nameOf = ({ name, version }: Dependency) => `${name} ${version}`
