/** @internal Matches every generator object of this realm: `x instanceof AnyGenerator`, some 3 ns. */
export const AnyGenerator = (() => {}) as unknown as abstract new () => Generator;
AnyGenerator.prototype = Object.getPrototypeOf(function* () {}.prototype);
