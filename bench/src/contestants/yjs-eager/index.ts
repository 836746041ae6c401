export { eager as contestant } from '../../peers/yjs/contestants.js'
