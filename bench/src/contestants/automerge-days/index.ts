export { perDay as contestant } from '../../peers/automerge/contestants.js'
