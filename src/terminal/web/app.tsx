import type { VNode } from 'preact'
import { Dialogs } from '../../pages/dialogs.js'
import { Alerts } from './alerts.js'
import { Billing } from './billing.js'
import { Header } from './header.js'
import { ParkedBills } from './parked-bills.js'
import { Payment } from './payment.js'
import { Sales } from './sales.js'
import { SetUp } from './set-up/set-up.js'
import { SignIn } from './sign-in.js'
import { Slip } from './slip.js'
import { session, mayManage } from './state/session.js'
import { view } from './state/view.js'
import { Sync } from './sync.js'

/** The whole page. The till stays as it is while it is locked or Set-Up is open: nothing typed is lost. */
export function App(): VNode {
  const locked = session.value.state === 'locked'
  const settingUp = view.value === 'set-up' && mayManage.value
  return (
    <>
      <Header />
      <Alerts />
      <SignIn />
      {settingUp ? <SetUp /> : null}
      <main id="till" hidden={locked || settingUp}>
        <Billing />
        <Payment />
        <ParkedBills />
        <Sales />
        <Sync />
      </main>
      <Dialogs />
      <Slip />
    </>
  )
}
