/** What has changed of a channel: what is shown, which output timelines tell, or only inputs. */
export type ChangedPart = 'shown' | 'inputs'

/**
 * Hears of channels whose content another process has changed; undefined: any may have changed, also back to what they
 * were before, as in a store that others have taken over.
 */
export type ContentListener = (channelGuid: string | undefined, part: ChangedPart) => void

/**
 * Port: what other processes commit to the segment index. Every commit of theirs is told, once or more often; one of
 * this process only when the store was slow to answer it. How soon depends on the adapter.
 */
export type ContentFeed = {
  /** Returns a function that stops the listener. */
  onChange(listener: ContentListener): () => void
  /**
   * From now on no change of the channel is missed, even of a process that dies before it can tell of it. The first
   * may be one from before. Call it before the channel is loaded.
   */
  watch(channelGuid: string): void
  unwatch(channelGuid: string): void
}
