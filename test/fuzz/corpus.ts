import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** The folder of the corpus: inputs that once broke something or stand for a kind of attack, kept by name. */
export const FOLDER = join(import.meta.dirname, 'corpus')

/** An entry of `index.json`. */
export type CorpusEntry = {
  /** What the file is. */
  readonly was: string
  /** Where it comes from: damage, an attack, a mutant, the clause it breaks. */
  readonly from: string
  /**
   * By reader, what must come of it. All other readers must refuse the file, except for a text (`.txt`), in which each
   * reader of text finds what it finds.
   */
  readonly outcomes: Readonly<Partial<Record<string, string>>>
}

export const INDEX = JSON.parse(readFileSync(join(FOLDER, 'index.json'), 'utf8')) as Readonly<
  Record<string, CorpusEntry>
>

/** The names of the files. */
export function corpusFiles(): string[] {
  return readdirSync(FOLDER).filter((file) => file !== 'index.json')
}

/** The bytes of a file, decompressed where its name ends in `.gz`. */
export function corpusBytes(file: string): Buffer {
  const kept = readFileSync(join(FOLDER, file))
  return file.endsWith('.gz') ? gunzipSync(kept) : kept
}

/** The small files of a kind, to be mutated. */
export function corpusSamples(extension: 'mpegts' | 'aac' | 'mp4' | 'vtt' | 'm3u8' | 'cpix'): Map<string, Buffer> {
  const files = corpusFiles().filter((file) => file.endsWith(`.${extension}`))
  return new Map(files.map((file) => [file, corpusBytes(file)]))
}
