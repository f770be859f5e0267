import { type SourceFile, withoutComments } from './source-tree.ts'

/** A regular expression where it stands in the code. */
export type FoundExpression = { readonly path: string; readonly source: string; readonly flags: string }

/** A literal: behind what an expression may stand behind, up to an unescaped slash outside of brackets. */
const LITERAL =
  /(?<=[=(,:?&|!>{[]\s*|\breturn\s+|^\s+)\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([dgimsuvy]*)(?=[.,;:)\]}\s]|$)/gm
/** What `new RegExp` is given, as it is written. */
const MADE = /new RegExp\(\s*(`[^`]*`|[\w.]+)/g

/** The regular expressions of a file; in templates, names stand in angle brackets. */
export function expressionsOf(file: SourceFile): FoundExpression[] {
  const text = withoutComments(file)
  return [...text.matchAll(LITERAL), ...text.matchAll(MADE)].map(([, source = '', flags = '']) => {
    return { path: file.path, source: source.replaceAll(/\$\{(\w+)\}/g, '<$1>'), flags }
  })
}

/** True of an expression that repeats something as often as it likes: only those can take long. */
export function repeats(source: string): boolean {
  const bare = source.replaceAll(/\\./g, '_').replaceAll(/\[[^\]]*\]/g, '_')
  return /[*+]|\{\d+,\}/.test(bare) || source.startsWith('`') || /^[\w.]+$/.test(source)
}
