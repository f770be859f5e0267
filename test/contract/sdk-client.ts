import { MediaPackage } from '@aws-sdk/client-mediapackage'
import { type ControlUnderTest, CREDENTIALS, REGION } from './control-under-test.ts'

export function clientOf(control: ControlUnderTest): MediaPackage {
  return new MediaPackage({ endpoint: control.endpoint, region: REGION, credentials: CREDENTIALS, maxAttempts: 1 })
}

/** Every page. */
export async function collected<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}
