export { stock as contestant } from '../../peers/yjs/contestants.js'
