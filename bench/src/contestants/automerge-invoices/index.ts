export { perInvoice as contestant } from '../../peers/automerge/contestants.js'
