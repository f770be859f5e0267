import { BucketRefused } from '../buckets.ts'

const ABSENT: ReadonlySet<string> = new Set(['ENOENT'])

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? ''

export const noSuchBucket = (bucket: string, options?: ErrorOptions) =>
  new BucketRefused('NoSuchBucket', `There is no bucket ${bucket}.`, options)

export const inTheWay = (path: string, options?: ErrorOptions) =>
  new BucketRefused('InvalidName', `The name ${path} is already in use.`, options)

/**
 * Runs `work`, which writes or reads, and rethrows errors of the file system that concern the bucket as BucketRefused
 * with a sentence.
 */
export async function inWords<T>(
  bucket: string,
  work: () => Promise<T>,
  access: 'writable' | 'readable' = 'writable',
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const cause = { cause: error }
    switch (codeOf(error)) {
      case 'ENOSPC':
      case 'EDQUOT':
        throw new BucketRefused('Full', `The disk that holds bucket ${bucket} is full.`, cause)
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        throw new BucketRefused('AccessDenied', `The folder of bucket ${bucket} is not ${access}.`, cause)
      case 'ENAMETOOLONG':
        throw new BucketRefused('InvalidName', `A name is too long for the folder of bucket ${bucket}.`, cause)
      case 'ENOTDIR':
        throw new BucketRefused('InvalidName', `A file has the name of a folder that bucket ${bucket} needs.`, cause)
      default:
        throw error
    }
  }
}

/** What `work` finds; undefined where that is not there, as these errors say. */
export async function unlessAbsent<T>(work: Promise<T>, absent = ABSENT): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (absent.has(codeOf(error))) return undefined
    throw error
  }
}
