import { fileURLToPath } from 'node:url'
import type { Access } from './aws.ts'
import { type Running, start } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/windrow', import.meta.url))

/** `windrow feed` in a process of its own: the test stream for a channel, as `flags` such as `--past` say. */
export function startFeed({ url, accessKeyId, secretAccessKey }: Access, channel: string, ...flags: string[]): Running {
  const env = { PATH: process.env['PATH'], AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  return start(process.execPath, [PROGRAM, 'feed', '--url', url, '--channel', channel, ...flags], { env })
}
