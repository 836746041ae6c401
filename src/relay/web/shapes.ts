// What the relay answers, as far as the page shows it.
import type { Incident, PairingResponse, UserRole } from '../../docs/generated/types.js'

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
  readonly revoked?: unknown
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

export interface Status {
  readonly version: string
  readonly damage?: readonly Damage[]
  readonly shops: readonly Shop[]
}

export interface Incidents {
  readonly incidents: readonly Incident[]
}
