/** Words of the code: those that were given up, and names that must mean one thing. */
import { lineAt, type SourceFile, withoutComments } from './source-tree.ts'

/** Words that meant several things, or that only we knew, and what is said instead. */
const RETIRED: Readonly<Record<string, string>> = {
  belongings: 'processes',
  doomed: 'pending deletion',
  guest: 'node',
  keeper: 'node',
  lanes: 'concurrency, or a pool of resources',
  numbering: 'output timeline',
  numberings: 'output timelines',
  outline: 'summary',
  outlines: 'summaries',
  passage: 'batch',
  passages: 'batches',
  patience: 'timeout, tolerance or retry',
  patiently: 'retry',
  shownAs: 'mapping',
  stretch: 'range of segments, or period',
  stretches: 'ranges of segments, or periods',
  untold: 'pending',
  wish: 'query',
}

/** They speak of what earlier versions stored. */
const OF_EARLIER_VERSIONS = ['src/stores/sqlite/schema.ts', 'src/stores/sqlite/sqlite-store.test.ts']

/** A word alone, or as a part of a name written in camel case, kebab case or snake case. */
function wordIn(word: string): RegExp {
  const rest = word.slice(1)
  return new RegExp(`(?<![a-zA-Z])${word}(?![a-z])|(?<![A-Z])${word[0]!.toUpperCase()}${rest}(?![a-z])`, 'g')
}

/** Each use of a retired word, as a sentence that says what to say instead. */
export function retiredWords({ path, text }: SourceFile): string[] {
  if (OF_EARLIER_VERSIONS.includes(path) || path === 'test/vocabulary.ts') return []
  return Object.entries(RETIRED).flatMap(([word, instead]) => {
    const uses = [...text.matchAll(wordIn(word))].map(({ index }) => `${path}:${lineAt(text, index)}`)
    const named = wordIn(word).test(path) ? [path] : []
    return [...named, ...uses].map((place) => `${place} says "${word}": say ${instead}`)
  })
}

/** What each format or each database has under the same name, in a file of its own. */
const SAME_FOR_EACH = new Set([
  // Databases.
  'adEventOperations',
  'automations',
  'backlogOperations',
  'bucketKeyOperations',
  'channelOperations',
  'clipOperations',
  'contentKeyOperations',
  'clockOperations',
  'endClipsOf',
  'eventOperations',
  'forgettingOperations',
  'harvestJobOperations',
  'originEndpointOperations',
  'outputSegmentOperations',
  'outputTimelineOperations',
  'retentionOperations',
  'ruleOperations',
  'runOperations',
  'scheduleOperations',
  'scrubOperations',
  'timelineOperations',
  'readPage',
  'writeEvent',
  'PINS',
  'pinnedIn',
  'MIGRATIONS',
  // Formats.
  'headerFileName',
  'segmentFileName',
  'trackFileName',
  'segmentNamed',
])

/** Names that more than one file of `src` exports for values or types of its own. */
export function doubleExports(files: readonly SourceFile[]): string[] {
  const homes = new Map<string, Set<string>>()
  for (const file of files.filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts'))) {
    const declared = /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|type) (\w+)/gm
    for (const [, name] of withoutComments(file).matchAll(declared)) {
      homes.set(name!, (homes.get(name!) ?? new Set()).add(file.path))
    }
  }
  return [...homes]
    .filter(([name, paths]) => paths.size > 1 && !SAME_FOR_EACH.has(name))
    .map(([name, paths]) => `${name} is exported by ${[...paths].join(' and ')}`)
}

/** Modules that a file imports from twice. */
export function doubleImports(file: SourceFile): string[] {
  const found = [...file.text.matchAll(/^import (?:[^'"]|\n)*? from '([^']+)'/gm)].map(([, module]) => module!)
  return found
    .filter((module, at) => found.indexOf(module) < at)
    .map((module) => `${file.path} imports ${module} twice`)
}

const WIDEST_COMMENT = 120

/** Lines of comments wider than the code may be; a link may be as long as it is. */
export function wideComments({ path, text }: SourceFile): string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      /^\s*(\*|\/\/|\/\*\*)/.test(line) && line.length > WIDEST_COMMENT && !line.includes('://')
        ? [`${path}:${at + 1} has a comment of ${line.length} columns`]
        : [],
    )
}

/** Members that are private by a number sign: the word `private` says it (decision 51). */
export function numberSigns({ path, text }: SourceFile): string[] {
  return [...text.matchAll(/\bthis\.#\w+|^\s+(?:(?:static|readonly|async|get|set) )*#\w+/gm)].map(
    ([member]) => `${path} has ${member.trim()}`,
  )
}
