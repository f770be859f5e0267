import type { ControlResources } from '../../src/control/control-context.ts'

/** A store that cannot read the channel `fails`, and where a description `busy` always comes too late. */
export function troubled(resources: ControlResources): Partial<ControlResources> {
  return {
    async channelById(id) {
      if (id === 'fails') throw new Error('the disk does not answer')
      return await resources.channelById(id)
    },
    async updateChannel(channel) {
      return channel.description === 'busy' ? 'conflict' : await resources.updateChannel(channel)
    },
  }
}
