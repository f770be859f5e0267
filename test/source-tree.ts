import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A file of the repository. The path begins at its root. */
export type SourceFile = { readonly path: string; readonly text: string }

/** The files below `folders` whose names end in one of `endings`. */
export function readTree(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => endings.some((ending) => name.endsWith(ending)))
      .map((name) => readSource(posix.join(folder, name))),
  )
}

export function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

/** The file's text with comments blanked out, line for line. */
export function withoutComments({ text }: SourceFile): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ' '))
}

/** What the file imports of ours, as paths from the root: for types or values, now or later. */
export function importsOf(file: SourceFile): string[] {
  const found = withoutComments(file).matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g)
  return [...found].map((match) => posix.join(posix.dirname(file.path), match[1]!))
}

export const isTest = ({ path }: SourceFile): boolean => /\.(test|contract)\.ts$/.test(path)

/** Line of an offset, 1-based. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
