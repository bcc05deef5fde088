// Replaces what only Apollo's reporting to GraphOS uses. A Worker without an Apollo key never calls it.
// It is CommonJS, so every name that is imported from it is undefined instead of missing.
module.exports = {};
