// In place of what only Apollo's reporting to GraphOS uses: a Worker without an Apollo key never calls it.
// CommonJS, because then whatever is imported by name is there, and undefined.
module.exports = {};
