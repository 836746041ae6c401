// What the relay answers, as far as the page shows it.
import type {
  Incident,
  IntakeWindow,
  PairingResponse,
  Revocation,
  UserRole,
} from '../../docs/generated/types.js'

export type { Incident, PairingResponse } from '../../docs/generated/types.js'

export interface Me {
  readonly name: string
  readonly role: UserRole
  readonly shop?: string
}

export interface Terminal {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly role: PairingResponse['role']
  readonly epoch: string
  readonly connected: boolean
  readonly revoked?: Revocation
  readonly intake?: IntakeWindow
}

export interface Shop {
  readonly id: string
  readonly name: string
  readonly terminals: readonly Terminal[]
}

export interface Damage {
  readonly path: string
  readonly reason: string
}

/** Something that waits for a person: two live copies of a terminal, or a relay that was restored from a backup. */
export interface Alarm {
  readonly shop: string
  readonly terminal: string
  readonly what: string
  readonly remedy?: string
}

export interface Status {
  readonly version: string
  readonly damage?: readonly Damage[]
  readonly forks: readonly Alarm[]
  readonly behind: readonly Alarm[]
  readonly shops: readonly Shop[]
}

export interface Incidents {
  readonly incidents: readonly Incident[]
}
