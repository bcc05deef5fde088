import { Buffer } from 'node:buffer';

// workerd takes the whole buffer's length for what is left of it, and so refuses `utf8Write` at an offset. Apollo's
// usage reports and federated traces are written with that.
const { utf8Write } = Buffer.prototype;
Buffer.prototype.utf8Write = function (string, offset = 0, length = this.length - offset) {
  return utf8Write.call(this, string, offset, length);
};

export { default, Outbound } from './workerd.ts';
