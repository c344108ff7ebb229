module.exports = (a) => a * 2;
