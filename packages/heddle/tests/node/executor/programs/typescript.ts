// What Node itself cannot parse: an enum, a parameter property and `using`.
// @ts-expect-error: refused in heddle's own code
enum Colour {
  Red = 1,
  Green = 2,
}

class Guard {
  // @ts-expect-error: so is this
  constructor(readonly log: string[]) {}

  [Symbol.dispose](): void {
    this.log.push("disposed");
  }
}

export function paint(colour: keyof typeof Colour): string[] {
  const log = [`${Colour[colour]}`];
  {
    using guard = new Guard(log);
    guard.log.push("inside");
  }
  return log;
}

export default function byDefault(): string {
  return "the default export";
}
