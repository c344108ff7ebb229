exports.minus = (a, b) => a - b;
