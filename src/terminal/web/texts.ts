import { messagesIn } from '../../pages/messages.js'
import { en } from './texts/en.js'
import { hi } from './texts/hi.js'

/** Every text of the till page, in the language that is chosen. */
export const t = messagesIn({ en, hi })
