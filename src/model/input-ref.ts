/** One input of a channel: the scope of an input timeline. */
export type InputRef = { readonly channelGuid: string; readonly ingestEndpointId: string }
