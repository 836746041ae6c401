/** Connections that may wait to be accepted: a storm of 1,000 terminals is more than Node's 511. */
export const BACKLOG = 4096
