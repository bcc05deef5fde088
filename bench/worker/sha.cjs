// Replaces sha.js with the same function of the runtime.
module.exports = require('node:crypto').createHash;
