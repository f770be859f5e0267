/** Loaded by `node --import` into a server: appends each span to the file that SPANS_FILE names, as a line of JSON. */
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { recordSpans } from './recording-tracer.ts'

const file = process.env['SPANS_FILE']
if (isMainThread && file !== undefined) recordSpans((span) => appendFileSync(file, `${JSON.stringify(span)}\n`))
