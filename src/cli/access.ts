import { join } from 'node:path'
import { type AccessKeyPair, CREDENTIALS_FILE, readKeyPair } from '../config/credentials.ts'
import { type Flags, textFlag } from './job-flags.ts'
import { CommandFailed } from './terminal.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The address of a server, and the credentials that sign requests to it. */
export type Access = { readonly url: string; readonly region: string; readonly keys: AccessKeyPair }

/**
 * Resolves the server and its keys. CONNECTION_FLAGS override WINDROW_… variables, which override AWS_… variables; keys
 * are also read from where a server on this machine keeps them.
 */
export async function accessOf(flags: Flags, env: Environment): Promise<Access> {
  const url = textFlag(flags['url']) ?? env['WINDROW_ENDPOINT_URL'] ?? 'http://127.0.0.1:8080'
  if (!URL.canParse(url)) throw new CommandFailed(`${url} is not the URL of a server`)
  const region = textFlag(flags['region']) ?? env['WINDROW_REGION'] ?? env['AWS_REGION'] ?? 'us-east-1'
  const file = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(dataFolderOf(flags, env), CREDENTIALS_FILE)
  const keys =
    pairOf(env['WINDROW_ACCESS_KEY_ID'], env['WINDROW_SECRET_ACCESS_KEY']) ??
    pairOf(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']) ??
    (await readKeyPair(file))
  if (keys) return { url: url.replace(/\/+$/, ''), region, keys }
  const choices = 'AWS_SHARED_CREDENTIALS_FILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  throw new CommandFailed(
    `no keys to sign with: ${file} does not exist; name the server's data folder with --data, or set ${choices}`,
  )
}

/** The data folder of a server on this machine. */
export function dataFolderOf(flags: Flags, env: Environment): string {
  return textFlag(flags['data']) ?? env['WINDROW_DATA'] ?? './windrow-data'
}

function pairOf(accessKeyId: string | undefined, secretAccessKey: string | undefined): AccessKeyPair | undefined {
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined
}
