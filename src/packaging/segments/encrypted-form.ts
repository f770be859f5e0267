/**
 * Rises with every change of what is encrypted of a segment, or of where its bytes are. It goes into IVs and entity
 * tags: while nodes of two releases run side by side, no IV stands for two texts, and no entity tag for two bodies.
 */
export const ENCRYPTED_FORM = 1
