export { VERSION } from '../docs/generated/version.js'

/** Raised when a message changes its meaning. Relay and terminal refuse each other when theirs differ. */
export const PROTOCOL_VERSION = 1
