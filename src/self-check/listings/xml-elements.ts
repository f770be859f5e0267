import { SaxesParser } from 'saxes'
import type { Steps } from '../../media/steps.ts'
import { type EntryMaker, MOST_ENTRIES, UnreadableListing } from './listing.ts'

export type Attributes = Readonly<Record<string, string>>

/** What is done with the elements of a document, by their names. */
export type ElementReader = {
  begins(name: string, attributes: Attributes): void
  ends(name: string): void
}

/** Characters that are parsed in one step. */
const STEP = 64 * 1024

/** Tells of each element of an XML document, in its order. Throws UnreadableListing where it is not well-formed. */
export function* eachElement(text: string, { begins, ends }: ElementReader): Steps<void> {
  const parser = new SaxesParser()
  const refuse = (problem: string): never => {
    throw new UnreadableListing(problem)
  }
  parser.on('error', ({ message }) => refuse(`is not well-formed: ${message}`))
  parser.on('doctype', () => refuse('has a document type declaration'))
  parser.on('opentag', ({ name, attributes }) => begins(name, attributes))
  parser.on('closetag', ({ name }) => ends(name))
  for (let at = 0; at < text.length; at += STEP) {
    parser.write(text.slice(at, at + STEP))
    yield
  }
  parser.close()
}

/** A whole number of an attribute, or what stands for it. Throws UnreadableListing. */
export function wholeNumber(attributes: Attributes, name: string, absent: number): number {
  const text = attributes[name]
  if (text === undefined) return absent
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new UnreadableListing(`has ${name}="${text.slice(0, 40)}"`)
  return value
}

export type TimedChunk = { readonly time: number; readonly duration: number }

/**
 * The segments that the S elements of a SegmentTimeline, or the c elements of a StreamIndex, stand for. An element may
 * stand for many: they are kept as runs, so that reading one takes no longer than another.
 */
export class TimedChunks implements Iterable<TimedChunk> {
  private readonly runs: (TimedChunk & { readonly count: number })[] = []
  private chunks = 0
  private endTime = 0

  get length(): number {
    return this.chunks
  }

  /** Where the last one ends. */
  get end(): number {
    return this.endTime
  }

  /** Adds those of an element; `count` is how many. Throws UnreadableListing. */
  add(attributes: Attributes, count: number, maker: EntryMaker): void {
    const time = wholeNumber(attributes, 't', this.endTime)
    const duration = wholeNumber(attributes, 'd', 0)
    if (count < 1 || this.chunks + count > MOST_ENTRIES) throw new UnreadableListing(`lists a run of ${count} segments`)
    maker.count(count)
    this.runs.push({ time, duration, count })
    this.chunks += count
    this.endTime = time + count * duration
  }

  *[Symbol.iterator](): Generator<TimedChunk> {
    for (const { time, duration, count } of this.runs) {
      for (let i = 0; i < count; i++) yield { time: time + i * duration, duration }
    }
  }
}
