/** The region and account in ARNs of the service's resources. */
export type Account = { readonly region: string; readonly accountId: string }

/** What MediaPackage knows, and may have tags. */
export type ArnKind = 'channels' | 'origin_endpoints' | 'harvest_jobs'

/**
 * The ARN of a resource; `name` is the GUID of a channel or origin endpoint, or the id of a harvest job, schedule
 * or rule.
 */
export function arnOf(account: Account, kind: ArnKind | 'harvest_schedules' | 'harvest_rules', name: string): string {
  return `arn:aws:mediapackage:${account.region}:${account.accountId}:${kind}/${name}`
}

const ARN = /^arn:aws:mediapackage:([a-z0-9-]+):(\d{12}):(channels|origin_endpoints|harvest_jobs)\/([0-9A-Za-z_-]+)$/

/** Parses the ARN of a MediaPackage resource; undefined for any other text. */
export function parseArn(text: string): (Account & { readonly kind: ArnKind; readonly name: string }) | undefined {
  const [, region, accountId, kind, name] = ARN.exec(text) ?? []
  if (region === undefined || accountId === undefined || name === undefined) return undefined
  return { region, accountId, kind: kind as ArnKind, name }
}
