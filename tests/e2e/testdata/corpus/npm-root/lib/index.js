module.exports = "lib"
