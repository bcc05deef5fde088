// In place of sha.js: the same function, native.
module.exports = require('node:crypto').createHash;
