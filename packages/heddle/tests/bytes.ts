// Bytes for tests, and back.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytes = (text: string): Uint8Array => encoder.encode(text);

export const text = (data: Uint8Array): string => decoder.decode(data);
