import type { ApiClient } from '../../src/cli/api-client.ts'
import type { Shown } from './all-pages.ts'

/** Makes a schedule of every hour, and a rule that makes clips of breaks, of the endpoint that is shown. */
export async function makeAutomations(api: ApiClient, { endpoint, schedule, rule }: Shown): Promise<void> {
  const roleArn = 'arn:aws:iam::000000000000:role/harvest'
  const s3Destination = { bucketName: 'clips', manifestKey: 'hours/{id}/index.m3u8', roleArn }
  const every = { hours: 1 }
  const of = { originEndpointId: endpoint }
  await api.ask('POST', 'harvest_schedules', { body: { ...of, id: schedule, every, s3Destination } })
  await api.ask('POST', 'harvest_rules', { body: { ...of, id: rule, events: ['BREAK'], action: 'CLIP' } })
}
