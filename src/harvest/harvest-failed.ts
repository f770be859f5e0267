/** A job that cannot end well. The message is one sentence for the person who owns it. */
export class HarvestFailed extends Error {
  override readonly name = 'HarvestFailed'
}
