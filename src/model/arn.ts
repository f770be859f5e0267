/** Where this service's resources are, as ARNs say it. */
export type Account = { readonly region: string; readonly accountId: string }

export type ArnKind = 'channels' | 'origin_endpoints' | 'harvest_jobs'

/** `name` is the GUID of a channel or origin endpoint, the id of a harvest job. */
export function arnOf(account: Account, kind: ArnKind, name: string): string {
  return `arn:aws:mediapackage:${account.region}:${account.accountId}:${kind}/${name}`
}

const ARN = /^arn:aws:mediapackage:([a-z0-9-]+):(\d{12}):(channels|origin_endpoints|harvest_jobs)\/([0-9A-Za-z_-]+)$/

/** Undefined when `text` is no ARN of a MediaPackage resource. */
export function parseArn(text: string): (Account & { readonly kind: ArnKind; readonly name: string }) | undefined {
  const [, region, accountId, kind, name] = ARN.exec(text) ?? []
  if (region === undefined || accountId === undefined || name === undefined) return undefined
  return { region, accountId, kind: kind as ArnKind, name }
}
