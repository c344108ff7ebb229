let calls = 0;

export const times = (a, b) => a * b;
export const countCalls = () => ++calls;
export default async (name) => `hello, ${name}`;
