import type { FleetAlarm } from './generated/types.js'

/** All alarms a terminal can have in the fleet, in the order in which they are listed. */
export const FLEET_ALARMS: readonly FleetAlarm[] = [
  'fork',
  'refused',
  'behind',
  'old-version',
  'clock',
  'log',
  'blocked',
  'damage',
  'storage',
]
