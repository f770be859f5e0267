import { isoDateTime, type UtcMs } from '../../media/time.ts'
import { type Account, arnOf } from '../../model/arn.ts'
import type { ServiceEvent } from '../../model/event.ts'
import { type HarvestJob, type HarvestOutcome, statusAfter } from '../../model/harvest-job.ts'

/** The EventBridge event for a job that has ended. `id` is a UUID. */
export function harvestEvent(
  job: HarvestJob,
  outcome: HarvestOutcome,
  account: Account,
  { id, at }: { readonly id: string; readonly at: UtcMs },
): ServiceEvent {
  const arn = arnOf(account, 'harvest_jobs', job.id)
  const { bucketName, manifestKey, roleArn } = job.s3Destination
  return {
    id,
    at,
    detailType: 'MediaPackage HarvestJob Notification',
    resources: [arn],
    detail: {
      harvest_job: {
        id: job.id,
        arn,
        status: statusAfter(outcome),
        origin_endpoint_id: job.originEndpointId,
        start_time: job.startTime,
        end_time: job.endTime,
        s3_destination: { bucket_name: bucketName, manifest_key: manifestKey, role_arn: roleArn },
        created_at: isoDateTime(job.createdAt),
      },
      ...(outcome.state === 'SUCCEEDED' ? {} : { message: outcome.failure.message }),
    },
  }
}
